import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createJwtSigner, generateTimeOrderedId } from '@mapae/jwt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BadTokenContext, badTokens } from '../../packages/jwt/test/bad-tokens.ts';
import { call } from '../../packages/verifier/test/adapters/call.ts';
import { type ScriptedIssuer, startScriptedIssuer } from '../../packages/verifier/test/scripted-issuer.ts';

// examples/api-next, built by Next and run by `next start`: the table of bad tokens and requests through the real thing.
const EXAMPLE = fileURLToPath(new URL('../../examples/api-next', import.meta.url));

let issuer: ScriptedIssuer;
let next: ChildProcess;
let port: number;
let context: BadTokenContext;
let log = '';
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const sign = (change: object = {}): string =>
  createJwtSigner({ key: context.key, typ: 'at+jwt' }).sign({ ...context.claims, ...change });
const bearer = (change?: object): string[] => ['authorization', `Bearer ${sign(change)}`];
const ask = (headers: readonly string[], more: object = {}) => call({ port, headers, ...more });

beforeAll(async () => {
  issuer = await startScriptedIssuer();
  issuer.beat(500);
  const now = Date.now();
  const id = (): string => generateTimeOrderedId(now, randomBytes);
  const iat = Math.floor(now / 1_000);
  const audience = 'https://api.example.com';
  const claims = { iss: issuer.issuer, aud: audience, sub: id(), client_id: 'app', sid: id(), jti: id(), iat };
  context = {
    key: issuer.key,
    issuer: issuer.issuer,
    audience,
    claims: { ...claims, exp: iat + 600, scope: 'notes:read' },
  };
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  ({ port } = free.address() as AddressInfo);
  free.close();
  next = spawn(process.execPath, ['node_modules/next/dist/bin/next', 'start', '-p', String(port)], {
    cwd: EXAMPLE,
    env: { ...process.env, ISSUER: issuer.issuer, NEXT_TELEMETRY_DISABLED: '1' },
  });
  for (const stream of [next.stdout, next.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      log += chunk;
    });
  }
  for (let tries = 0; tries < 500 && next.exitCode === null; tries++) {
    if ((await ask(bearer()).catch(() => undefined))?.status === 200) return;
    await sleep(100);
  }
  throw new Error(`next did not start:\n${log}`);
});
afterAll(async () => {
  agent.destroy();
  next.kill('SIGKILL');
  await issuer.close();
});

// `/me` is behind proxy and handler, `/admin` behind its handler alone
test.each(['/me', '/admin'])(
  '%s: every row of the catalogue is 401 with a challenge and its code, never 500',
  async (path) => {
    for (const { id, title, token, code } of badTokens(context)) {
      if (code === 'accepted') continue;
      const answer = await ask(['authorization', `Bearer ${token}`], { path, agent });
      expect([id, title, answer.status, answer.code, answer.challenge]).toEqual([
        ...[id, title, 401, code],
        'Bearer error="invalid_token"',
      ]);
    }
  },
);

test('a good token is let in by proxy and handler, and the handler knows who it is', async () => {
  expect(await ask(bearer(), { agent })).toMatchObject({ status: 200, text: context.claims.sub });
  expect(await ask(['authorization', `bearer ${sign()}`])).toMatchObject({ status: 200 });
});

test('what Next hands on comes after the principal', async () => {
  const { text } = await ask(bearer(), { path: '/notes/7' });
  expect(JSON.parse(text)).toEqual({ id: '7', by: context.claims.sub, path: '/notes/7' });
});

test('C08: a scope that is missing is 403 and named', async () => {
  expect(await ask(bearer(), { path: '/admin' })).toMatchObject({
    status: 403,
    challenge: 'Bearer error="insufficient_scope", scope="admin"',
  });
  expect(await ask(bearer({ scope: 'admin' }), { path: '/admin' })).toMatchObject({ status: 200, text: 'in' });
});

test.each([
  ['X01', 'in the query', [], '/me?access_token=x'],
  ['X03', 'another scheme', ['authorization', 'Basic eDp5'], '/me'],
  ['X05', 'identity headers', ['x-user', 'admin', 'x-forwarded-user', 'admin'], '/me'],
  [
    'X05',
    'CVE-2025-29927: a header that skipped the proxy',
    ['x-middleware-subrequest', 'proxy:proxy:proxy:proxy:proxy'],
    '/me',
  ],
  ['X05', 'the same where no proxy stands', ['x-middleware-subrequest', 'middleware:middleware:middleware'], '/admin'],
])('%s: %s is 401 without an error code (RFC 6750 §3.1)', async (_id, _title, headers, path) => {
  expect(await ask(headers, { path })).toMatchObject({ status: 401, challenge: 'Bearer' });
});

test('X06: a token in a cookie is none', async () => {
  expect(await ask(['cookie', `token=${sign()}`])).toMatchObject({ status: 401, challenge: 'Bearer' });
});

test('X02: two tokens in one header are 400; of two headers Next hands on the first alone', async () => {
  expect(await ask(['authorization', `Bearer ${sign()}, Bearer ${sign()}`])).toMatchObject({ status: 400 });
  const second = ['authorization', 'Bearer a.b.c'];
  expect((await ask([...bearer(), ...second])).status).toBe(200);
  expect((await ask([...second, ...bearer()])).status).toBe(401);
});

test('HEAD is guarded as GET is, and a body is not touched', async () => {
  expect(await ask([], { method: 'HEAD' })).toMatchObject({ status: 401 });
  expect(await ask(bearer(), { method: 'HEAD' })).toMatchObject({ status: 200 });
  const body = 'x'.repeat(70_000);
  expect((await ask([...bearer(), 'content-type', 'text/plain'], { method: 'POST', body })).text).toBe(body);
});

test('a revocation is felt, and the process has one verifier for proxy and handlers', async () => {
  const sid = generateTimeOrderedId(Date.now(), randomBytes);
  const mine = bearer({ sid });
  expect((await ask(mine)).status).toBe(200);
  issuer.send(issuer.revoke(issuer.row(1, sid)));
  const since = performance.now();
  while ((await ask(mine)).status !== 401) expect(performance.now() - since).toBeLessThan(2_000);
  expect(await ask(mine)).toMatchObject({ status: 401, code: 'token/revoked' });
  expect(issuer.connections).toBe(1);
});
