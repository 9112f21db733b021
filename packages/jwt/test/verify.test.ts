import { expect, test } from 'vitest';
import {
  createJwtSigner,
  createJwtVerifier,
  createKeySet,
  generatePrivateKey,
  importPublicJwk,
  importSecretJwk,
  publicKeyOf,
  rememberTokens,
  TokenRejected,
} from '../src/index.ts';
import { goodContext } from './good-claims.ts';

const start = Date.UTC(2026, 10, 23);
const context = goodContext(start);
const base = { keys: publicKeyOf(context.key), issuer: context.issuer, audience: context.audience, typ: 'at+jwt' };
const sign = (change: object = {}): string =>
  createJwtSigner({ key: context.key, typ: 'at+jwt' }).sign({ ...context.claims, ...change });

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'accepted';
  } catch (error) {
    return error instanceof TokenRejected ? error.code : String(error);
  }
}

test('RFC 7515 A.1: the HS256 example holds under its key', () => {
  const keys = importSecretJwk({
    kty: 'oct',
    alg: 'HS256',
    k: 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
  });
  const token =
    'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
  const verifier = createJwtVerifier({ keys, issuer: 'joe', audience: 'none', typ: 'JWT' });
  expect(verifier.verifySignature(token).claims).toMatchObject({ iss: 'joe', exp: 1_300_819_380 });
  expect(codeOf(() => verifier.verify(token))).toBe('token/audience');
  expect(codeOf(() => verifier.verifySignature(`${token.slice(0, -1)}g`))).toBe('token/signature');
});

test('RFC 8037 A.4: an Ed25519 signature under its key is checked over the bytes as they came', () => {
  const keys = importPublicJwk({
    kty: 'OKP',
    crv: 'Ed25519',
    alg: 'EdDSA',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  });
  const token =
    'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg';
  // no `typ`: refused before the signature, since a kind of token was asked for
  expect(codeOf(() => createJwtVerifier({ keys, issuer: 'x', audience: 'y', typ: 'JWT' }).verifySignature(token))).toBe(
    'token/type',
  );
});

test.each([
  [-11, 'token/issued-in-future'],
  [-10, 'accepted'],
  [299, 'accepted'],
  [309, 'accepted'],
  [310, 'token/expired'],
])('RFC 7519 §4.1.4: %i s after it was made, with 10 s of tolerance: %s, remembered or not', (seconds, expected) => {
  let now = start;
  const options = { ...base, clock: () => now, clockToleranceSeconds: 10 };
  const token = sign();
  const plain = createJwtVerifier(options);
  const caching = createJwtVerifier({ ...options, cache: rememberTokens({ maxEntries: 10, maxBytes: 10_000 }) });
  caching.verify(token);
  now = start + seconds * 1_000;
  expect(codeOf(() => plain.verify(token))).toBe(expected);
  expect(codeOf(() => caching.verify(token))).toBe(expected);
});

test('a bad signature is never masked by "expired"', () => {
  const verifier = createJwtVerifier({ ...base, clock: () => start + 9e9 });
  const token = sign();
  const other = token.at(-20) === 'A' ? 'B' : 'A';
  const forged = `${token.slice(0, -20)}${other}${token.slice(-19)}`;
  expect(codeOf(() => verifier.verify(forged))).toBe('token/signature');
});

test('a key that was replaced under the same kid voids what was remembered', () => {
  let keys = createKeySet([publicKeyOf(context.key)]);
  const verifier = createJwtVerifier({
    ...base,
    keys: () => keys,
    clock: () => start,
    cache: rememberTokens({ maxEntries: 10, maxBytes: 10_000 }),
  });
  const token = sign();
  verifier.verify(token);
  keys = createKeySet([publicKeyOf(generatePrivateKey('ES256', { kid: context.key.kid }))]);
  expect(codeOf(() => verifier.verify(token))).toBe('token/signature');
  keys = createKeySet([]);
  expect(codeOf(() => verifier.verify(token))).toBe('token/unknown-key');
});

test('what is handed out is frozen and inherits nothing: nobody can change a remembered verdict', () => {
  const verifier = createJwtVerifier({
    ...base,
    clock: () => start,
    cache: rememberTokens({ maxEntries: 10, maxBytes: 10_000 }),
  });
  const token = sign({ deep: { list: [1] } });
  const claims = verifier.verify(token);
  for (const one of [claims, claims['deep']]) {
    const prototype = Object.getPrototypeOf(one) as object;
    expect([Reflect.ownKeys(prototype), Object.isFrozen(prototype)]).toEqual([[], true]);
    expect(Object.getPrototypeOf(prototype)).toBeNull();
    expect(Object.isFrozen(one)).toBe(true);
    expect(['toString', 'constructor', '__proto__', 'hasOwnProperty'].some((name) => name in (one as object))).toBe(
      false,
    );
  }
  expect(() => Object.assign(claims, { scope: 'admin' })).toThrow(TypeError);
  expect(() => (claims['deep'] as { list: number[] }).list.push(2)).toThrow(TypeError);
  expect(verifier.verify(token)).toEqual(claims);
});

test.each([
  { clockToleranceSeconds: Number.NaN },
  { clockToleranceSeconds: Number.POSITIVE_INFINITY },
  { clockToleranceSeconds: -1 },
  { clockToleranceSeconds: 301 },
  { issuer: '' },
  { audience: undefined },
  { typ: '' },
  { keys: undefined },
  { keys: context.key },
  { maxTokenBytes: 1e9 },
  { algorithms: ['none'] },
])('an option that is wrong is a TypeError at construction: %o', (wrong) => {
  expect(() => createJwtVerifier({ ...base, ...wrong } as unknown as typeof base)).toThrow(TypeError);
});
