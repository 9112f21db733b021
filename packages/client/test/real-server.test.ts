// The client against the server itself, without a socket: what the scripted server says is held to what the real one does.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AuthorizationServer, createServer, databaseFromUrl } from '../../server/src/index.ts';
import { type Client, type ClientOptions, createClient } from '../src/index.ts';
import { createLocks } from '../src/locks.ts';
import { createMemoryStorage } from '../src/storage.ts';
import { createCookieFetch } from './scripted-server.ts';

const ISSUER = 'http://localhost:8080';
const NOTES = 'https://notes.example';
const ADA = { email: 'ada@example.com', password: 'correct horse battery staple' };
const LIFE_MS = 300_000;

let server: AuthorizationServer;
let clockMs: number;
let clients: Client[];

beforeEach(async () => {
  clockMs = Date.UTC(2030, 0);
  clients = [];
  server = await createServer({
    issuer: ISSUER,
    database: databaseFromUrl('sqlite::memory:'),
    secrets: ['kDq3z0Zr8x5vVnYw1mTtC4uJ7sB2aE9hLgP6fRoXiNs'],
    mode: 'development',
    resources: [{ identifier: NOTES, scopes: ['notes:read'] }],
    clock: () => clockMs,
  });
});

afterEach(async () => {
  for (const client of clients) client.close();
  await server.close();
});

/** Requests as a page of the issuer's own origin makes them, or as an app does. `through` may hold a request or its answer. */
function createFetch(
  delivery: 'cookie' | 'bearer',
  isLost: () => boolean = () => false,
  through: (pass: () => Promise<Response>) => Promise<Response> = (pass) => pass(),
): typeof fetch {
  return createCookieFetch((input, init) => {
    const headers = new Headers(init?.headers);
    if (delivery === 'cookie') headers.set('origin', ISSUER);
    return through(() => server.fetch(new Request(input, { ...init, headers })));
  }, isLost);
}

interface HeldRequest {
  /** The server gets the request; resolves when it has answered. */
  pass(): Promise<void>;
  /** The client gets the answer. */
  answer(): void;
  lose(): void;
}

function holdRequest(held: HeldRequest[], pass: () => Promise<Response>): Promise<Response> {
  const answered = Promise.withResolvers<Response>();
  let response: Response | undefined;
  held.push({
    async pass() {
      response = await pass();
    },
    answer: () => response && answered.resolve(response),
    lose: () => answered.reject(new TypeError('the connection was lost')),
  });
  return answered.promise;
}

function create(options: Partial<ClientOptions>): Client {
  const client = createClient({ server: ISSUER, monotonic: () => clockMs, ...options });
  clients.push(client);
  return client;
}

for (const delivery of ['cookie', 'bearer'] as const) {
  test(`${delivery}: from sign-up to sign-out`, async () => {
    const client = create({ delivery, fetch: createFetch(delivery), device: 'Phone of Ada' });
    expect(await client.resume()).toBe('signed-out');
    await client.signUp({ ...ADA, name: 'Ada' });
    await expect(client.signIn({ ...ADA, password: 'wrong horse battery' })).rejects.toMatchObject({
      code: 'account/credentials',
    });
    await client.signIn(ADA, NOTES);
    expect(await client.me()).toMatchObject({ email: ADA.email, name: 'Ada' });
    expect(await client.sessions()).toMatchObject([{ current: true, device: 'Phone of Ada' }]);
    for (let round = 0; round < 3; round++) {
      clockMs += LIFE_MS;
      await Promise.all(Array.from({ length: 20 }, () => client.accessToken(NOTES)));
    }
    await client.signOut();
    expect(client.state).toBe('signed-out');
    expect(await client.resume()).toBe('signed-out');
    await client.signOut();
  });

  test(`${delivery}: lost answers, two tabs and a long wait sign nobody out`, async () => {
    let lost = 0;
    const options: Partial<ClientOptions> = {
      delivery,
      storage: createMemoryStorage(),
      locks: createLocks(),
      // carried out, and the answer is lost with its cookie
      fetch: createFetch(delivery, () => lost-- > 0),
    };
    const [one, two] = [create(options), create(options)];
    await one.signUp(ADA);
    await one.signIn(ADA);
    for (let round = 0; round < 3; round++) {
      clockMs += LIFE_MS;
      lost = round;
      await Promise.all([one.accessToken(), two.accessToken(NOTES)]);
    }
    // the page ends with its answer lost; the next comes long after the window
    clockMs += LIFE_MS;
    lost = 1;
    const ended = one.accessToken().catch((error: unknown) => error);
    await expect.poll(() => lost).toBeLessThan(1);
    one.close();
    await ended;
    clockMs += 10 * LIFE_MS;
    expect(await create(options).resume()).toBe('signed-in');
  });

  // two processes, or tabs of a browser without Web Locks: both refresh at once, and the window ends between them
  test.each(['is lost', 'comes first'] as const)(
    `${delivery}: two refresh at the end of the window without a common lock; the later answer %s, and nobody is signed out`,
    async (what) => {
      const held: HeldRequest[] = [];
      let isHolding = false;
      const storage = createMemoryStorage();
      const send = createFetch(delivery, undefined, (passed) => (isHolding ? holdRequest(held, passed) : passed()));
      const open = (): Client => create({ delivery, storage, locks: createLocks(), fetch: send });
      const tabs = [open(), open()];
      await tabs[0]?.signUp(ADA);
      await tabs[0]?.signIn(ADA);
      await tabs[1]?.resume();

      clockMs += 29_000;
      isHolding = true;
      const refreshes = tabs.map((tab) => tab.accessToken(NOTES).catch((error: unknown) => error));
      await expect.poll(() => held.length).toBe(2);
      isHolding = false;
      const [earlier, later] = held;
      await earlier?.pass();
      if (what === 'is lost') {
        earlier?.answer();
        await Promise.race(refreshes);
      }
      clockMs += 2_000;
      await later?.pass();
      if (what === 'is lost') {
        for (const tab of tabs) tab.close();
        later?.lose();
      } else {
        later?.answer();
        await Promise.race(refreshes);
        earlier?.answer();
      }
      await Promise.all(refreshes);

      clockMs += 10 * LIFE_MS;
      expect(await open().resume()).toBe('signed-in');
    },
  );

  test(`${delivery}: a session that was ended elsewhere is over here`, async () => {
    const [here, there] = [
      create({ delivery, fetch: createFetch(delivery) }),
      create({ delivery, fetch: createFetch(delivery) }),
    ];
    await here.signUp(ADA);
    await here.signIn(ADA);
    await there.signIn(ADA);
    const session = (await there.sessions()).find(({ current }) => !current);
    await there.endSession(session?.id ?? '');
    await expect(here.me()).rejects.toMatchObject({ code: 'invalid_grant', status: 400 });
    expect(here.state).toBe('signed-out');
    expect(there.state).toBe('signed-in');
    await there.signOutEverywhere();
    expect(await there.resume()).toBe('signed-out');
  });
}

test('bearer: the device is known again at the next sign-in, after a sign-out too, and nobody is told of a new one', async () => {
  const storage = createMemoryStorage();
  const bodies: string[] = [];
  const fetch = createFetch('bearer');
  const spying: typeof fetch = (input, init) => {
    if (typeof input === 'string' && input.endsWith('/v1/sign-in') && typeof init?.body === 'string')
      bodies.push(init.body);
    return fetch(input, init);
  };
  const shown = (): unknown[] => bodies.map((body) => (JSON.parse(body) as { device_token?: string }).device_token);
  const told = async (): Promise<number> => {
    const mailbox = await server.fetch(
      new Request(`${ISSUER}/dev/mailbox`, { headers: { accept: 'application/json' } }),
    );
    const { mails } = (await mailbox.json()) as { mails: { subject: string }[] };
    return mails.filter(({ subject }) => subject === 'New sign-in to your account').length;
  };
  const client = create({ delivery: 'bearer', storage, fetch: spying });
  await client.signUp(ADA);
  await client.signIn(ADA);
  await client.signOut();
  await client.signIn(ADA);
  expect(shown()).toEqual([undefined, expect.stringMatching(/^md1\./)]);
  // elsewhere: told, and there is one mail, not two
  await create({ delivery: 'bearer', fetch: createFetch('bearer') }).signIn(ADA);
  await expect.poll(told).toBe(1);

  // a storage that holds rubbish, or none that works, stops nobody
  const failing = create({
    delivery: 'bearer',
    fetch: spying,
    storage: {
      get: (name) => (name.endsWith('device-token') ? 'x'.repeat(101) : storage.get(name)),
      set: (name, value) => {
        if (name.endsWith('device-token')) throw new Error('full');
        return storage.set(name, value);
      },
      remove: (name) => storage.remove(name),
    },
  });
  await failing.signIn(ADA);
  expect(shown().at(-1)).toBe(undefined);
  expect(failing.state).toBe('signed-in');
});
