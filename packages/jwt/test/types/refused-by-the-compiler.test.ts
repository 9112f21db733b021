import { expect, test } from 'vitest';
import {
  createJwtSigner,
  createJwtVerifier,
  decode,
  generatePrivateKey,
  generateSecretKey,
  type JwtClaims,
  KeyRejected,
  publicKeyOf,
  type StandardSchema,
  type UnverifiedClaims,
  type Verified,
} from '../../src/index.ts';
import { createJweDecrypter, createJweEncrypter, encryptionKeyOf, generateDecryptionKey } from '../../src/jwe/index.ts';

// The lines marked as errors are the tests: `tsc -b` fails when one of them compiles. What runs shows that the same things fail without types.

const key = generatePrivateKey('ES256');
const now = Math.floor(Date.now() / 1_000);
const token = createJwtSigner({ key, typ: 'JWT' }).sign({ iss: 'a', aud: 'b', sub: 'c', exp: now + 60, level: 3 });
const base = { keys: publicKeyOf(key), issuer: 'a', audience: 'b', typ: 'JWT' };

interface Levelled {
  readonly sub: string;
  readonly level: number;
}
const schema: StandardSchema<Levelled> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate(value) {
      const { sub, level } = value as Partial<Levelled>;
      if (typeof sub !== 'string') return { issues: [{ message: 'no text', path: ['sub'] }] };
      if (typeof level !== 'number') return { issues: [{ message: 'no number', path: ['level'] }] };
      return { value: { sub, level } };
    },
  },
};

/** What an application asks for where a decision is made. */
const subjectOf = (claims: Verified<JwtClaims>): string | undefined => claims.sub;

test('what was only decoded is refused by the compiler where verified claims are asked for', () => {
  const verified = createJwtVerifier(base).verify(token);
  expect(subjectOf(verified)).toBe('c');
  const unverified: UnverifiedClaims = decode(token).claims;
  // @ts-expect-error claims that nobody checked
  subjectOf(unverified);
  // @ts-expect-error claims that were typed in
  subjectOf({ sub: 'c' });
  // @ts-expect-error a decoded token is no claims
  subjectOf(decode(token));
  // @ts-expect-error claims whose signature held and whose rules nobody checked
  subjectOf(createJwtVerifier(base).verifySignature(token).claims);
});

test('a schema types what comes out, from the option to the last member', () => {
  const claims = createJwtVerifier({ ...base, claims: schema }).verify(token);
  const level: number = claims.level;
  expect(level).toBe(3);
  // @ts-expect-error a claim that the schema doesn't have
  expect(claims.scope).toBeUndefined();
  // @ts-expect-error a claim under another type
  const text: string = claims.level;
  expect(text).toBe(3);
  // @ts-expect-error verified claims are read only
  expect(() => (claims.level = 4)).toThrow(TypeError);
});

test('options that do not exist, or are missing, are refused by the compiler and at run time', () => {
  // @ts-expect-error the token's header never chooses
  expect(() => createJwtVerifier({ ...base, algorithms: ['none'] })).toThrow(TypeError);
  // @ts-expect-error what decides trust has no default
  expect(() => createJwtVerifier({ keys: base.keys, issuer: 'a', typ: 'JWT' })).toThrow(TypeError);
  // @ts-expect-error no audience by undefined
  expect(() => createJwtVerifier({ ...base, audience: undefined })).toThrow(TypeError);
  // @ts-expect-error no pattern where a text stands
  expect(() => createJwtVerifier({ ...base, issuer: /a/ })).toThrow(TypeError);
  // @ts-expect-error no such algorithm
  expect(() => generatePrivateKey('none')).toThrow(KeyRejected);
});

test('each kind of key is taken only where it belongs', async () => {
  // @ts-expect-error a private key doesn't verify
  expect(() => createJwtVerifier({ ...base, keys: key })).toThrow(TypeError);
  // @ts-expect-error a public key doesn't sign
  expect(() => createJwtSigner({ key: publicKeyOf(key), typ: 'JWT' })).toThrow(TypeError);
  // @ts-expect-error a secret isn't made from bytes or text on the way
  expect(() => createJwtVerifier({ ...base, keys: 'secret' })).toThrow(TypeError);
  // @ts-expect-error a secret has no public half
  expect(() => publicKeyOf(generateSecretKey('HS256'))).toThrow(TypeError);
  const decryption = await generateDecryptionKey('ECDH-ES');
  // @ts-expect-error a key that verifies doesn't encrypt
  expect(() => createJweEncrypter({ key: base.keys })).toThrow(TypeError);
  // @ts-expect-error a key that decrypts doesn't encrypt
  expect(() => createJweEncrypter({ key: decryption })).toThrow(TypeError);
  // @ts-expect-error a key that encrypts doesn't decrypt
  expect(() => createJweDecrypter({ keys: encryptionKeyOf(decryption) })).toThrow(TypeError);
  // @ts-expect-error a key that decrypts doesn't sign
  expect(() => createJwtSigner({ key: decryption, typ: 'JWT' })).toThrow(TypeError);
});
