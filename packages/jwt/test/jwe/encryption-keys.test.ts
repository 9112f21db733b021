import * as crypto from 'node:crypto';
import { expect, test } from 'vitest';
import { exportPublicJwk, generatePrivateKey, importPublicJwk, importSecretJwk, publicKeyOf } from '../../src/index.ts';
import {
  createDecryptionKeySet,
  createJweDecrypter,
  createJweEncrypter,
  exportDecryptionJwk,
  exportEncryptionJwk,
  exportSharedEncryptionJwk,
  generateDecryptionKey,
  generateSharedEncryptionKey,
  importDecryptionJwk,
  importEncryptionJwk,
  importSharedEncryptionJwk,
  importSharedEncryptionSecret,
  type KeyManagementAlgorithm,
} from '../../src/jwe/index.ts';
import { codeOf } from './code-of.ts';

const rsa = await generateDecryptionKey('RSA-OAEP-256');
const ec = await generateDecryptionKey('ECDH-ES');
const okp = await generateDecryptionKey('ECDH-ES+A256KW', { crv: 'X25519' });
const shared = generateSharedEncryptionKey();
const publicRsa = exportEncryptionJwk(rsa);
const publicEc = exportEncryptionJwk(ec);
const publicOkp = exportEncryptionJwk(okp);
const privateRsa = exportDecryptionJwk(rsa);
const privateEc = exportDecryptionJwk(ec);
const secret = exportSharedEncryptionJwk(shared);
const other = exportDecryptionJwk(await generateDecryptionKey('ECDH-ES'));
const otherRsa = exportDecryptionJwk(await generateDecryptionKey('RSA-OAEP-256'));
const jwkOf = (key: crypto.KeyObject): object => key.export({ format: 'jwk' });

test('RFC 7517: a key comes back from its JWK, which says what it is for', () => {
  for (const key of [rsa, ec, okp]) {
    const jwk = exportDecryptionJwk(key);
    expect(jwk).toMatchObject({ use: 'enc', alg: key.alg, kid: key.kid });
    expect(exportDecryptionJwk(importDecryptionJwk(jwk))).toEqual(jwk);
    expect(exportEncryptionJwk(importEncryptionJwk(exportEncryptionJwk(key)))).toEqual(exportEncryptionJwk(key));
    expect(exportEncryptionJwk(key)).not.toHaveProperty('d');
  }
  expect(secret).toMatchObject({ kty: 'oct', use: 'enc', alg: 'dir' });
  expect(exportSharedEncryptionJwk(importSharedEncryptionJwk(secret))).toEqual(secret);
});

test.each<readonly [string, unknown, string]>([
  ['no object', 'x', 'key/malformed'],
  ['null', null, 'key/malformed'],
  ['a list', [publicEc], 'key/malformed'],
  ['no alg', { ...publicEc, alg: undefined }, 'key/algorithm'],
  ['RSA1_5', { ...publicRsa, alg: 'RSA1_5' }, 'key/algorithm'],
  ['RSA-OAEP with SHA-1', { ...publicRsa, alg: 'RSA-OAEP' }, 'key/algorithm'],
  ['PBES2', { kty: 'oct', k: 'AAAA', alg: 'PBES2-HS256+A128KW' }, 'key/algorithm'],
  ['an alg of signing', { ...publicEc, alg: 'ES256' }, 'key/algorithm'],
  ['a prototype as alg', { ...publicEc, alg: 'constructor' }, 'key/algorithm'],
  ['RSA for an agreement', { ...publicRsa, alg: 'ECDH-ES' }, 'key/type'],
  ['a curve for RSA', { ...publicEc, alg: 'RSA-OAEP-256' }, 'key/type'],
  ['a secret', secret, 'key/type'],
  ['a curve for signing', { ...jwkOf(crypto.generateKeyPairSync('ed25519').publicKey), alg: 'ECDH-ES' }, 'key/type'],
  [
    'secp256k1',
    { ...jwkOf(crypto.generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey), alg: 'ECDH-ES' },
    'key/type',
  ],
  ['a curve under the other kty', { ...publicOkp, kty: 'EC' }, 'key/type'],
  ['use: sig', { ...publicEc, use: 'sig' }, 'key/use'],
  ['key_ops of signing', { ...publicRsa, key_ops: ['verify'] }, 'key/use'],
  ['key_ops that is no list', { ...publicRsa, key_ops: 'encrypt' }, 'key/use'],
  ['key_ops of the private half on a public one', { ...publicEc, key_ops: ['deriveKey'] }, 'key/use'],
  ['a private member', { ...publicEc, d: privateEc.d }, 'key/private'],
  ['a private member of RSA', { ...publicRsa, d: privateRsa.d }, 'key/private'],
  ['a kid that is no text', { ...publicEc, kid: 1 }, 'key/id'],
  ['an empty kid', { ...publicEc, kid: '' }, 'key/id'],
  ['a kid of 257 characters', { ...publicEc, kid: 'k'.repeat(257) }, 'key/id'],
  ['a point off the curve', { ...publicEc, y: publicEc.x }, 'key/malformed'],
  ['a short coordinate', { ...publicEc, x: 'AAAA' }, 'key/malformed'],
  ['an empty coordinate', { ...publicEc, x: '' }, 'key/malformed'],
  ['a coordinate that is no text', { ...publicEc, x: 1 }, 'key/malformed'],
  ['a coordinate with padding', { ...publicEc, x: `${publicEc.x}=` }, 'key/malformed'],
  ['no coordinate', { ...publicEc, x: undefined }, 'key/malformed'],
  [
    'RSA of 1024 bits',
    { ...jwkOf(crypto.generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey), alg: 'RSA-OAEP-256' },
    'key/weak',
  ],
  [
    'RSA with the exponent 3',
    {
      ...jwkOf(crypto.generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).publicKey),
      alg: 'RSA-OAEP-256',
    },
    'key/weak',
  ],
])("RFC 7517 §4, RFC 7518 §6: as a recipient's public key, %s is refused", async (_, jwk, code) => {
  expect(await codeOf(() => importEncryptionJwk(jwk))).toBe(code);
});

test.each<readonly [string, unknown, string]>([
  ['a public key', publicEc, 'key/malformed'],
  ['a secret', secret, 'key/type'],
  ["somebody else's public half", { ...privateEc, x: other.x, y: other.y }, 'key/malformed'],
  ["somebody else's modulus", { ...privateRsa, n: otherRsa.n }, 'key/malformed'],
  ['key_ops of the public half', { ...privateRsa, key_ops: ['encrypt'] }, 'key/use'],
  ['a short scalar', { ...privateEc, d: 'AAAA' }, 'key/malformed'],
  ['a signing key', { ...privateEc, alg: 'ES256', use: 'sig' }, 'key/algorithm'],
])('as a key that decrypts, %s is refused', async (_, jwk, code) => {
  expect(await codeOf(() => importDecryptionJwk(jwk))).toBe(code);
});

test.each<readonly [string, unknown, string]>([
  ['31 bytes', { ...secret, k: Buffer.alloc(31, 7).toString('base64url') }, 'key/weak'],
  ['33 bytes', { ...secret, k: crypto.randomBytes(33).toString('base64url') }, 'key/weak'],
  ['zeros', { ...secret, k: Buffer.alloc(32).toString('base64url') }, 'key/weak'],
  ['one byte over and over', { ...secret, k: Buffer.alloc(32, 9).toString('base64url') }, 'key/weak'],
  ['nothing', { ...secret, k: '' }, 'key/malformed'],
  ['no k', { ...secret, k: undefined }, 'key/type'],
  ['a public key', publicEc, 'key/type'],
  ['key_ops of one way only', { ...secret, key_ops: ['encrypt'] }, 'key/use'],
  ['another kty', { ...secret, kty: 'RSA' }, 'key/type'],
])('RFC 7518 §4.5: as a secret for dir, %s is refused', async (_, jwk, code) => {
  expect(await codeOf(() => importSharedEncryptionJwk(jwk))).toBe(code);
});

test('RFC 7517 §4.3: operations that fit are taken', () => {
  for (const jwk of [
    { ...publicEc, key_ops: [] },
    { ...publicRsa, key_ops: ['wrapKey'] },
    { ...publicRsa, key_ops: ['encrypt', 'x'] },
  ])
    expect(importEncryptionJwk(jwk).kind).toBe('encryption');
  for (const jwk of [
    { ...privateEc, key_ops: ['deriveBits'] },
    { ...privateRsa, key_ops: ['unwrapKey'] },
  ])
    expect(importDecryptionJwk(jwk).kind).toBe('decryption');
  expect(importSharedEncryptionJwk({ ...secret, key_ops: ['encrypt', 'decrypt'] }).kind).toBe('shared');
});

test('RFC 7517 §4.4: alg may come from the caller where the JWK has none, and has to agree where it has one', async () => {
  const { alg: _, ...unnamed } = publicEc;
  expect(importEncryptionJwk(unnamed, { alg: 'ECDH-ES+A256KW' }).alg).toBe('ECDH-ES+A256KW');
  expect(await codeOf(() => importEncryptionJwk(publicEc, { alg: 'ECDH-ES+A256KW' }))).toBe('key/algorithm');
});

test('RFC 7517 §4.2: a key for encryption is no key for signatures, nor the other way round', async () => {
  const signing = publicKeyOf(generatePrivateKey('ES256'));
  expect(await codeOf(() => importPublicJwk(publicEc, { alg: 'ES256' }))).toBe('key/algorithm');
  const { alg: _, ...unnamed } = publicEc;
  expect(await codeOf(() => importPublicJwk(unnamed, { alg: 'ES256' }))).toBe('key/use');
  const { alg: __, ...secretUnnamed } = secret;
  expect(await codeOf(() => importSecretJwk(secretUnnamed, { alg: 'HS256' }))).toBe('key/use');
  const { alg: ___, ...signingUnnamed } = exportPublicJwk(signing);
  expect(await codeOf(() => importEncryptionJwk(signingUnnamed, { alg: 'ECDH-ES' }))).toBe('key/use');
  expect(() => createJweEncrypter({ key: signing as never })).toThrow(TypeError);
  expect(() => createJweDecrypter({ keys: generatePrivateKey('ES256') as never })).toThrow(TypeError);
});

test('keys are made for what there is, on curves there are', async () => {
  expect(await codeOf(() => generateDecryptionKey('RSA1_5' as KeyManagementAlgorithm as 'ECDH-ES'))).toBe(
    'key/algorithm',
  );
  expect(await codeOf(() => generateDecryptionKey('dir' as 'ECDH-ES'))).toBe('key/algorithm');
  expect(await codeOf(() => generateDecryptionKey('ECDH-ES', { crv: 'secp256k1' as 'P-256' }))).toBe('key/type');
  expect(await codeOf(() => importSharedEncryptionSecret('x'.repeat(32) as unknown as Uint8Array))).toBe(
    'key/malformed',
  );
  expect((await generateDecryptionKey('ECDH-ES', { crv: 'P-521', kid: 'mine' })).kid).toBe('mine');
  expect(exportDecryptionJwk(await generateDecryptionKey('ECDH-ES', { crv: 'P-521' })).crv).toBe('P-521');
});

test('RFC 7638 §3: without a kid, a key is named by the first 8 characters of its thumbprint, private or public', () => {
  const { kid: _, ...unnamed } = publicEc;
  expect(importEncryptionJwk(unnamed).kid).toBe(ec.kid);
  expect(ec.kid).toMatch(/^[\w-]{8}$/);
});

test('RFC 7517 §4.5: a kid that stands twice in a set is refused', async () => {
  const twin = importDecryptionJwk({ ...other, kid: ec.kid });
  expect(await codeOf(() => createDecryptionKeySet([ec, twin]))).toBe('key/id');
  expect(() => createDecryptionKeySet([importEncryptionJwk(publicEc) as never])).toThrow(TypeError);
});

test('what stands behind a key is not on it', () => {
  expect(Object.keys(rsa).toSorted()).toEqual(['alg', 'kid', 'kind']);
  expect(() => Object.assign(rsa, { alg: 'dir' })).toThrow(TypeError);
});
