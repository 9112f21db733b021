import { createPrivateKey, createSign } from 'node:crypto';
import { Agent } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createJwtSigner, exportPrivateJwk, exportPublicJwk, generatePrivateKey, publicKeyOf } from '@mapae/jwt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { badTokens } from '../../jwt/test/bad-tokens.ts';
import { goodContext } from '../../jwt/test/good-claims.ts';
import { createVerifier } from '../src/index.ts';
import { APPS, type App } from './adapters/apps.ts';
import { type Answer, type Call, call } from './adapters/call.ts';
import { createProofKey } from './adapters/proofs.ts';
import { AUDIENCE, startScriptedIssuer } from './scripted-issuer.ts';

const now = Date.UTC(2026, 10, 23);
const context = goodContext(now);
const subject = context.claims.sub;
const PAGE = 'https://app.example.com';
const options = {
  issuer: context.issuer,
  audience: context.audience,
  keys: { keys: [exportPublicJwk(publicKeyOf(context.key))] },
  clock: () => now,
} as const;
const verifier = createVerifier({ ...options, feed: false });
const withCookie = createVerifier({ ...options, feed: false, cookie: { name: '__Host-access', origins: [PAGE] } });
const BASE = 'https://api.mapae.example';
const proofKey = createProofKey();
const withDpop = createVerifier({ ...options, feed: false, dpop: { baseUrl: BASE } });
const sign = (change: object = {}): string =>
  createJwtSigner({ key: context.key, typ: 'at+jwt' }).sign({ ...context.claims, ...change });
/** Claims as they are, which our own signer would refuse. */
function signRaw(change: object): string {
  const [header = ''] = sign().split('.');
  const input = `${header}.${Buffer.from(JSON.stringify({ ...context.claims, ...change })).toString('base64url')}`;
  const { key_ops: _none, ...jwk } = exportPrivateJwk(context.key);
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  return `${input}.${createSign('sha256').update(input).sign({ key, dsaEncoding: 'ieee-p1363' }, 'base64url')}`;
}
const bearer = ['authorization', `Bearer ${sign()}`];

describe.each(Object.entries(APPS))('%s', (name, createApp) => {
  const running: App[] = [];
  let app: App;
  let port: number;
  let cookiePort: number;
  let dpopPort: number;
  const upgrade = name === 'ws';
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });

  beforeAll(async () => {
    const withHeader = await createApp(verifier);
    const withBoth = await createApp(withCookie);
    const withProof = await createApp(withDpop);
    running.push(withHeader, withBoth, withProof);
    dpopPort = await listen(withProof);
    app = withHeader;
    port = await listen(withHeader);
    cookiePort = await listen(withBoth);
  });
  afterAll(async () => {
    agent.destroy();
    await Promise.all(running.map(end));
  });

  const ask = (headers: readonly string[], more: Partial<Call> = {}): Promise<Answer> =>
    call({ port, headers, upgrade, ...more });

  const has = (what: App['has'][number]): boolean => app.has.includes(what);

  test('X04: a good token is let in, the scheme in any case, and the handler knows who it is', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect(await ask(['authorization', `${scheme} ${sign()}`])).toMatchObject({ status: 200, text: subject });
    }
  });

  test('every row of the catalogue: 401 with a challenge and its code, never 500, on one connection', async () => {
    for (const { id, title, token, code } of badTokens(context)) {
      const answer = await ask(['authorization', `Bearer ${token}`], { agent });
      const got = [id, title, answer.status, answer.status === 200 ? 'accepted' : answer.code];
      expect(got).toEqual([id, title, code === 'accepted' ? 200 : 401, code]);
      if (answer.status === 401) expect(answer.challenge).toBe('Bearer error="invalid_token"');
    }
    if (!upgrade) expect(await ask(bearer, { agent })).toMatchObject({ status: 200, reused: true });
  });

  test('C09, RFC 9068 §2.2: a claim that is missing or mistyped is 401', async () => {
    const changes = [
      { sub: undefined },
      { sub: 1 },
      { sub: '' },
      { client_id: undefined },
      { client_id: 1 },
      { jti: undefined },
      { iat: undefined },
      { sid: 1 },
      { scope: ['a'] },
    ];
    for (const change of changes) {
      expect(await ask(['authorization', `Bearer ${signRaw(change)}`])).toMatchObject({
        status: 401,
        code: 'token/claim',
      });
    }
  });

  test('C11: a token that is bound to a key is refused as a bearer token', async () => {
    expect(await ask(['authorization', `Bearer ${sign({ cnf: { jkt: 'x' } })}`])).toMatchObject({
      status: 401,
      code: 'token/bound',
    });
  });

  test.each([
    ['X01', 'in the query', [], `/me?access_token=${sign()}`],
    ['X03', 'no header', [], '/me'],
    ['X03', 'an empty header', ['authorization', ''], '/me'],
    ['X03', 'only a scheme', ['authorization', 'Bearer'], '/me'],
    ['X03', 'only a scheme and a space', ['authorization', 'Bearer '], '/me'],
    ['X03', 'another scheme', ['authorization', 'Basic eDp5'], '/me'],
    ['X03', 'no scheme', ['authorization', sign()], '/me'],
    ['X03', 'two spaces', ['authorization', `Bearer  ${sign()}`], '/me'],
    ['X03', 'a tab', ['authorization', `Bearer\t${sign()}`], '/me'],
    ['X03', 'thousands of spaces', ['authorization', `Bearer${' '.repeat(8_000)}x`], '/me'],
    ['X05', 'identity headers', ['x-user', 'admin', 'x-forwarded-user', 'admin', 'x-principal', '{}'], '/me'],
    [
      'X05',
      'headers that frameworks have trusted',
      ['x-middleware-subrequest', 'proxy:proxy:proxy:proxy:proxy'],
      '/me',
    ],
    ['X06', 'in a cookie', ['cookie', `token=${sign()}; access_token=${sign()}`], '/me'],
    [
      'X06',
      'in another header',
      ['x-authorization', `Bearer ${sign()}`, 'proxy-authorization', `Bearer ${sign()}`],
      '/me',
    ],
  ])('%s: %s is 401 without an error code (RFC 6750 §3.1)', async (_id, _title, headers, path) => {
    expect(await ask(headers, { path })).toMatchObject({
      status: 401,
      challenge: 'Bearer',
      code: 'request/no-credentials',
    });
  });

  test.each(['null', 'undefined', '[object Object]', 'Bearer', '%00', 'a'.repeat(7_000)])(
    'X03: Bearer %s is a refused token',
    async (token) => {
      const { status, code, challenge } = await ask(['authorization', `Bearer ${token}`]);
      expect([status, code !== undefined, challenge?.startsWith('Bearer')]).toEqual([401, true, true]);
    },
  );

  test('X02: two Authorization headers are 400', async () => {
    const twice = [...bearer, ...bearer];
    const other = [...bearer, 'authorization', 'Basic eDp5'];
    const joined = ['authorization', `Bearer ${sign()}, Bearer ${sign()}`];
    for (const headers of [twice, other, joined]) {
      expect(await ask(headers)).toMatchObject({ status: 400, code: 'request/authorization' });
    }
  });

  test('X07: a cookie and a bearer token at once are 400, and never mixed', async () => {
    const headers = [...bearer, 'cookie', `__Host-access=${sign()}`, 'sec-fetch-site', 'same-origin'];
    expect(await ask(headers, { port: cookiePort })).toMatchObject({ status: 400, code: 'request/two-credentials' });
  });

  test('B01, B02: a cookie counts only on requests of our own pages, upgrades included', async () => {
    const cookie = ['cookie', `__Host-access=${sign()}`];
    const outcome = async (...headers: string[]): Promise<string> => {
      const { status, code } = await ask([...cookie, ...headers], { port: cookiePort });
      return status === 200 ? 'let in' : `${status} ${String(code)}`;
    };
    expect(await outcome('sec-fetch-site', 'same-origin')).toBe('let in');
    expect(await outcome('sec-fetch-site', 'same-site', 'origin', PAGE)).toBe('let in');
    expect(await outcome('origin', PAGE)).toBe('let in');
    expect(await outcome()).toBe('403 request/cross-origin');
    expect(await outcome('origin', 'https://evil.example')).toBe('403 request/cross-origin');
    expect(await outcome('origin', 'null', 'sec-fetch-site', 'same-origin')).toBe('403 request/cross-origin');
    expect(await outcome('sec-fetch-site', 'same-origin', 'cookie', `__Host-access=${sign()}`)).toBe(
      '403 request/cross-origin',
    );
    const typed = ['sec-fetch-site', 'none'];
    expect(await outcome(...typed)).toBe(upgrade ? '403 request/cross-origin' : 'let in');
  });

  test('C12: DPoP: method and address reach the verifier as they were asked for (RFC 9449 §4.3)', async () => {
    const token = sign({ cnf: { jkt: proofKey.thumbprint } });
    const dpop = ['authorization', `DPoP ${token}`];
    const good = { token, method: 'GET', url: `${BASE}/me` };
    const outcome = async (headers: readonly string[], path = '/me'): Promise<string> => {
      const { status, code } = await ask(headers, { port: dpopPort, path });
      return status === 200 ? 'let in' : `${status} ${String(code)}`;
    };
    const proof = proofKey.prove(good);
    expect(await outcome([...dpop, 'dpop', proof])).toBe('let in');
    expect(await outcome([...dpop, 'dpop', proof])).toBe('401 proof/replayed');
    expect(await outcome(dpop)).toBe('401 proof/missing');
    expect(await outcome(['authorization', `Bearer ${token}`, 'dpop', proofKey.prove(good)])).toBe('401 token/bound');
    expect(await outcome([...dpop, 'dpop', proofKey.prove({ ...good, method: 'POST' })])).toBe('401 proof/method');
    expect(await outcome([...dpop, 'dpop', proofKey.prove({ ...good, url: `${BASE}/` })])).toBe('401 proof/target');
    expect(await outcome([...dpop, 'dpop', proofKey.prove({ ...good, token: sign() })])).toBe('401 proof/token');
    const two = [...dpop, 'dpop', proofKey.prove(good), 'dpop', proofKey.prove(good)];
    expect(await outcome(two)).toBe('401 proof/malformed');
    expect(await outcome([...dpop, 'dpop', proofKey.prove(good)], '/me?a=b')).toBe('let in');
    if (!has('mounted')) return;
    const deeper = { ...good, url: `${BASE}/mounted/me` };
    // two guards in a row, and the proof is spent once
    expect(await outcome([...dpop, 'dpop', proofKey.prove(deeper)], '/mounted/me')).toBe('let in');
    expect(await outcome([...dpop, 'dpop', proofKey.prove(good)], '/mounted/me')).toBe('401 proof/target');
  });

  test('tRPC: the calls of a batch share one proof', async () => {
    if (name !== 'trpc') return;
    const token = sign({ cnf: { jkt: proofKey.thumbprint } });
    const proof = proofKey.prove({ token, method: 'GET', url: `${BASE}/me,admin,me` });
    const headers = ['authorization', `DPoP ${token}`, 'dpop', proof];
    const { text } = await ask(headers, { port: dpopPort, path: '/me,admin,me?batch=1' });
    expect(text).toMatch(/^\[\{"result":.*"httpStatus":403.*\{"result":[^[]*\]$/);
  });

  test('C08: a scope that is missing is 403 and named', async () => {
    expect(await ask(bearer, { path: '/admin' })).toMatchObject({
      status: 403,
      code: 'request/scope',
      challenge: 'Bearer error="insufficient_scope", scope="admin"',
    });
    const admin = ['authorization', `Bearer ${sign({ scope: 'notes:read admin' })}`];
    expect(await ask(admin, { path: '/admin' })).toMatchObject({ status: 200, text: 'in' });
  });

  test('a refusal is never stored, and is a problem document (RFC 9457)', async () => {
    const { headers } = await ask([]);
    expect(headers['cache-control']).toBe('no-store');
    // tRPC and Nest have forms of their own
    if (name !== 'trpc' && name !== 'nest') expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  });

  test('HEAD is guarded as GET is', async () => {
    // tRPC answers HEAD itself, and calls nothing
    if (upgrade || name === 'trpc') return;
    expect(await ask([], { method: 'HEAD' })).toMatchObject({ status: 401, challenge: 'Bearer', text: '' });
    expect(await ask(bearer, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });

  test('what stands in front of the guard is kept on a refusal (CORS), and answers OPTIONS itself', async () => {
    if (!has('front')) return;
    const refused = await ask([]);
    expect([refused.status, refused.headers['x-front']]).toEqual([401, 'kept']);
    const preflight = await ask(['origin', PAGE, 'access-control-request-method', 'GET'], { method: 'OPTIONS' });
    expect([preflight.status, preflight.headers['x-front']]).toEqual([204, 'kept']);
  });

  test('the body is not touched: the handler reads all of it', async () => {
    if (!has('body')) return;
    const body = 'x'.repeat(70_000);
    const type = ['content-type', 'text/plain'];
    expect((await ask([...bearer, ...type], { method: 'POST', body, agent })).text).toBe(body);
    expect(await ask(type, { method: 'POST', body, agent })).toMatchObject({ status: 401 });
    expect(await ask(bearer, { agent })).toMatchObject({ status: 200, text: subject });
  });

  test("a handler's error is not swallowed: the framework's error handler gets it", async () => {
    if (!has('broken')) return;
    expect(await ask(bearer, { path: '/broken' })).toMatchObject({ status: 500, text: 'caught: on purpose' });
  });

  test('a route that forgot the guard fails closed', async () => {
    if (!has('forgot')) return;
    const answer = await ask(bearer, { path: '/forgot' });
    expect([answer.status, answer.text.includes(String(subject))]).toEqual([500, false]);
  });

  test('behind a prefix too, and behind a guard', async () => {
    if (!has('mounted')) return;
    const narrow = ['authorization', `Bearer ${sign({ scope: 'other' })}`];
    expect(await ask(narrow, { path: '/mounted/me' })).toMatchObject({ status: 403, code: 'request/scope' });
    expect(await ask(bearer, { path: '/mounted/me' })).toMatchObject({ status: 200, text: subject });
    expect(await ask([], { path: '/mounted/me' })).toMatchObject({ status: 401 });
  });
});

test('cut off from revocations: 503 with Retry-After from each, and no challenge that would make clients refresh', async () => {
  // nothing listens there
  const cutOff = createVerifier({ ...options, feed: { url: 'http://127.0.0.1:9/events' } });
  const answers = await Promise.all(
    Object.entries(APPS).map(async ([name, createApp]) => {
      const app = await createApp(cutOff);
      const answer = await call({ port: await listen(app), headers: bearer, upgrade: name === 'ws' });
      await end(app);
      return [name, answer] as const;
    }),
  );
  cutOff.close();
  for (const [name, { status, code, challenge, headers }] of answers) {
    expect([name, status, code, challenge]).toEqual([name, 503, 'verifier/stale', undefined]);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  }
});

test('RFC 9110 §15.6.4: a key id that nobody could look up is 503 with Retry-After from each, without a challenge, and known keys serve on', async () => {
  const issuer = await startScriptedIssuer();
  const cutOff = createVerifier({ issuer: issuer.issuer, audience: AUDIENCE, feed: false });
  await cutOff.ready();
  issuer.answers.set('/jwks', (_request, response) => void response.writeHead(500).end());
  const strange = ['authorization', `Bearer ${issuer.token({}, generatePrivateKey('ES256'))}`];
  const known = ['authorization', `Bearer ${issuer.token()}`];
  for (const [name, createApp] of Object.entries(APPS)) {
    const app = await createApp(cutOff);
    const port = await listen(app);
    const { status, code, challenge, headers } = await call({ port, headers: strange, upgrade: name === 'ws' });
    expect([name, status, code, challenge]).toEqual([name, 503, 'verifier/unavailable', undefined]);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect([name, (await call({ port, headers: known, upgrade: name === 'ws' })).status]).toEqual([name, 200]);
    await end(app);
  }
  cutOff.close();
  await issuer.close();
});

async function listen({ server }: App): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function end({ server, close }: App): Promise<void> {
  server.close();
  server.closeAllConnections();
  await close?.();
}
