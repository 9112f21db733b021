import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  createJwtVerifier,
  exportSecret,
  generateSecretKey,
  type JwtVerifierOptions,
  TokenRejected,
} from '../src/index.ts';

const key = generateSecretKey('HS256', { kid: 'k' });
const now = Date.UTC(2026, 10, 24);
const base = { keys: key, issuer: 'a', audience: 'b', typ: 'at+jwt', clock: () => now } as const;
const segment = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A token with any header, signed with the right secret, so that nothing but the header is wrong. */
function signed(header: unknown): string {
  const text = `${segment(header)}.${segment({ iss: 'a', aud: 'b', exp: now / 1_000 + 60 })}`;
  return `${text}.${createHmac('sha256', exportSecret(key)).update(text).digest('base64url')}`;
}

function verdict(header: unknown, options: Partial<JwtVerifierOptions> = {}): string {
  try {
    createJwtVerifier({ ...base, ...options } as JwtVerifierOptions).verify(signed(header));
    return 'accepted';
  } catch (error) {
    if (!(error instanceof TokenRejected)) throw error;
    return error.claim === undefined ? error.code : `${error.code} ${error.claim}`;
  }
}

const good = { alg: 'HS256', typ: 'at+jwt', kid: 'k' };

test('the header that the tests below change is accepted', () => {
  expect(verdict(good)).toBe('accepted');
  expect(verdict({ ...good, kid: undefined })).toBe('accepted');
  expect(verdict({ ...good, more: { a: [1] }, jku: 'x', x5u: 'x', jwk: {} })).toBe('accepted');
});

test.each(['[]', 'null', '1', '"x"', 'true', '', '{', '{"alg":"HS256"', '{"alg":"HS256","alg":"HS256"}', '{}x'])(
  'RFC 7515 §4: %s is no header',
  (text) => {
    expect(verdict(text)).toBe('token/malformed');
  },
);

test.each([
  ['alg', [undefined, null, 1, true, ['HS256'], {}], 'token/algorithm alg'],
  ['typ', [null, 1, true, ['at+jwt'], {}], 'token/type typ'],
  ['kid', [null, 1, true, ['k'], {}], 'token/header kid'],
  ['b64', [true, false, null], 'token/header b64'],
  ['zip', ['DEF', null, ''], 'token/header zip'],
  ['enc', ['A256GCM', null], 'token/header enc'],
] as const)('RFC 7515 §4.1, RFC 7797 §7: %s that is wrong is refused by its name', (name, values, expected) => {
  for (const value of values) expect(verdict({ ...good, [name]: value })).toBe(expected);
});

test('RFC 7515 §4.1.9: typ is compared without case and without one application/', () => {
  for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/AT+jwt'])
    expect(verdict({ ...good, typ })).toBe('accepted');
  for (const typ of [
    '',
    'JWT',
    'at+jwt ',
    'at',
    'application/',
    'text/at+jwt',
    'application/application/at+jwt',
    'application/at+jwt/x',
    'xapplication/at+jwt',
    '/at+jwt',
  ])
    expect(verdict({ ...good, typ })).toBe('token/type typ');
  for (const typ of ['application/at+jwt', 'AT+JWT']) expect(verdict(good, { typ })).toBe('accepted');
  // with another slash it is another type, on both sides alike
  expect(verdict({ ...good, typ: 'application/a/b' }, { typ: 'a/b' })).toBe('token/type typ');
  expect(verdict({ ...good, typ: 'application/a/b' }, { typ: 'APPLICATION/a/b' })).toBe('accepted');
});

test('RFC 8725 §3.11: without typ a token is refused, unless the long name says otherwise', () => {
  expect(verdict({ ...good, typ: undefined })).toBe('token/type typ');
  expect(verdict({ ...good, typ: undefined }, { dangerouslyAllowNoTyp: true })).toBe('accepted');
  expect(verdict({ ...good, typ: 'JWT' }, { dangerouslyAllowNoTyp: true })).toBe('token/type typ');
});

test('RFC 7515 §4.1.11: crit is a list of distinct extensions that are there and understood', () => {
  const understoodExtensions = ['x', 'y'];
  const judge = (crit: unknown, more: object = { x: 1, y: 2 }): string =>
    verdict({ ...good, ...more, crit }, { understoodExtensions });
  expect(judge(['x'])).toBe('accepted');
  expect(judge(['x', 'y'])).toBe('accepted');
  for (const crit of [[], ['x', 'x'], ['z'], ['x', 'z'], [1], [null], [''], 'x', {}, null, 1, [['x']]])
    expect(judge(crit)).toBe('token/critical crit');
  // listed and not there; there and not understood
  expect(judge(['x'], { y: 2 })).toBe('token/critical crit');
  expect(verdict({ ...good, x: 1, crit: ['x'] })).toBe('token/critical crit');
});

test.each('alg jku jwk kid x5u x5c x5t x5t#S256 typ cty crit enc zip epk apu apv iv tag p2s p2c b64'.split(' '))(
  'RFC 7515 §4.1.11: %s is registered, so it is no extension, for a token or for a caller',
  (name) => {
    expect(verdict({ ...good, crit: [name], [name]: 'x', ...(name in good ? good : {}) })).toMatch(
      /^token\/critical crit$/,
    );
    expect(() => createJwtVerifier({ ...base, understoodExtensions: [name] })).toThrow(TypeError);
  },
);

test('an extension is a name', () => {
  for (const wrong of ['', 1, null])
    expect(() => createJwtVerifier({ ...base, understoodExtensions: [wrong as string] })).toThrow(TypeError);
});
