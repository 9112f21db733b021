import { expect, test } from 'vitest';
import { bindKey } from '../../src/bound-key.ts';
import {
  type Algorithm,
  createJwtVerifier,
  importPrivateJwk,
  importPublicJwk,
  importSecretJwk,
  type PublicKey,
  type SecretKey,
} from '../../src/index.ts';
import {
  createJweDecrypter,
  generateDecryptionKey,
  generateSharedEncryptionKey,
  importDecryptionJwk,
  importEncryptionJwk,
  importSharedEncryptionJwk,
} from '../../src/jwe/index.ts';
import { thumbprintOfJwk } from '../../src/thumbprint.ts';
import { codeOf } from '../jwe/code-of.ts';
import { agree, derive, payloadByJose, plaintextByOthers } from './oracle.ts';
import { type KeyVector, parseVectorFile, readVectorFiles } from './vector-file.ts';

const files = readVectorFiles();

function importFor(alg: string, jwk: object): PublicKey | SecretKey {
  const options = { alg: alg as Algorithm };
  return alg.startsWith('HS') ? importSecretJwk(jwk, options) : importPublicJwk(jwk, options);
}

const verifierOf = (keys: PublicKey | SecretKey) =>
  createJwtVerifier({ keys, issuer: 'joe', audience: 'nobody', typ: 'JWT' });

for (const file of files) {
  for (const { section, key, alg, token, verdict } of file.signatures) {
    test(`${file.source}: ${section}: the ${alg} signature holds, and any other doesn't`, async () => {
      await payloadByJose(token, key, alg);
      const own = importFor(alg, key);
      const signature = bindKey(own);
      const dot = token.lastIndexOf('.');
      expect(signature.check(token, dot)).toBe(true);
      expect(await signature.checkAsync(token, dot)).toBe(true);
      for (const at of [0, dot - 1, dot + 1, dot + 20]) {
        const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
        expect(signature.check(changed, dot)).toBe(false);
      }
    });
    test(`${file.source}: ${section}: the verdict on the ${alg} token is ${verdict}`, async () => {
      expect(await codeOf(() => verifierOf(importFor(alg, key)).verifySignature(token))).toBe(verdict);
    });
  }

  for (const { section, what, text, verdict } of file.texts) {
    test(`${file.source}: ${section}: ${what} is refused: ${verdict}`, async () => {
      const secret = importSecretJwk(
        { kty: 'oct', k: 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow' },
        { alg: 'HS256' },
      );
      expect(await codeOf(() => verifierOf(secret).verifySignature(text))).toBe(verdict);
    });
  }

  for (const { section, key, alg, token, plaintext, verdict } of file.encryptions) {
    test(`${file.source}: ${section}: ${alg}, or its content encryption, is refused: ${verdict}`, async () => {
      expect(await plaintextByOthers(token, key, alg)).toBe(plaintext);
      const keys = [generateSharedEncryptionKey(), await generateDecryptionKey('ECDH-ES'), await rsa];
      for (const one of keys) {
        const decrypter = createJweDecrypter({ keys: () => ({ find: () => one, kids: [] }) });
        const named = (await codeOf(() => decrypter.decrypt(token))) === 'token/unknown-key';
        expect(await codeOf(() => (named ? createJweDecrypter({ keys: one }) : decrypter).decrypt(token))).toBe(
          verdict,
        );
      }
    });
  }

  for (const { section, what, text, verdict } of file.encryptedTexts) {
    test(`${file.source}: ${section}: ${what} is refused: ${verdict}`, async () => {
      expect(await codeOf(() => createJweDecrypter({ keys: generateSharedEncryptionKey() }).decrypt(text))).toBe(
        verdict,
      );
    });
  }

  for (const vector of file.keys) {
    const alg = vector.alg ?? vector.jwk['alg'];
    test(`${file.source}: ${vector.section}: a key with kty ${vector.jwk['kty']} as ${vector.as} key for ${alg}: ${vector.verdict}`, async () => {
      expect(await codeOf(() => importAs(vector))).toBe(vector.verdict);
    });
  }

  for (const { section, jwk, thumbprint } of file.thumbprints) {
    test(`${file.source}: ${section}: the thumbprint`, () => {
      expect(thumbprintOfJwk(jwk as { readonly kty: string })).toBe(thumbprint);
    });
  }

  for (const vector of file.agreements) {
    test(`${file.source}: ${vector.section}: both sides agree`, async () => {
      const secret = agree(vector.ephemeral, vector.recipient);
      expect(agree(vector.recipient, vector.ephemeral)).toEqual(secret);
      if (vector.secret !== undefined) expect(secret.toString('base64url')).toBe(vector.secret);
      if (vector.derived !== undefined) expect(derive(secret, vector).toString('base64url')).toBe(vector.derived);
      for (const jwk of [vector.ephemeral, vector.recipient])
        expect(importDecryptionJwk(jwk, { alg: 'ECDH-ES' }).kind).toBe('decryption');
    });
  }
}

const rsa = generateDecryptionKey('RSA-OAEP-256');

function importAs({ as, alg, jwk }: KeyVector): unknown {
  const options = (alg === undefined ? {} : { alg }) as { readonly alg?: never };
  switch (as) {
    case 'public':
      return importPublicJwk(jwk, options);
    case 'private':
      return importPrivateJwk(jwk, options);
    case 'secret':
      return importSecretJwk(jwk, options);
    case 'encryption':
      return importEncryptionJwk(jwk, options);
    case 'decryption':
      return importDecryptionJwk(jwk, options);
    case 'shared':
      return importSharedEncryptionJwk(jwk, options);
  }
}

test('every RFC of the list is there', () => {
  const sources = ['7515', '7516', '7517', '7518', '7519', '7520', '7638', '7797', '8037'];
  expect(files.map(({ source }) => /\d{4}/.exec(source)?.[0])).toEqual(sources);
});

test.each([
  [{ source: 'x', signatures: [{ section: '1', key: {}, alg: 'HS256', token: '', verdict: '', verdcit: '' }] }],
  [{ source: 'x', signatures: [{ section: '1', key: {}, alg: 'HS256', token: '' }] }],
  [{ source: 'x', signature: [] }],
  [{ source: 'x' }],
])('a vector file with a member that nobody looks at, or without one that is needed, is an error', (value) => {
  expect(() => parseVectorFile(value, 'x.json')).toThrow('x.json');
});
