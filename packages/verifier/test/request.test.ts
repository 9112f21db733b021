import { createJwtSigner, exportPublicJwk, publicKeyOf } from '@mapae/jwt';
import { describe, expect, test } from 'vitest';
import { goodContext } from '../../jwt/test/good-claims.ts';
import { createVerifier, type HeadersLike, type Policy, RequestRefused } from '../src/index.ts';

const now = Date.UTC(2026, 10, 23);
const context = goodContext(now);
const signer = createJwtSigner({ key: context.key, typ: 'at+jwt' });
const sign = (change: object = {}): string => signer.sign({ ...context.claims, ...change });
const options = {
  issuer: context.issuer,
  audience: context.audience,
  keys: { keys: [exportPublicJwk(publicKeyOf(context.key))] },
  feed: false,
  clock: () => now,
} as const;
const APP = 'https://app.example.com';
const verifier = createVerifier({ ...options, cookie: { name: '__Host-access', origins: [APP] } });
const headerOnly = createVerifier(options);

/** The code of a refusal, or `let in`. */
async function outcome(headers: HeadersLike, policy?: Policy, method = 'GET', which = verifier): Promise<string> {
  try {
    await which.authenticate({ headers, method, url: '/' }, policy);
    return 'let in';
  } catch (error) {
    if (error instanceof RequestRefused) return `${error.status} ${error.code}`;
    throw error;
  }
}

async function challengeOf(headers: HeadersLike, policy?: Policy): Promise<string | undefined> {
  try {
    await verifier.authenticate({ headers }, policy);
    return undefined;
  } catch (error) {
    return error instanceof RequestRefused ? error.headers['www-authenticate'] : undefined;
  }
}

describe('headers of every kind', () => {
  const bearer = `Bearer ${sign()}`;
  const KINDS: readonly (readonly [string, HeadersLike])[] = [
    ['Fetch', new Headers({ authorization: bearer })],
    ['an object', { Authorization: bearer }],
    ['headersDistinct', { authorization: [bearer] }],
    ['rawHeaders', ['Host', 'x', 'AUTHORIZATION', bearer]],
  ];
  test.each(KINDS)('%s: a token is found', async (_kind, headers) => {
    expect(await outcome(headers)).toBe('let in');
  });

  const TWICE: readonly (readonly [string, HeadersLike])[] = [
    ['Fetch', new Headers(Array.from({ length: 2 }, (): [string, string] => ['authorization', bearer]))],
    ['an object in two cases', { Authorization: bearer, authorization: bearer }],
    ['headersDistinct', { authorization: [bearer, bearer] }],
    ['rawHeaders', ['authorization', bearer, 'Authorization', bearer]],
  ];
  test.each(TWICE)('X02: two Authorization headers are 400: %s', async (_kind, headers) => {
    expect(await outcome(headers)).toBe('400 request/authorization');
  });

  test('names that every object inherits are no headers', async () => {
    const headers = Object.create({ authorization: bearer }) as Record<string, string>;
    expect(await outcome(headers)).toBe('401 request/no-credentials');
  });
});

describe('cookie mode (docs/protocol.md §3)', () => {
  const cookie = `__Host-access=${sign()}`;
  const same = { 'sec-fetch-site': 'same-origin' };

  test.each([
    ['same-origin by Fetch Metadata', { cookie, ...same }, 'POST', 'let in'],
    ['an origin on the list', { cookie, 'sec-fetch-site': 'cross-site', origin: APP }, 'POST', 'let in'],
    ['an old browser: Origin alone', { cookie, origin: APP }, 'POST', 'let in'],
    ['among other cookies', { cookie: `a=1; ${cookie}; b=2`, ...same }, 'GET', 'let in'],
    ['a typed address', { cookie, 'sec-fetch-site': 'none' }, 'GET', 'let in'],
    ['the header alone is not touched by the rule', { authorization: `Bearer ${sign()}` }, 'POST', 'let in'],
    [
      'another site',
      { cookie, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
      'POST',
      '403 request/cross-origin',
    ],
    [
      'B02: a sibling subdomain',
      { cookie, 'sec-fetch-site': 'same-site', origin: 'https://evil.example.com' },
      'POST',
      '403 request/cross-origin',
    ],
    ['an origin in another spelling', { cookie, origin: `${APP}/` }, 'POST', '403 request/cross-origin'],
    [
      'B03: Origin null, even with same-origin',
      { cookie, origin: 'null', ...same },
      'POST',
      '403 request/cross-origin',
    ],
    ['B03: neither header', { cookie }, 'POST', '403 request/cross-origin'],
    ['B03: Referer only', { cookie, referer: `${APP}/x` }, 'POST', '403 request/cross-origin'],
    ['a typed address that posts', { cookie, 'sec-fetch-site': 'none' }, 'POST', '403 request/cross-origin'],
    [
      'a WebSocket upgrade without Origin',
      { cookie, upgrade: 'websocket', 'sec-fetch-site': 'none' },
      'GET',
      '403 request/cross-origin',
    ],
    [
      'a WebSocket upgrade from another site',
      { cookie, upgrade: 'websocket', origin: 'https://evil.example' },
      'GET',
      '403 request/cross-origin',
    ],
    ['a WebSocket upgrade from the list', { cookie, upgrade: 'websocket', origin: APP }, 'GET', 'let in'],
    ['B04: the cookie twice', { cookie: `${cookie}; ${cookie}`, ...same }, 'POST', '403 request/cross-origin'],
    ['B04: the cookie in two headers', { cookie: [cookie, cookie], ...same }, 'POST', '403 request/cross-origin'],
    [
      'B04: the name in another case',
      { cookie: `__HOST-access=${sign()}`, ...same },
      'POST',
      '403 request/cross-origin',
    ],
    [
      'X07: header and cookie',
      { cookie, authorization: `Bearer ${sign()}`, ...same },
      'POST',
      '400 request/two-credentials',
    ],
    ['an empty cookie', { cookie: '__Host-access=', ...same }, 'POST', '401 request/no-credentials'],
    ['a cookie of another name', { cookie: `access=${sign()}`, ...same }, 'POST', '401 request/no-credentials'],
    ['a bad token', { cookie: '__Host-access=x', ...same }, 'POST', '401 token/malformed'],
  ])('%s', async (_title, headers, method, expected) => {
    expect(await outcome(headers as HeadersLike, undefined, method)).toBe(expected);
  });

  test('without the option a cookie is nothing', async () => {
    expect(await outcome({ cookie, ...same }, undefined, 'POST', headerOnly)).toBe('401 request/no-credentials');
  });

  test('a refusal names the setting to change', async () => {
    const refused = verifier.authenticate({ headers: { cookie, origin: 'https://new.example' }, method: 'POST' });
    await expect(refused).rejects.toMatchObject({
      details: { detail: 'add the origin of the page to the option cookie.origins' },
    });
  });
});

describe('what a route asks for', () => {
  const withClaims = (change: object): HeadersLike => ({ authorization: `Bearer ${sign(change)}` });
  const auth = now / 1_000 - 600;

  test.each([
    ['all scopes', { scope: 'a b' }, { scope: 'a b c' }, 'let in'],
    ['one scope is missing', { scope: ['a', 'b'] }, { scope: 'a' }, '403 request/scope'],
    ['one of the roles', { roles: ['admin', 'editor'] }, { roles: ['editor'] }, 'let in'],
    ['RFC 7643 §4.1.2: roles as objects', { roles: 'admin' }, { roles: [{ value: 'admin' }] }, 'let in'],
    ['none of the roles', { roles: 'admin' }, { roles: ['editor'] }, '403 request/role'],
    ['no roles at all', { roles: 'admin' }, {}, '403 request/role'],
    ['RFC 9470: one of the acr', { acr: ['gold', 'silver'] }, { acr: 'silver' }, 'let in'],
    ['R16: another acr', { acr: 'gold' }, { acr: 'silver' }, '401 request/authentication'],
    ['R16: no acr', { acr: 'gold' }, {}, '401 request/authentication'],
    ['a recent sign-in', { maxAuthAgeSeconds: 600 }, { auth_time: auth }, 'let in'],
    ['R16: a sign-in too long ago', { maxAuthAgeSeconds: 599 }, { auth_time: auth }, '401 request/authentication'],
    ['R16: no auth_time', { maxAuthAgeSeconds: 600 }, {}, '401 request/authentication'],
    ['roles of a wrong type', {}, { roles: 'admin' }, '401 token/claim'],
    ['acr of a wrong type', {}, { acr: 1 }, '401 token/claim'],
    ['auth_time of a wrong type', {}, { auth_time: '1' }, '401 token/claim'],
  ] satisfies [string, Policy, object, string][])('%s', async (_title, policy, claims, expected) => {
    expect(await outcome(withClaims(claims), policy)).toBe(expected);
    if (expected === 'let in') expect(verifier.verifySync(sign(claims), policy).subject).toBe(context.claims.sub);
    else expect(() => verifier.verifySync(sign(claims), policy)).toThrow(RequestRefused);
  });

  test('RFC 9470 §3: the challenge says which sign-in would do', async () => {
    expect(await challengeOf(withClaims({}), { acr: ['gold', 'silver'], maxAuthAgeSeconds: 300 })).toBe(
      'Bearer error="insufficient_user_authentication", acr_values="gold silver", max_age="300"',
    );
  });

  test('RFC 6750 §3: the challenge names the scope', async () => {
    expect(await challengeOf(withClaims({}), { scope: ['a', 'b'] })).toBe(
      'Bearer error="insufficient_scope", scope="a b"',
    );
  });

  test.each([
    { scopes: 'a' },
    { scope: '' },
    { scope: ['a"b'] },
    { scope: [] },
    { roles: [] },
    { acr: 'a\\b' },
    { maxAuthAgeSeconds: -1 },
    { maxAuthAgeSeconds: 1.5 },
    { whenStale: 'ignore' },
  ])('a policy that is none opens nothing: %o', async (policy) => {
    await expect(verifier.authenticate({ headers: withClaims({}) }, policy as Policy)).rejects.toThrow(TypeError);
  });
});

test('claims: a Standard Schema types them and refuses others', async () => {
  const schema = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value: unknown) =>
        typeof (value as { tenant?: unknown }).tenant === 'string'
          ? { value: { tenant: String((value as { tenant: unknown }).tenant) } }
          : { issues: [{ message: 'tenant', path: ['tenant'] }] },
    },
  } as const;
  const typed = createVerifier<{ tenant: string }>({ ...options, claims: schema });
  const tenant: string = typed.verifySync(sign({ tenant: 'seoul' })).claims.tenant;
  expect(tenant).toBe('seoul');
  await expect(typed.authenticate({ headers: { authorization: `Bearer ${sign()}` } })).rejects.toMatchObject({
    code: 'token/claim',
    status: 401,
  });
});

describe('watch', () => {
  test('onEnd is called once, within a second, when the token expires', async () => {
    let time = now;
    const watching = createVerifier({ ...options, clock: () => time, clockToleranceSeconds: 0 });
    const principal = watching.verifySync(sign());
    const ended: string[] = [];
    watching.watch(principal, ({ code }) => ended.push(code));
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(ended).toEqual([]);
    time = principal.expiresAt * 1_000;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(ended).toEqual(['token/expired']);
    watching.close();
  });

  test('who stopped watching is not told', async () => {
    let time = now;
    const watching = createVerifier({ ...options, clock: () => time });
    const principal = watching.verifySync(sign());
    const ended: string[] = [];
    watching.watch(principal, ({ code }) => ended.push(code))();
    time += 3_600_000;
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(ended).toEqual([]);
    watching.close();
  });

  test('a principal of somebody else is not watched', () => {
    const principal = headerOnly.verifySync(sign());
    expect(() => verifier.watch(principal, () => {})).toThrow(TypeError);
  });
});
