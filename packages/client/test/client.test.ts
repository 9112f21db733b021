import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Client, ClientError, type ClientOptions, createClient } from '../src/index.ts';
import { createCookieFetch, PASSWORD, ScriptedServer } from './scripted-server.ts';

const ADA = { email: 'ada@example.com', password: PASSWORD };

let server: ScriptedServer;
let client: Client;

beforeEach(async () => {
  server = await new ScriptedServer().listen();
  client = createClient({ server: server.url, delivery: 'bearer', clientId: 'phone', device: 'Phone of Ada' });
});

afterEach(async () => {
  client.close();
  await server.close();
});

test('sign-up and sign-in send what the protocol knows, and nothing else', async () => {
  await client.signUp({ ...ADA, name: 'Ada' });
  await client.signIn(ADA);
  expect(server.seen.map(({ body }) => body)).toEqual([
    { ...ADA, name: 'Ada' },
    { ...ADA, delivery: 'bearer', client_id: 'phone', device: 'Phone of Ada' },
  ]);
});

test("an error carries the server's code, status and refused members", async () => {
  const error = await client.signIn({ ...ADA, password: 'wrong' }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ClientError);
  expect(error).toMatchObject({ name: 'ClientError', code: 'account/credentials', status: 401 });
  expect(client.state).toBe('unknown');

  const answer = { code: 'request/invalid', errors: [{ path: 'email', message: 'must be an address' }, 'x', {}] };
  const refusing = createClient({
    server: server.url,
    fetch: async () =>
      Response.json(answer, { status: 422, headers: { 'content-type': 'application/problem+json; charset=utf-8' } }),
  });
  await expect(refusing.signUp(ADA)).rejects.toMatchObject({ code: 'request/invalid', errors: [answer.errors[0]] });
});

test('no token gets into an error, even if the server or fetch puts it there', async () => {
  await client.signIn(ADA);
  const token = `mr1.secret.${'g'.repeat(22)}.7.${'t'.repeat(43)}`;
  const headers = { 'content-type': 'application/problem+json' };
  for (const fetch of [
    async () => Response.json({ code: 'server/error', title: 'No', detail: `was ${token}` }, { status: 500, headers }),
    async () => Response.json({ code: token }, { status: 500, headers }),
    async () => Response.json({ access_token: token }),
    () => Promise.reject(new Error(token)),
  ]) {
    const leaky = createClient({ server: server.url, delivery: 'bearer', fetch });
    const error = await leaky.signIn(ADA).catch((reason: unknown) => reason);
    if (!(error instanceof ClientError)) throw new Error('no ClientError');
    expect([error.message, error.stack, error.cause, JSON.stringify(error)].join()).not.toContain('tttt');
    expect(error.cause).toBeUndefined();
  }
});

test('me, sessions, endSession use the account token', async () => {
  await client.signIn(ADA);
  expect(await client.me()).toMatchObject({ email: 'ada@example.com', name: null });
  const [session] = await client.sessions();
  expect(session).toMatchObject({ current: true, device: 'test' });
  await client.endSession(session?.id ?? '');
  await expect(client.endSession('x'.repeat(22))).rejects.toMatchObject({ code: 'session/unknown', status: 404 });
  await expect(client.endSession('../me')).rejects.toThrow(TypeError);
  expect(server.requests('/v1/refresh')).toHaveLength(0);
});

test('a refused account token is replaced once', async () => {
  await client.signIn(ADA);
  server.access.clear();
  expect(await client.me()).toMatchObject({ email: 'ada@example.com' });
  expect(server.requests('/v1/refresh')).toHaveLength(1);
});

test('sign-out everywhere ends here too', async () => {
  await client.signIn(ADA);
  const states: string[] = [];
  client.subscribe((state) => states.push(state));
  await client.signOutEverywhere();
  expect(states).toEqual(['signed-out']);
  expect(await client.resume()).toBe('signed-out');
});

test('a sign-out that did not reach the server is none', async () => {
  await client.signIn(ADA);
  server.script('/v1/sign-out', { kind: 'refused', status: 500, code: 'server/error' });
  await expect(client.signOut()).rejects.toMatchObject({ code: 'server/error' });
  expect(client.state).toBe('signed-in');
  server.script('/v1/sign-out', { kind: 'lost' });
  await client.signOut();
  expect(client.state).toBe('signed-out');
});

test('what waits behind a sign-out finds nobody signed in, and asks no server', async () => {
  const client = createClient({ server: server.url, fetch: createCookieFetch() });
  await client.signIn(ADA);
  server.script('/v1/sign-out', { kind: 'slow', ms: 200 });
  const [ended, waiting] = await Promise.allSettled([client.signOut(), client.accessToken('https://notes.example')]);
  expect(ended.status).toBe('fulfilled');
  expect(waiting).toMatchObject({ status: 'rejected', reason: { code: 'client/signed-out' } });
  expect(server.requests('/v1/refresh')).toHaveLength(0);
  expect(client.state).toBe('signed-out');
});

test('listeners are called at changes, each as often as it subscribed, until it leaves', async () => {
  const heard: string[] = [];
  const listener = (state: string): void => void heard.push(state);
  const leave = client.subscribe(listener);
  client.subscribe(listener);
  await client.signIn(ADA);
  await client.signIn(ADA);
  expect(heard).toEqual(['signed-in', 'signed-in']);
  leave();
  await client.signOut();
  expect(heard).toEqual(['signed-in', 'signed-in', 'signed-out']);
});

test('resume without a network leaves the state unknown', async () => {
  const offline = createClient({ server: server.url, fetch: () => Promise.reject(new TypeError('offline')) });
  expect(await offline.resume()).toBe('unknown');
});

test('a closed client does nothing more', async () => {
  await client.signIn(ADA);
  server.script('/v1/me', { kind: 'slow', ms: 5_000 });
  const slow = client.me();
  await expect.poll(() => server.requests('/v1/me')).toHaveLength(1);
  client.close();
  await expect(slow).rejects.toMatchObject({ code: 'client/closed' });
  await expect(client.accessToken()).rejects.toMatchObject({ code: 'client/closed' });
  await expect(client.signIn(ADA)).rejects.toMatchObject({ code: 'client/closed' });
});

test('cookies travel to the server with cookie delivery only', async () => {
  const credentials: unknown[] = [];
  const spy: typeof fetch = (input, init) => {
    credentials.push(init?.credentials);
    return fetch(input, init);
  };
  await createClient({ server: server.url, fetch: spy }).signIn(ADA);
  await createClient({ server: server.url, fetch: spy, delivery: 'bearer' }).signIn(ADA);
  expect(credentials).toEqual(['include', 'omit']);
});

test.each<[string, Record<string, unknown>]>([
  ['unknown option sever', { sever: 'x' }],
  ['server', { server: undefined }],
  ['server', { server: 'https://auth.example/' }],
  ['server', { server: 'https://auth.example?x' }],
  ['server', { server: 'https://ada@auth.example' }],
  ['server must be https', { server: 'http://auth.example' }],
  ['delivery', { delivery: 'header' }],
  ['device', { device: 'x'.repeat(101) }],
  ['identifier', { resources: [{ identifier: '', origin: 'https://a.example' }] }],
  ['origin', { resources: [{ identifier: 'a', origin: 'https://a.example/path' }] }],
  ['origin must be https', { resources: [{ identifier: 'a', origin: 'http://a.example' }] }],
  [
    'one for each origin',
    {
      resources: [
        { identifier: 'a', origin: 'https://a.example' },
        { identifier: 'b', origin: 'https://a.example' },
      ],
    },
  ],
])('a TypeError names %s', (message, options) => {
  const given = { server: 'https://auth.example', ...options } as unknown as ClientOptions;
  expect(() => createClient(given)).toThrow(TypeError);
  expect(() => createClient(given)).toThrow(message);
});
