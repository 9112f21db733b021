// Two clients that share storage, locks and cookies are two tabs.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Client, type ClientOptions, createClient } from '../src/index.ts';
import { createLocks } from '../src/locks.ts';
import { createMemoryStorage } from '../src/storage.ts';
import { createCookieFetch, PASSWORD, ScriptedServer } from './scripted-server.ts';

const ADA = { email: 'ada@example.com', password: PASSWORD };
const LIFE_MS = 300_000;

let server: ScriptedServer;
let now: number;
let clients: Client[];

beforeEach(async () => {
  server = await new ScriptedServer().listen();
  now = 0;
  clients = [];
});

afterEach(async () => {
  for (const client of clients) client.close();
  await server.close();
});

interface Tabs {
  readonly one: Client;
  readonly two: Client;
  readonly mostAtOnce: () => number;
}

function openTabs(delivery: 'cookie' | 'bearer'): Tabs {
  const cookieFetch = createCookieFetch();
  let running = 0;
  let most = 0;
  const options: ClientOptions = {
    server: server.url,
    delivery,
    storage: createMemoryStorage(),
    locks: createLocks(),
    monotonic: () => now,
    fetch: async (input, init) => {
      most = Math.max(most, ++running);
      try {
        return await cookieFetch(input, init);
      } finally {
        running--;
      }
    },
  };
  const [one, two] = [createClient(options), createClient(options)];
  clients.push(one, two);
  return { one, two, mostAtOnce: () => most };
}

function letTokensAge(): void {
  now += LIFE_MS;
  server.laterMs += LIFE_MS;
}

for (const delivery of ['cookie', 'bearer'] as const) {
  test(`${delivery}: tabs refresh one after another, and neither replays the other's token`, async () => {
    const { one, two, mostAtOnce } = openTabs(delivery);
    await one.signIn(ADA);
    expect(await two.resume()).toBe('signed-in');
    for (let round = 1; round <= 5; round++) {
      letTokensAge();
      if (round === 3) server.script('/v1/refresh', { kind: 'lost' });
      await Promise.all([one, two].flatMap((tab) => [tab.accessToken(), tab.accessToken('https://notes.example')]));
      expect([one.state, two.state]).toEqual(['signed-in', 'signed-in']);
    }
    expect(mostAtOnce()).toBe(1);
  });

  test(`${delivery}: a sign-out in one tab is a sign-out in the other`, async () => {
    const { one, two } = openTabs(delivery);
    await one.signIn(ADA);
    await two.resume();
    await one.signOut();
    await expect.poll(() => two.state).toBe('signed-out');
    await expect(two.accessToken()).rejects.toMatchObject({ code: 'client/signed-out' });
  });

  test(`${delivery}: a sign-in in one tab makes the other ask again`, async () => {
    const { one, two } = openTabs(delivery);
    expect(await two.resume()).toBe('signed-out');
    await one.signIn(ADA);
    await expect.poll(() => two.state).toBe('unknown');
    expect(await two.resume()).toBe('signed-in');
  });
}

test('announcements hold nothing but what happened', async () => {
  const { one } = openTabs('cookie');
  const channel = new BroadcastChannel(`mapae:${server.url}`);
  const heard: unknown[] = [];
  channel.onmessage = (event: MessageEvent<unknown>) => void heard.push(event.data);
  await one.signIn(ADA);
  await one.signOut();
  await expect.poll(() => heard.length).toBe(2);
  channel.close();
  expect(heard).toEqual([
    { mapae: 1, event: 'signed-in' },
    { mapae: 1, event: 'signed-out' },
  ]);
});

test('messages that are no announcement change nothing', async () => {
  const { one } = openTabs('cookie');
  await one.signIn(ADA);
  const token = await one.accessToken();
  const listener = vi.fn<(state: string) => void>();
  one.subscribe(listener);
  const channel = new BroadcastChannel(`mapae:${server.url}`);
  for (const message of [
    'signed-out',
    null,
    42,
    [],
    ['signed-out'],
    {},
    { event: 'signed-out' },
    { mapae: 2, event: 'signed-out' },
    { mapae: '1', event: 'signed-out' },
    { mapae: 1, event: ['signed-out'] },
    { mapae: 1, event: 'constructor' },
    { mapae: 1, event: 'signed-out', token: 'x' },
    new Map([['event', 'signed-out']]),
  ]) {
    channel.postMessage(message);
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  channel.close();
  expect(listener).not.toHaveBeenCalled();
  expect(await one.accessToken()).toBe(token);
});

test('bearer: an announced sign-out is not believed while the refresh token is there', async () => {
  const { one } = openTabs('bearer');
  await one.signIn(ADA);
  const channel = new BroadcastChannel(`mapae:${server.url}:first-party`);
  channel.postMessage({ mapae: 1, event: 'signed-out' });
  await new Promise((resolve) => setTimeout(resolve, 100));
  channel.close();
  expect(one.state).toBe('signed-in');
});

test('clients that share nothing hear nothing of each other', async () => {
  const options: ClientOptions = { server: server.url, delivery: 'bearer' };
  const [ada, bob] = [createClient(options), createClient(options)];
  clients.push(ada, bob);
  await Promise.all([ada.signIn(ADA), bob.signIn({ ...ADA, email: 'bob@example.com' })]);
  await ada.signOut();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(bob.state).toBe('signed-in');
});
