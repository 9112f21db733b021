import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Client, ClientError, type ClientOptions, type ClientStorage, createClient } from '../src/index.ts';
import { createMemoryStorage } from '../src/storage.ts';
import { createCookieFetch, PASSWORD, ScriptedServer } from './scripted-server.ts';

const ADA = { email: 'ada@example.com', password: PASSWORD };
const LOST = { kind: 'lost' } as const;
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

function create(options: Partial<ClientOptions> = {}): Client {
  const client = createClient({ server: server.url, delivery: 'bearer', monotonic: () => now, ...options });
  clients.push(client);
  return client;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ClientError)) throw new Error('no ClientError');
  return error.code;
}

/** The time a token is due, on both sides. */
function letTokensAge(): void {
  now += LIFE_MS;
  server.laterMs += LIFE_MS;
}

for (const delivery of ['bearer', 'cookie'] as const) {
  const options = (): Partial<ClientOptions> =>
    delivery === 'cookie' ? { delivery, fetch: createCookieFetch() } : { delivery };

  test(`${delivery}: 50 callers at once make one refresh`, async () => {
    const client = create(options());
    await client.signIn(ADA);
    letTokensAge();
    const tokens = await Promise.all(Array.from({ length: 50 }, () => client.accessToken()));
    expect(new Set(tokens).size).toBe(1);
    expect(server.requests('/v1/refresh')).toHaveLength(1);
  });

  test(`${delivery}: a lost answer is asked for again with the same key, and nobody is signed out`, async () => {
    const client = create(options());
    await client.signIn(ADA);
    letTokensAge();
    server.script('/v1/refresh', LOST, LOST);
    await client.accessToken();
    const keys = server.requests('/v1/refresh').map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect(server.counters).toEqual([1]);
    expect(client.state).toBe('signed-in');

    letTokensAge();
    await client.accessToken();
    expect(server.requests('/v1/refresh').at(-1)?.headers['idempotency-key']).not.toBe(keys[0]);
    expect(server.counters).toEqual([2]);
  });

  test(`${delivery}: a page that ends with its answer lost leaves the key to the next, after the window too`, async () => {
    const shared = { ...options(), storage: createMemoryStorage() };
    const first = create(shared);
    await first.signIn(ADA);
    letTokensAge();
    server.script('/v1/refresh', LOST);
    const lost = codeOf(first.accessToken());
    await expect.poll(() => server.counters).toEqual([1]);
    first.close();
    expect(await lost).toBe('client/closed');

    letTokensAge();
    const second = create(shared);
    expect(await second.resume()).toBe('signed-in');
    const [one, two] = server.requests('/v1/refresh').map(({ headers }) => headers['idempotency-key']);
    expect(one).toMatch(/^[\w-]{36}$/);
    expect(two).toBe(one);
    expect(server.counters).toEqual([1]);
  });

  test(`${delivery}: invalid_grant signs out, says so once and asks no more`, async () => {
    const client = create(options());
    const states: string[] = [];
    client.subscribe((state) => states.push(state));
    await client.signIn(ADA);
    letTokensAge();
    server.endAll();
    expect(await codeOf(client.accessToken())).toBe('invalid_grant');
    expect(await codeOf(client.accessToken())).toBe('client/signed-out');
    expect(states).toEqual(['signed-in', 'signed-out']);
    expect(server.requests('/v1/refresh')).toHaveLength(1);
    expect(await client.resume()).toBe('signed-out');
  });

  test(`${delivery}: with nobody signed in, resume says so`, async () => {
    const client = create(options());
    expect(client.state).toBe('unknown');
    expect(await client.resume()).toBe('signed-out');
    expect(await codeOf(client.accessToken())).toBe('client/signed-out');
  });

  test(`${delivery}: sign-out ends the session at the server`, async () => {
    const client = create(options());
    await client.signIn(ADA);
    await client.signOut();
    expect(client.state).toBe('signed-out');
    expect(server.requests('/v1/sign-out')).toHaveLength(1);
    expect(await client.resume()).toBe('signed-out');
    await client.signOut();
  });
}

test('a key is in the storage before the request leaves, and the refresh token before the key goes', async () => {
  const inner = createMemoryStorage();
  const steps: string[] = [];
  const storage: ClientStorage = {
    get: (name) => inner.get(name),
    set: async (name, value) => {
      steps.push(`set ${name.split(':').at(-1)}`);
      await inner.set(name, value);
    },
    remove: (name) => {
      steps.push(`remove ${name.split(':').at(-1)}`);
      return inner.remove(name);
    },
  };
  const client = create({
    storage,
    fetch: (input, init) => {
      steps.push('send');
      return fetch(input, init);
    },
  });
  await client.signIn(ADA);
  letTokensAge();
  steps.length = 0;
  await client.accessToken();
  expect(steps).toEqual(['set idempotency-key', 'send', 'set refresh-token', 'remove idempotency-key']);
});

test('503 with Retry-After is waited for', async () => {
  const client = create();
  await client.signIn(ADA);
  letTokensAge();
  server.script('/v1/refresh', { kind: 'refused', status: 503, code: 'server/unavailable', retryAfter: 1 });
  const started = performance.now();
  await client.accessToken();
  expect(performance.now() - started).toBeGreaterThan(990);
  const [one, two] = server.requests('/v1/refresh').map(({ headers }) => headers['idempotency-key']);
  expect(two).toBe(one);
});

test('trouble that stays is an error after a few tries, never a sign-out', async () => {
  const client = create();
  await client.signIn(ADA);
  letTokensAge();
  server.script(
    '/v1/refresh',
    ...Array.from({ length: 4 }, () => ({ kind: 'refused', status: 429, code: 'request/too-many' }) as const),
  );
  expect(await codeOf(client.accessToken())).toBe('request/too-many');
  expect(server.requests('/v1/refresh')).toHaveLength(4);
  expect(client.state).toBe('signed-in');
  await client.accessToken();
});

test('a wait longer than anyone waits is left to the caller', async () => {
  const client = create();
  await client.signIn(ADA);
  letTokensAge();
  server.script('/v1/refresh', { kind: 'refused', status: 503, code: 'server/unavailable', retryAfter: 3_600 });
  await expect(client.accessToken()).rejects.toMatchObject({ code: 'server/unavailable', retryAfterSeconds: 3_600 });
  expect(server.requests('/v1/refresh')).toHaveLength(1);
});

for (const [what, trouble] of [
  ['500', { kind: 'refused', status: 500, code: 'server/error' }],
  ['403', { kind: 'refused', status: 403, code: 'request/cross-origin' }],
  ['400 of another kind', { kind: 'refused', status: 400, code: 'invalid_target' }],
  ['401', { kind: 'refused', status: 401, code: 'invalid_grant' }],
  ["a proxy's page", { kind: 'foreign', status: 200, body: '<title>Sign in to the hotel Wi-Fi</title>' }],
  ["a proxy's 400", { kind: 'foreign', status: 400, body: '{"code":"invalid_grant"}' }],
] as const) {
  test(`${what} signs nobody out, and the key is kept`, async () => {
    const client = create();
    await client.signIn(ADA);
    letTokensAge();
    server.script('/v1/refresh', trouble);
    expect(await codeOf(client.accessToken())).toBe('code' in trouble ? trouble.code : 'client/unexpected-answer');
    expect(client.state).toBe('signed-in');
    await client.accessToken();
    const [one, two] = server.requests('/v1/refresh').map(({ headers }) => headers['idempotency-key']);
    expect(two).toBe(one);
  });
}

test('a token is renewed in the last tenth of its life, and good until its end where that fails', async () => {
  const client = create();
  await client.signIn(ADA);
  const first = await client.accessToken();
  now += 269_000;
  expect(await client.accessToken()).toBe(first);
  now += 2_000;
  server.script('/v1/refresh', { kind: 'refused', status: 503, code: 'server/unavailable', retryAfter: 60 });
  expect(await client.accessToken()).toBe(first);
  expect(await client.accessToken()).not.toBe(first);
  expect(server.requests('/v1/refresh')).toHaveLength(2);
});

test('a token of an hour is renewed in its last 30 s', async () => {
  server.expiresIn = 3_600;
  const client = create();
  await client.signIn(ADA);
  const first = await client.accessToken();
  now += 3_569_000;
  expect(await client.accessToken()).toBe(first);
  now += 2_000;
  expect(await client.accessToken()).not.toBe(first);
});

test('the wall clock may be years off', async () => {
  const wall = Date.now;
  try {
    const client = create();
    await client.signIn(ADA);
    const first = await client.accessToken();
    for (const years of [-50, 50]) {
      Date.now = () => wall() + years * 31_536_000_000;
      expect(await client.accessToken()).toBe(first);
    }
    expect(server.requests('/v1/refresh')).toHaveLength(0);
  } finally {
    Date.now = wall;
  }
});

test('each resource has its own token, the account API included', async () => {
  const client = create();
  await client.signIn(ADA, 'https://notes.example');
  expect(server.requests('/v1/sign-in')[0]?.body['resource']).toBe('https://notes.example');
  const notes = await client.accessToken('https://notes.example');
  const account = await client.accessToken();
  expect(account).not.toBe(notes);
  expect(await client.accessToken(server.url)).toBe(account);
  expect(server.requests('/v1/refresh').map(({ body }) => body['resource'])).toEqual([undefined]);
});

test('a storage that fails is an error of its own, without what it was given', async () => {
  const storage: ClientStorage = {
    get: () => undefined,
    set: (_, value) => Promise.reject(new Error(value)),
    remove: () => {},
  };
  await expect(create({ storage }).signIn(ADA)).rejects.toMatchObject({
    code: 'client/storage',
    message: 'client/storage',
  });
});
