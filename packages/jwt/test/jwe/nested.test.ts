import * as crypto from 'node:crypto';
import * as jose from 'jose';
import { expect, test } from 'vitest';
import { createJwtSigner, createJwtVerifier, publicKeyOf } from '../../src/index.ts';
import {
  createEncryptedJwtSigner,
  createEncryptedJwtVerifier,
  encryptionKeyOf,
  exportDecryptionJwk,
  generateDecryptionKey,
  importSharedEncryptionSecret,
} from '../../src/jwe/index.ts';
import { goodContext } from '../good-claims.ts';
import { codeOf } from './code-of.ts';
import { sealDirect } from './jwe-parts.ts';

const now = Date.UTC(2026, 10, 24);
const context = goodContext(now);
const claims = { ...context.claims, email: 'kim@example.test' };
const signer = createJwtSigner({ key: context.key, typ: 'at+jwt', allowReadableClaims: ['email'] });
const options = {
  keys: publicKeyOf(context.key),
  issuer: context.issuer,
  audience: context.audience,
  typ: 'at+jwt',
  clock: () => now,
};
const verifier = createJwtVerifier(options);
const secret = crypto.randomBytes(32);
const shared = importSharedEncryptionSecret(secret, { kid: 'd' });
const header = { alg: 'dir', enc: 'A256GCM', cty: 'JWT', kid: 'd' };
const encrypted = createEncryptedJwtVerifier({ verifier, decryptionKeys: shared });
const seal = (inside: string, outside: object = header): string => sealDirect(secret, Buffer.from(inside), outside);
const codeFor = (token: string): Promise<string> => codeOf(() => encrypted.verify(token));
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

test.each(['ECDH-ES', 'ECDH-ES+A256KW', 'RSA-OAEP-256'] as const)(
  'RFC 7519 A.2: claims are signed and encrypted in one call, decrypted and verified in another: %s',
  async (alg) => {
    const key = await generateDecryptionKey(alg);
    const token = await createEncryptedJwtSigner({ signer, encryptionKey: encryptionKeyOf(key) }).sign(claims);
    expect(token.split('.')).toHaveLength(5);
    expect(token).not.toContain(part(claims).slice(20, 60));
    const accepted = await createEncryptedJwtVerifier({ verifier, decryptionKeys: key }).verify(token);
    expect(accepted).toEqual(claims);
    expect(Object.isFrozen(accepted)).toBe(true);
    // what travels is what the RFCs say: somebody else's library reads it
    const outer = await jose.compactDecrypt(token, await jose.importJWK(exportDecryptionJwk(key) as jose.JWK, alg));
    expect(outer.protectedHeader.cty).toBe('JWT');
    expect(outer.protectedHeader.typ).toBeUndefined();
    expect(jose.decodeProtectedHeader(Buffer.from(outer.plaintext).toString()).typ).toBe('at+jwt');
  },
);

test('RFC 8725 §3.3: what the tests below seal is accepted with a good token inside', async () => {
  expect(await codeFor(seal(signer.sign(claims)))).toBe('accepted');
  expect(await codeFor(seal(signer.sign(claims), { ...header, cty: 'application/JWT', typ: 'jwt' }))).toBe('accepted');
});

test.each<readonly [string, string, string]>([
  [
    'CVE-2026-29000: a token without signature',
    `${part({ alg: 'none', typ: 'at+jwt' })}.${part(claims)}.`,
    'token/unknown-key',
  ],
  [
    'CVE-2026-29000: the same with the kid of the good key',
    `${part({ alg: 'none', typ: 'at+jwt', kid: context.key.kid })}.${part(claims)}.`,
    'token/algorithm',
  ],
  ['CVE-2026-29000: a stripped signature', signer.sign(claims).replace(/[^.]*$/, ''), 'token/signature'],
  ['bare claims', JSON.stringify(claims), 'token/malformed'],
  ['an encrypted token again', sealDirect(secret, Buffer.from('x.y.z'), header), 'token/encrypted'],
  ['white space after the token', `${signer.sign(claims)}\n`, 'token/malformed'],
  ['text that is not ASCII', `${signer.sign(claims)}é`, 'token/malformed'],
  [
    'RFC 8725 §3.11: a token of another typ',
    createJwtSigner({ key: context.key, typ: 'JWT' }).sign(context.claims),
    'token/type',
  ],
  ['an expired token', signer.sign({ ...claims, iat: now / 1_000 - 600, exp: now / 1_000 - 1 }), 'token/expired'],
  ['a token for somebody else', signer.sign({ ...claims, aud: 'https://other.example' }), 'token/audience'],
  [
    'a token of a foreign key',
    createJwtSigner({ key: goodContext(now).key, typ: 'at+jwt' }).sign(context.claims),
    'token/unknown-key',
  ],
])('%s inside is refused, though it decrypts', async (_, inside, code) => {
  // a single key takes a token without kid, so the first row is judged by its algorithm there
  const expected = code === 'token/unknown-key' && inside.endsWith('.') ? 'token/algorithm' : code;
  expect(await codeFor(seal(inside))).toBe(expected);
});

test('RFC 7519 §5.2: what does not say cty: JWT is no nested token', async () => {
  const inside = signer.sign(claims);
  const { cty: _, ...without } = header;
  expect(await codeFor(seal(inside, without))).toBe('token/nested');
  expect(await codeFor(seal(inside, { ...header, cty: 'json' }))).toBe('token/nested');
  expect(await codeFor(seal(inside, { ...header, cty: 'text/JWT' }))).toBe('token/nested');
});

test('RFC 8725 §3.11: the kind of the token stands inside; outside stands JWT or nothing', async () => {
  expect(await codeFor(seal(signer.sign(claims), { ...header, typ: 'at+jwt' }))).toBe('token/type');
});

test('RFC 7519 §5.3: claims repeated in the header have to be the same inside', async () => {
  const inside = signer.sign(claims);
  expect(await codeFor(seal(inside, { ...header, iss: claims.iss, sub: claims.sub, aud: claims.aud }))).toBe(
    'accepted',
  );
  for (const [name, value] of [
    ['iss', 'https://evil.example'],
    ['sub', null],
    ['aud', [claims.aud]],
  ] as const)
    expect(await codeFor(seal(inside, { ...header, [name]: value }))).toBe('token/header');
});

test('CVE-2023-51774: a signed token is no encrypted one, and an encrypted one is no signed one', async () => {
  const signed = signer.sign(claims);
  expect(await codeFor(signed)).toBe('token/malformed');
  expect(await codeOf(() => verifier.verify(seal(signed)))).not.toBe('accepted');
});

test('a schema types what comes out, and claims repeated outside are compared with what was signed', async () => {
  const schema = {
    '~standard': {
      version: 1 as const,
      vendor: 'test',
      validate: (value: unknown) => ({ value: { who: (value as { sub: string }).sub } }),
    },
  };
  const typed = createEncryptedJwtVerifier({
    verifier: createJwtVerifier({ ...options, claims: schema }),
    decryptionKeys: shared,
  });
  const accepted = await typed.verify(seal(signer.sign(claims), { ...header, iss: claims.iss }));
  const who: string = accepted.who;
  expect(who).toBe(claims.sub);
});

test('the budget is that of the whole token; the refusal names the largest claims, never their values', async () => {
  const small = createEncryptedJwtSigner({ signer, encryptionKey: shared, budgetBytes: 700 });
  const refusal = await small.sign(claims).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: 'sign/over-budget' });
  expect((refusal as { claims: string[] }).claims[0]).toMatch(/^(iss|aud|sub|sid|jti)$/);
  expect(
    await codeOf(() => createEncryptedJwtSigner({ signer, encryptionKey: shared }).sign({ ...claims, iat: -1 })),
  ).toBe('sign/claim');
  expect(
    await codeOf(() => createEncryptedJwtSigner({ signer, encryptionKey: shared }).sign({ ...claims, phone: '1' })),
  ).toBe('sign/readable-claim');
});

test('a signer elsewhere, and one whose claims a schema types, make the token inside as well', async () => {
  const made: string[] = [];
  const elsewhere = {
    signAsync: async (given: { readonly sub: string }) => signer.sign({ ...claims, sub: given.sub }),
  };
  const typed = createEncryptedJwtSigner({ signer: elsewhere, encryptionKey: shared });
  made.push(await typed.sign({ sub: 'who' }));
  // @ts-expect-error claims of another shape
  const wrong = (): Promise<string> => typed.sign({ subject: 'who' });
  expect(wrong).toBeTypeOf('function');
  for (const token of made) expect((await encrypted.verify(token)).sub).toBe('who');
});

test.each([
  [createEncryptedJwtSigner, { signer: undefined, encryptionKey: shared }],
  [createEncryptedJwtSigner, { signer, encryptionKey: context.key }],
  [createEncryptedJwtSigner, { signer, encryptionKey: shared, budgetBytes: 1 }],
  [createEncryptedJwtSigner, { signer, encryptionKey: shared, typ: 'JWT' }],
  [createEncryptedJwtVerifier, { verifier: undefined, decryptionKeys: shared }],
  [createEncryptedJwtVerifier, { verifier, decryptionKeys: publicKeyOf(context.key) }],
  [createEncryptedJwtVerifier, { verifier, decryptionKeys: shared, maxTokenBytes: 1 }],
  [createEncryptedJwtVerifier, { verifier, decryptionKeys: shared, typ: 'JWT' }],
])('an option that is wrong is a TypeError at construction', (create, wrong) => {
  expect(() => (create as (options: unknown) => unknown)(wrong)).toThrow(TypeError);
});
