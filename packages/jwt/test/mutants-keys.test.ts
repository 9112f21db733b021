import * as crypto from 'node:crypto';
import { expect, test } from 'vitest';
import { type ALGORITHMS, findAlgorithm } from '../src/algorithms.ts';
import { bindHmac } from '../src/hmac.ts';
import {
  createJwtSigner,
  createJwtVerifier,
  exportPublicJwk,
  generatePrivateKey,
  generateSecretKey,
  importPrivateJwk,
  importPublicJwk,
  importSecretJwk,
  KeyRejected,
  publicKeyOf,
  thumbprint,
} from '../src/index.ts';
import { makeKey, materialOf } from '../src/keys.ts';

const signing = generatePrivateKey('ES256');
const verifying = publicKeyOf(signing);
const secret = generateSecretKey('HS256');

function row(alg: (typeof ALGORITHMS)[number]) {
  const found = findAlgorithm(alg);
  if (found === undefined) throw new Error(alg);
  return found;
}

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'accepted';
  } catch (error) {
    if (error instanceof KeyRejected) return error.code;
    throw error;
  }
}

test('a kid has 1 to 256 characters', () => {
  for (const kid of ['k', 'k'.repeat(256)]) expect(generateSecretKey('HS256', { kid }).kid).toBe(kid);
  for (const kid of ['', 'k'.repeat(257), 1, null, {}])
    expect(codeOf(() => generateSecretKey('HS256', { kid: kid as string }))).toBe(kid === null ? 'accepted' : 'key/id');
  expect(secret.kid).toBe(thumbprint(secret).slice(0, 8));
});

test('RFC 7638 §3.2.1: a private key has the thumbprint of its public half, and the kid goes with it', () => {
  expect(thumbprint(signing)).toBe(thumbprint(verifying));
  expect(thumbprint(signing)).toMatch(/^[\w-]{43}$/);
  expect(verifying.kid).toBe(signing.kid);
  expect(publicKeyOf(generatePrivateKey('ES256', { kid: 'mine' })).kid).toBe('mine');
});

test('a key is what it was made as: no other kind, no copy, no look-alike', () => {
  expect(materialOf(signing, ['private'])).toBe(materialOf(signing, ['public', 'private']));
  for (const wrong of [
    verifying,
    secret,
    { ...signing },
    Object.create(signing),
    undefined,
    null,
    'x',
    1,
    Symbol('x'),
    () => signing,
  ])
    expect(() => materialOf(wrong, ['private'])).toThrow(/^key must be a private key made by @mapae\/jwt$/);
  expect(() => materialOf(signing, ['public', 'secret'])).toThrow(/^key must be a public or secret key/);
  for (const key of [signing, verifying, secret]) {
    expect(Object.isFrozen(key)).toBe(true);
    expect(Object.isFrozen(materialOf(key, [key.kind]))).toBe(true);
    expect(Object.keys(key).toSorted()).toEqual(['alg', 'kid', 'kind']);
  }
  expect([signing.kind, verifying.kind, secret.kind]).toEqual(['private', 'public', 'secret']);
});

test('a key object of another type than was said is refused', () => {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const bytes = crypto.createSecretKey(crypto.randomBytes(32));
  for (const object of [publicKey, bytes])
    expect(codeOf(() => makeKey('private', row('ES256'), object, {}))).toBe('key/type');
  for (const object of [privateKey, bytes])
    expect(codeOf(() => makeKey('public', row('ES256'), object, {}))).toBe('key/type');
  for (const object of [privateKey, publicKey])
    expect(codeOf(() => makeKey('secret', row('HS256'), object, {}, bindHmac))).toBe('key/type');
  expect(codeOf(() => makeKey('public', row('ES384'), publicKey, {}))).toBe('key/type');
  expect(codeOf(() => makeKey('secret', row('HS512'), bytes, {}, bindHmac))).toBe('key/weak');
});

test('RFC 7517 §4.3: key_ops that were given are kept to; without them a key does both', () => {
  const { kid: _, ...jwk } = exportPublicJwk(verifying);
  expect([...materialOf(verifying, ['public']).operations].toSorted()).toEqual(['sign', 'verify']);
  const onlyVerify = importPublicJwk({ ...jwk, key_ops: ['verify'] });
  expect(createJwtVerifier({ keys: onlyVerify, issuer: 'a', audience: 'b', typ: 'JWT' })).toBeDefined();
  expect(materialOf(onlyVerify, ['public'], 'verify').row.alg).toBe('ES256');
  expect(codeOf(() => materialOf(onlyVerify, ['public'], 'sign'))).toBe('key/use');
  expect(codeOf(() => materialOf(onlyVerify, ['public']))).toBe('accepted');
  const k = crypto.randomBytes(32).toString('base64url');
  const onlySign = importSecretJwk({ kty: 'oct', k, alg: 'HS256', key_ops: ['sign'] });
  expect(createJwtSigner({ key: onlySign, typ: 'JWT' })).toBeDefined();
  expect(codeOf(() => createJwtVerifier({ keys: onlySign, issuer: 'a', audience: 'b', typ: 'JWT' }))).toBe('key/use');
});

test('a small exponent that was allowed by its long name stays allowed for the public half', () => {
  const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2_048, publicExponent: 3 });
  const jwk = { ...privateKey.export({ format: 'jwk' }), alg: 'RS256' };
  expect(codeOf(() => importPrivateJwk(jwk))).toBe('key/weak');
  const key = importPrivateJwk(jwk, { dangerouslyAllowSmallExponent: true });
  expect(publicKeyOf(key).kid).toBe(key.kid);
  expect(() => publicKeyOf(verifying as never)).toThrow(TypeError);
});
