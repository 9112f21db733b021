import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Client, createClient } from '../src/index.ts';
import { PASSWORD, ScriptedServer } from './scripted-server.ts';

const ADA = { email: 'ada@example.com', password: PASSWORD };
const NOTES = 'https://notes.example';

/** An API that keeps what it was sent, and takes every token but those in `refused`. */
interface Api {
  readonly origin: string;
  readonly seen: { authorization: string | undefined; body: string }[];
  refuses: (authorization: string) => boolean;
  challenge: string;
  redirectTo: string | undefined;
  readonly http: Server;
}

async function startApi(): Promise<Api> {
  const http = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const api: Api = {
    origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    seen: [],
    refuses: () => false,
    challenge: 'Bearer realm="notes", error="invalid_token"',
    redirectTo: undefined,
    http,
  };
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { authorization } = request.headers;
    api.seen.push({ authorization, body });
    if (api.redirectTo !== undefined) response.writeHead(302, { location: api.redirectTo }).end();
    else if (api.refuses(authorization ?? '')) response.writeHead(401, { 'www-authenticate': api.challenge }).end();
    else response.end('fine');
  }
  return api;
}

let server: ScriptedServer;
let api: Api;
let foreign: Api;
let client: Client;

beforeEach(async () => {
  [server, api, foreign] = await Promise.all([new ScriptedServer().listen(), startApi(), startApi()]);
  client = createClient({
    server: server.url,
    delivery: 'bearer',
    resources: [{ identifier: NOTES, origin: api.origin }],
  });
  await client.signIn(ADA, NOTES);
});

afterEach(async () => {
  client.close();
  for (const { http } of [api, foreign]) {
    http.closeAllConnections();
    http.close();
  }
  await server.close();
});

test('the token goes to the origin of its resource', async () => {
  const response = await client.fetch(`${api.origin}/notes`);
  expect(await response.text()).toBe('fine');
  expect(api.seen[0]?.authorization).toBe(`Bearer ${await client.accessToken(NOTES)}`);
});

test('the account token goes to /v1/ of the server, and not beside it', async () => {
  await client.fetch(`${server.url}/v1/me`);
  await client.fetch(`${server.url}/v1/../other`);
  await client.fetch(`${server.url}/v12`);
  expect(server.requests('/v1/me')[0]?.headers.authorization).toBe(`Bearer ${await client.accessToken()}`);
  expect(server.requests('/other')[0]?.headers.authorization).toBeUndefined();
  expect(server.requests('/v12')[0]?.headers.authorization).toBeUndefined();
});

test('another origin gets no token, however it is written', async () => {
  const port = new URL(foreign.origin).port;
  const lookalikes = [
    foreign.origin,
    `${foreign.origin}/?${api.origin}`,
    `${foreign.origin}/#${api.origin}`,
    `http://localhost:${new URL(api.origin).port}/`,
  ];
  for (const url of lookalikes) await client.fetch(url).catch(() => undefined);
  await client.fetch(new URL(foreign.origin));
  await client.fetch(new Request(foreign.origin));
  expect(port).not.toBe(new URL(api.origin).port);
  expect(foreign.seen.length).toBeGreaterThan(4);
  for (const { authorization } of [...foreign.seen, ...api.seen]) expect(authorization).toBeUndefined();
});

test('only the very origin counts: not its beginning, not a user name, not another scheme or port', async () => {
  const seen: [string, string | null][] = [];
  const origin = 'https://notes.example';
  const spied = createClient({
    server: server.url,
    delivery: 'bearer',
    resources: [{ identifier: NOTES, origin }],
    fetch: async (input, init) => {
      const url = input instanceof Request ? input.url : String(input);
      if (url.startsWith(server.url)) return fetch(input, init);
      seen.push([url, new Headers(init?.headers).get('authorization')]);
      return new Response();
    },
  });
  await spied.signIn(ADA, NOTES);
  for (const url of [
    `${origin}.evil.example/`,
    `${origin}@evil.example/`,
    `${origin}:8443/`,
    'http://notes.example/',
    'https://sub.notes.example/',
    'https:\\\\evil.example/notes.example',
    '/relative',
    'not a url',
  ]) {
    await spied.fetch(url);
  }
  expect(seen.map(([, authorization]) => authorization)).toEqual(Array.from({ length: 8 }, () => null));
  await spied.fetch('HTTPS://NOTES.example:443/a/../b');
  expect(seen.at(-1)).toEqual([`${origin}/b`, `Bearer ${await spied.accessToken(NOTES)}`]);
  spied.close();
});

test('a redirect is an error, and leaks nothing', async () => {
  api.redirectTo = foreign.origin;
  await expect(client.fetch(api.origin)).rejects.toThrow(TypeError);
  await expect(client.fetch(new Request(api.origin))).rejects.toThrow(TypeError);
  expect((await client.fetch(api.origin, { redirect: 'manual' })).status).toBe(302);
  expect(foreign.seen).toEqual([]);
  expect((await client.fetch(api.origin, { redirect: 'follow' })).status).toBe(200);
  expect(foreign.seen.map(({ authorization }) => authorization)).toEqual([undefined]);
});

test("the server's redirects are not followed either", async () => {
  const moved = createClient({ server: api.origin, delivery: 'bearer' });
  api.redirectTo = `${foreign.origin}/v1/sign-in`;
  await expect(moved.signIn(ADA)).rejects.toMatchObject({ code: 'client/network', status: 0 });
  expect(foreign.seen).toEqual([]);
});

test('RFC 6750 §3.1: a refused token is replaced once, for 20 requests at once', async () => {
  const old = await client.accessToken(NOTES);
  api.refuses = (authorization) => authorization === `Bearer ${old}`;
  const responses = await Promise.all(
    Array.from({ length: 20 }, () => client.fetch(`${api.origin}/notes`, { method: 'POST', body: 'text' })),
  );
  expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
  expect(server.requests('/v1/refresh')).toHaveLength(1);
  expect(api.seen.every(({ body }) => body === 'text')).toBe(true);
});

test('a token that is refused again is left at that', async () => {
  api.refuses = () => true;
  expect((await client.fetch(api.origin)).status).toBe(401);
  expect(api.seen).toHaveLength(2);
  expect(client.state).toBe('signed-in');
});

test('a 401 of another kind is only an answer', async () => {
  api.refuses = () => true;
  api.challenge = 'Basic realm="notes"';
  expect((await client.fetch(api.origin)).status).toBe(401);
  expect(api.seen).toHaveLength(1);
  expect(server.requests('/v1/refresh')).toHaveLength(0);
});

test('a stream is not sent twice, but the next request has another token', async () => {
  const old = await client.accessToken(NOTES);
  api.refuses = (authorization) => authorization === `Bearer ${old}`;
  const init = { method: 'POST', body: new Blob(['text']).stream(), duplex: 'half' } as RequestInit;
  expect((await client.fetch(api.origin, init)).status).toBe(401);
  expect(api.seen).toHaveLength(1);
  expect(await client.accessToken(NOTES)).not.toBe(old);
});

test('headers and method of a Request stay, and so does a credential of the caller', async () => {
  await client.fetch(new Request(api.origin, { method: 'PUT', body: 'x', headers: { 'x-a': '1' } }));
  await client.fetch(api.origin, { headers: { authorization: 'Basic abc' } });
  expect(api.seen.map(({ body }) => body)).toEqual(['x', '']);
  expect(api.seen[1]?.authorization).toBe('Basic abc');
});

test('with nobody signed in nothing is sent', async () => {
  await client.signOut();
  await expect(client.fetch(api.origin)).rejects.toMatchObject({ code: 'client/signed-out' });
  expect(api.seen).toEqual([]);
});
