import { expect, test } from 'vitest';
import {
  createJwtSigner,
  createJwtVerifier,
  createKeySet,
  generatePrivateKey,
  type JwtVerifierOptions,
  publicKeyOf,
  sign,
  TokenRejected,
} from '../src/index.ts';

const key = generatePrivateKey('ES256');
const base = { keys: publicKeyOf(key), issuer: 'i', audience: 'a', typ: 'JWT', clock: () => 0 };
const token = createJwtSigner({ key, typ: 'JWT' }).sign({ iss: 'i', aud: 'a', exp: 1 });

function verdict(options: object, one: string = token): string {
  try {
    createJwtVerifier({ ...base, ...options } as JwtVerifierOptions).verify(one);
    return 'accepted';
  } catch (error) {
    return error instanceof TokenRejected ? error.code : String(error);
  }
}

test.each([undefined, null])('CVE-2026-44351: a resolver that finds no key (%o) is no key', (found) => {
  expect(verdict({ keys: () => found })).toBe('token/unknown-key');
  expect(verdict({ keys: () => ({ find: () => found, kids: [] }) })).toBe('token/unknown-key');
});

test.each(['', Buffer.alloc(0), {}, 'secret', 0, key])(
  'CVE-2026-44351: a resolver that gives something else (%o) is an error, never a verdict',
  (found) => {
    expect(verdict({ keys: () => found })).toContain('TypeError');
    expect(verdict({ keys: { find: () => found, kids: [] } })).toContain('TypeError');
  },
);

test('a resolver is asked with the kid of the token, and may give a key or a set', () => {
  const asked: unknown[] = [];
  const find = (kid: string | undefined) => {
    asked.push(kid);
    return publicKeyOf(key);
  };
  expect(verdict({ keys: find })).toBe('accepted');
  expect(asked).toEqual([key.kid]);
  expect(verdict({ keys: () => createKeySet([publicKeyOf(key)]) })).toBe('accepted');
});

test('RFC 7519 §4.1.3: of several audiences one is enough', () => {
  expect(verdict({ audience: ['b', 'a'] })).toBe('accepted');
  expect(verdict({ audience: ['b', 'c'] })).toBe('token/audience');
  for (const audience of [[], [''], [1], {}]) expect(verdict({ audience })).toContain('TypeError');
});

/** The token with another header, signed anew by hand: a signer makes no such thing. */
function withHeader(header: object): string {
  const text = Buffer.from(JSON.stringify({ alg: 'ES256', kid: key.kid, ...header })).toString('base64url');
  return `${text}.${token.split('.')[1] ?? ''}.${token.split('.')[2] ?? ''}`;
}

test('RFC 8725 §3.11: a token without typ is refused before its signature, unless it is allowed', () => {
  expect(verdict({}, withHeader({}))).toBe('token/type');
  // then the signature is looked at, which is another header's
  expect(verdict({ dangerouslyAllowNoTyp: true }, withHeader({}))).toBe('token/signature');
  expect(verdict({ dangerouslyAllowNoTyp: true }, withHeader({ typ: 'other' }))).toBe('token/type');
});

test('RFC 7515 §4.1.11: an extension that the caller understands passes, when it is there', () => {
  const critical = (header: object) =>
    verdict({ understoodExtensions: ['x', 'y'] }, withHeader({ typ: 'JWT', ...header }));
  expect(critical({ crit: ['x'], x: 1 })).toBe('token/signature');
  expect(critical({ crit: ['x'] })).toBe('token/critical');
  expect(critical({ crit: ['x', 'x'], x: 1 })).toBe('token/critical');
  expect(critical({ crit: ['x', 'z'], x: 1, z: 1 })).toBe('token/critical');
  expect(critical({ crit: [], x: 1 })).toBe('token/critical');
  for (const names of [['alg'], ['b64'], [''], [1], 'x'])
    expect(verdict({ understoodExtensions: names })).toContain('TypeError');
});

test.each([
  { clockToleranceSeconds: '60' },
  { clockToleranceSeconds: 1.5 },
  { maxAgeSeconds: 0 },
  { maxAgeSeconds: Number.NaN },
  { maxAgeSeconds: Number.POSITIVE_INFINITY },
  { maxAgeSeconds: '60' },
  { maxTokenBytes: 63 },
  { clock: 1 },
  { claims: {} },
  { cache: { maxEntries: 1, maxBytes: 1_024 } },
  { requiredClaims: 'sub' },
  { requiredClaims: [''] },
  { subject: '' },
  { nonce: 1 },
])('an option that is wrong is a TypeError at construction: %o', (wrong) => {
  expect(verdict(wrong)).toContain('TypeError');
});

test.each([
  [{ subject: 's' }, { sub: 's' }, 'accepted'],
  [{ subject: 's' }, { sub: 't' }, 'token/subject'],
  [{ subject: 's' }, {}, 'token/subject'],
  [{ nonce: 'n' }, { nonce: 'n' }, 'accepted'],
  [{ nonce: 'n' }, { nonce: ['n'] }, 'token/nonce'],
  [{ jwtId: 'j' }, { jti: 'k' }, 'token/id'],
  [{ requiredClaims: ['role'] }, {}, 'token/claim'],
  [{ requiredClaims: ['constructor'] }, {}, 'token/claim'],
  [{ requiredClaims: ['role'] }, { role: null }, 'accepted'],
])('%o of a token with %o: %s', (options, claims, expected) => {
  expect(verdict(options, sign({ iss: 'i', aud: 'a', exp: 1, ...claims }, { key, typ: 'JWT' }))).toBe(expected);
});
