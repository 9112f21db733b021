import { getRequest, postRequest } from '../harness/load.ts';
import { PERSON } from '../servers/account.ts';
import { API, type Cast, NEWCOMER, type OurServer } from './cast.ts';
import type { Operation } from './operations.ts';

export const SQLITE = 'Mapae, SQLite (synchronous=FULL)';
export const POSTGRES = 'Mapae, PostgreSQL (durable)';
export const OIDC_PROVIDER = 'oidc-provider, in memory';
export const BETTER_AUTH = 'better-auth, node:sqlite (synchronous=NORMAL)';
export const BETTER_AUTH_CACHED = 'better-auth, cookie cache';

const JSON_TYPE = 'application/json';

const ourRefresh = (token: string): string =>
  postRequest('/v1/refresh', JSON_TYPE, JSON.stringify({ refresh_token: token, resource: API }));

const oidcRefresh = (token: string): string =>
  postRequest(
    '/token',
    'application/x-www-form-urlencoded',
    new URLSearchParams({ grant_type: 'refresh_token', client_id: 'first-party', refresh_token: token }).toString(),
  );

/** Refresh with rotation: a new access token by ES256, and the refresh token moves on. Each token is presented once. */
export async function refreshes({ sqlite, postgres, oidcProvider }: Cast): Promise<Operation[]> {
  const ours = async (name: string, { server, refreshTokens }: OurServer): Promise<Operation> => {
    const requests = refreshTokens.map(ourRefresh);
    const { port } = server.ready;
    return {
      name,
      server,
      port,
      once: true,
      connections: 16,
      requests: await proveRotation(name, port, requests, ourRefresh),
    };
  };
  const { port, refreshTokens = [] } = oidcProvider.ready;
  return [
    await ours(SQLITE, sqlite),
    ...(postgres === undefined ? [] : [await ours(POSTGRES, postgres.few)]),
    {
      name: OIDC_PROVIDER,
      server: oidcProvider,
      port,
      once: true,
      connections: 16,
      requests: await proveRotation(OIDC_PROVIDER, port, refreshTokens.map(oidcRefresh), oidcRefresh),
    },
  ];
}

/** Refreshes in a PostgreSQL with few sessions and in one with many, the tokens spread over all of them. */
export async function refreshesBySize({ postgres }: Cast, few: string, many: string): Promise<Operation[]> {
  if (postgres === undefined) return [];
  return [
    ...[postgres.few, postgres.many].map(({ server, refreshTokens }, index) => ({
      name: index === 0 ? few : many,
      server,
      port: server.ready.port,
      once: true,
      connections: 16,
      // the second half: the first was spent on the contest with the others
      requests: refreshTokens.slice(Math.floor(refreshTokens.length / 2)).map(ourRefresh),
    })),
  ];
}

/** Who is signed in: the account, read from the database. */
export async function sessionReads({ sqlite, postgres, betterAuth, betterAuthCached }: Cast): Promise<Operation[]> {
  const ours = async (name: string, { server, account }: OurServer): Promise<Operation> => {
    const { accessToken } = await account.signInForAccount();
    const { port } = server.ready;
    const request = getRequest('/v1/me', { authorization: `Bearer ${accessToken}` });
    await expectStatus(name, port, request, 200);
    await expectStatus(name, port, getRequest('/v1/me', { authorization: `Bearer ${accessToken.slice(0, -9)}` }), 401);
    return { name, server, port, requests: [request], once: false, connections: 16 };
  };
  const theirs = async (name: string, { server, cookie }: Cast['betterAuth']): Promise<Operation> => {
    const { port } = server.ready;
    const path = '/api/auth/get-session';
    const good = await answer(port, getRequest(path, { cookie }));
    const bad = await answer(port, getRequest(path, { cookie: cookie.replaceAll('=', '=x') }));
    if (!good.body.includes(PERSON.email) || bad.body.includes(PERSON.email))
      throw new Error(`${name} does not read sessions`);
    return { name, server, port, requests: [getRequest(path, { cookie })], once: false, connections: 16 };
  };
  return [
    await ours(SQLITE, sqlite),
    ...(postgres === undefined ? [] : [await ours(POSTGRES, postgres.few)]),
    await theirs(BETTER_AUTH, betterAuth),
    await theirs(BETTER_AUTH_CACHED, betterAuthCached),
  ];
}

/** By password. Few at a time: more at one account would be limited, as it should be. */
export async function signIns({ sqlite, betterAuth }: Cast): Promise<Operation[]> {
  const operation = async (
    name: string,
    server: Operation['server'],
    port: number,
    path: string,
    body: object,
  ): Promise<Operation> => {
    const request = (password: string): string =>
      postRequest(path, JSON_TYPE, JSON.stringify({ ...body, password }), { origin: `http://127.0.0.1:${port}` });
    await expectStatus(name, port, request(PERSON.password), 200);
    await expectStatus(name, port, request('wrong lantern 7f3c91d2 barley'), 401);
    return { name, server, port, requests: [request(PERSON.password)], once: false, connections: 4 };
  };
  const better = betterAuth.server;
  return [
    await operation(SQLITE, sqlite.server, sqlite.server.ready.port, '/v1/sign-in', { email: NEWCOMER, resource: API }),
    await operation(BETTER_AUTH, better, better.ready.port, '/api/auth/sign-in/email', { email: PERSON.email }),
  ];
}

/** Spends the first: it is rotated and gives another; a forged one is refused. Gives the rest. */
async function proveRotation(
  name: string,
  port: number,
  requests: readonly string[],
  write: (token: string) => string,
): Promise<readonly string[]> {
  const [first = '', ...rest] = requests;
  const { status, body } = await answer(port, first);
  if (status !== 200) throw new Error(`${name} refused a good refresh token: ${status} ${body}`);
  const { access_token: access, refresh_token: next } = JSON.parse(body) as Record<string, string | undefined>;
  if (access?.split('.').length !== 3 || next === undefined || first.includes(next))
    throw new Error(`${name} did not rotate`);
  const forged = await answer(port, write(`${next.slice(0, -4)}AAAA`));
  if (forged.status < 400 || forged.status >= 500)
    throw new Error(`${name} answered a forged refresh token with ${forged.status}`);
  return rest;
}

async function expectStatus(name: string, port: number, request: string, status: number): Promise<void> {
  const got = await answer(port, request);
  if (got.status !== status) throw new Error(`${name} answered with ${got.status}, not ${status}: ${got.body}`);
}

/** Sends a request of the load's form by itself. */
async function answer(port: number, request: string): Promise<{ readonly status: number; readonly body: string }> {
  const [head = '', body = ''] = request.split('\r\n\r\n');
  const [line = '', ...headers] = head.split('\r\n');
  const [method = '', path = ''] = line.split(' ');
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: headers
      .map((one) => one.split(': ') as [string, string])
      .filter(([name]) => name !== 'host' && name !== 'content-length'),
    ...(method === 'POST' ? { body } : {}),
  });
  return { status: response.status, body: await response.text() };
}
