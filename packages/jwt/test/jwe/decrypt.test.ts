import * as crypto from 'node:crypto';
import * as jose from 'jose';
import { expect, test } from 'vitest';
import {
  createDecryptionKeySet,
  createJweDecrypter,
  createJweEncrypter,
  type DecryptionKey,
  type EncryptionCurve,
  encryptionKeyOf,
  exportDecryptionJwk,
  exportEncryptionJwk,
  exportSharedEncryptionJwk,
  generateDecryptionKey,
  generateSharedEncryptionKey,
  importSharedEncryptionSecret,
  type KeyManagementAlgorithm,
  type SharedEncryptionKey,
} from '../../src/jwe/index.ts';
import { codeOf } from './code-of.ts';
import { flipBit, lengthen, sealDirect, shorten, withHeader, withSegment } from './jwe-parts.ts';

const secret = crypto.randomBytes(32);
const dir = importSharedEncryptionSecret(secret, { kid: 'd' });
const content = Buffer.from('{"what":"is inside"}');
const header = { alg: 'dir', enc: 'A256GCM', kid: 'd' };
const decrypter = createJweDecrypter({ keys: dir });
const decryptCode = (token: string): Promise<string> => codeOf(() => decrypter.decrypt(token));

const rsa = await generateDecryptionKey('RSA-OAEP-256', { kid: 'r' });
const agreement = await generateDecryptionKey('ECDH-ES', { kid: 'e' });
const wrapping = await generateDecryptionKey('ECDH-ES+A256KW', { kid: 'w' });
const asymmetric = { rsa, agreement, wrapping };
const tokenFor = (key: DecryptionKey): Promise<string> =>
  createJweEncrypter({ key: encryptionKeyOf(key) }).encrypt(content);

const KINDS: readonly (readonly [KeyManagementAlgorithm, EncryptionCurve | undefined])[] = [
  ['dir', undefined],
  ['RSA-OAEP-256', undefined],
  ['ECDH-ES', 'P-256'],
  ['ECDH-ES', 'P-384'],
  ['ECDH-ES', 'P-521'],
  ['ECDH-ES', 'X25519'],
  ['ECDH-ES+A256KW', 'P-256'],
  ['ECDH-ES+A256KW', 'P-384'],
  ['ECDH-ES+A256KW', 'P-521'],
  ['ECDH-ES+A256KW', 'X25519'],
];

async function pairOf(alg: KeyManagementAlgorithm, crv: EncryptionCurve | undefined) {
  if (alg === 'dir') {
    const key = generateSharedEncryptionKey();
    const jwk = exportSharedEncryptionJwk(key) as jose.JWK;
    return { own: key as SharedEncryptionKey | DecryptionKey, theirs: key, publicJwk: jwk, privateJwk: jwk };
  }
  const key = await generateDecryptionKey(alg, crv === undefined ? {} : { crv });
  return {
    own: key as SharedEncryptionKey | DecryptionKey,
    theirs: encryptionKeyOf(key),
    publicJwk: exportEncryptionJwk(key) as jose.JWK,
    privateJwk: exportDecryptionJwk(key) as jose.JWK,
  };
}

test.each(KINDS)('RFC 7518 §4: %s %s: we read what jose writes, and jose reads what we write', async (alg, crv) => {
  const { own, theirs, publicJwk, privateJwk } = await pairOf(alg, crv);
  const ours = await createJweEncrypter({ key: theirs, cty: 'JWT' }).encrypt(content);
  const read = await jose.compactDecrypt(ours, await jose.importJWK(privateJwk, alg));
  expect(Buffer.from(read.plaintext)).toEqual(content);
  expect(read.protectedHeader).toMatchObject({ alg, enc: 'A256GCM', cty: 'JWT', kid: own.kid });

  const foreign = await new jose.CompactEncrypt(content)
    .setProtectedHeader({ alg, enc: 'A256GCM', kid: own.kid })
    .setKeyManagementParameters(alg.startsWith('ECDH') ? { apu: Buffer.from('Alice'), apv: Buffer.from('Bob') } : {})
    .encrypt(await jose.importJWK(publicJwk, alg));
  const opened = await createJweDecrypter({ keys: own }).decrypt(foreign);
  expect(Buffer.from(opened.plaintext)).toEqual(content);
  expect(opened.kid).toBe(own.kid);
});

test('the parts that the tests below change make a token that holds', async () => {
  expect(Buffer.from((await decrypter.decrypt(sealDirect(secret, content, header))).plaintext)).toEqual(content);
});

test.each([
  ['RFC 7516 §4: a name that comes twice', '{"alg":"dir","enc":"A256GCM","enc":"A256GCM"}', 'token/malformed'],
  ['RFC 8259 §8.1: a byte order mark', '\uFEFF{"alg":"dir","enc":"A256GCM"}', 'token/malformed'],
  ['RFC 7516 §4: a header that is no object', '["dir"]', 'token/malformed'],
  ['RFC 7516 §4: null', 'null', 'token/malformed'],
  ['RFC 7516 §4.1.1: no alg', { enc: 'A256GCM' }, 'token/algorithm'],
  ['RFC 7516 §4.1.1: alg is no text', { ...header, alg: ['dir'] }, 'token/algorithm'],
  ['RFC 8725 §3.1: alg in another case', { ...header, alg: 'DIR' }, 'token/algorithm'],
  ['RFC 8725 §3.1: alg that looks up a prototype', { ...header, alg: 'constructor' }, 'token/algorithm'],
  ['RFC 7516 §4.1.2: no enc', { alg: 'dir' }, 'token/algorithm'],
  ['RFC 7516 §4.1.2: enc of CBC', { ...header, enc: 'A128CBC-HS256' }, 'token/algorithm'],
  ['RFC 7516 §4.1.2: enc of another GCM', { ...header, enc: 'A128GCM' }, 'token/algorithm'],
  ['CVE-2024-28176: zip', { ...header, zip: 'DEF' }, 'token/header'],
  ['CVE-2024-28176: zip that is null', { ...header, zip: null }, 'token/header'],
  ['RFC 7516 §4.1.13: crit', { ...header, crit: ['exp'], exp: 1 }, 'token/critical'],
  ['RFC 7516 §4.1.13: crit with nothing in it', { ...header, crit: [] }, 'token/critical'],
  ['RFC 7516 §4.1.6: another kid', { ...header, kid: 'other' }, 'token/unknown-key'],
  ['RFC 7516 §4.1.6: kid that is a prototype', { ...header, kid: '__proto__' }, 'token/unknown-key'],
  ['RFC 7516 §4.1.6: kid that is no text', { ...header, kid: ['d'] }, 'token/header'],
  ['RFC 7516 §4.1.11: typ that is no text', { ...header, typ: 1 }, 'token/header'],
  ['RFC 7516 §4.1.12: cty that is no text', { ...header, cty: {} }, 'token/header'],
  [
    'CVE-2022-36083: PBES2 with two million rounds',
    { ...header, alg: 'PBES2-HS256+A128KW', p2c: 2e6, p2s: 'AAAAAAAAAAA' },
    'token/algorithm',
  ],
  ['RSA1_5', { ...header, alg: 'RSA1_5' }, 'token/algorithm'],
  ['RFC 8725 §3.3: alg of signing', { ...header, alg: 'HS256' }, 'token/algorithm'],
  ['none', { ...header, alg: 'none' }, 'token/algorithm'],
])('%s is refused', async (_, wrong, code) => {
  // sealed with the right secret, so that nothing but the header is wrong
  expect(await decryptCode(sealDirect(secret, content, wrong))).toBe(code);
});

test.each([
  [
    'an encrypted key where dir has none',
    sealDirect(secret, content, header, { encryptedKey: 'AAAA' }),
    'token/malformed',
  ],
  ['nothing inside', sealDirect(secret, Buffer.alloc(0), header), 'token/malformed'],
  ['four segments', sealDirect(secret, content, header).split('.').slice(0, 4).join('.'), 'token/malformed'],
  ['six segments', `${sealDirect(secret, content, header)}.AA`, 'token/malformed'],
  ['nothing', '', 'token/malformed'],
  ['dots', '....', 'token/malformed'],
  ['more dots than are looked at', '.'.repeat(8_193), 'token/too-long'],
  ['JSON serialisation', JSON.stringify({ protected: 'e30', iv: '', ciphertext: '', tag: '' }), 'token/malformed'],
])('RFC 7516 §7.1: %s: refused', async (_, token, code) => {
  expect(await decryptCode(token)).toBe(code);
});

test('what is no text at all is refused like a malformed token', async () => {
  for (const wrong of [undefined, null, 1, {}, [], Buffer.from('a.b.c.d.e')])
    expect(await decryptCode(wrong as unknown as string)).toBe('token/malformed');
});

test.each([
  ['iv', 2],
  ['ciphertext', 3],
  ['tag', 4],
] as const)('RFC 7516 §5.2: %s that is missing, short, long or spelled otherwise is refused', async (_, index) => {
  const token = sealDirect(secret, content, header);
  expect(await decryptCode(withSegment(token, index, () => ''))).toBe('token/malformed');
  for (const spelled of ['=', ' ', '\n', '+', '/', '\u0141'])
    expect(await decryptCode(withSegment(token, index, (segment) => segment + spelled))).toBe('token/malformed');
  const resized = await decryptCode(withSegment(token, index, shorten));
  const grown = await decryptCode(withSegment(token, index, lengthen));
  // the length of iv and tag is fixed; a ciphertext of another length is only found out by the tag
  const expected = index === 3 ? 'token/decryption' : 'token/malformed';
  expect([resized, grown]).toEqual([expected, expected]);
});

test('RFC 4648 §3.5: spare bits of the tag that are not zero are refused', async () => {
  const token = sealDirect(secret, content, header);
  const last = token.at(-1) ?? '';
  const next = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  expect(await decryptCode(token.slice(0, -1) + next[next.indexOf(last) + 1])).toBe('token/malformed');
});

test('RFC 7516 §11.5: whatever is wrong with the key or the content, the refusal is one and the same', async () => {
  const other = { rsa: await generateDecryptionKey('RSA-OAEP-256', { kid: 'r' }) };
  const direct = sealDirect(secret, content, header);
  const messages = new Set<string>();
  const attempt = async (keys: DecryptionKey | SharedEncryptionKey, token: string): Promise<string> => {
    const code = await codeOf(async () => {
      try {
        await createJweDecrypter({ keys }).decrypt(token);
      } catch (error) {
        messages.add(
          JSON.stringify({ ...(error as object), message: (error as Error).message, cause: (error as Error).cause }),
        );
        throw error;
      }
    });
    return code;
  };
  const codes = [
    await attempt(dir, withSegment(direct, 2, flipBit)),
    await attempt(dir, withSegment(direct, 3, flipBit)),
    await attempt(dir, withSegment(direct, 4, flipBit)),
    await attempt(
      dir,
      withHeader(direct, (members) => ({ ...members, more: 1 })),
    ),
    await attempt(dir, sealDirect(crypto.randomBytes(32), content, header)),
    await attempt(dir, sealDirect(Buffer.alloc(32), content, header)),
    await attempt(other.rsa, await tokenFor(rsa)),
  ];
  for (const [name, key] of Object.entries(asymmetric)) {
    const token = await tokenFor(key);
    for (const index of [2, 3, 4]) codes.push(await attempt(key, withSegment(token, index, flipBit)));
    if (name === 'agreement') continue;
    codes.push(await attempt(key, withSegment(token, 1, flipBit)));
    codes.push(await attempt(key, withSegment(token, 1, shorten)), await attempt(key, withSegment(token, 1, lengthen)));
    codes.push(
      await attempt(
        key,
        withSegment(token, 1, () => 'AAAA'),
      ),
    );
    codes.push(
      await attempt(
        key,
        withHeader(token, (members) => ({ ...members, more: 1 })),
      ),
    );
  }
  expect(new Set(codes)).toEqual(new Set(['token/decryption']));
  expect(messages.size).toBe(1);
});

test('RFC 7516 §5.2: an encrypted key that is missing, or stands where none may be, is refused', async () => {
  expect(
    await codeOf(async () => createJweDecrypter({ keys: rsa }).decrypt(withSegment(await tokenFor(rsa), 1, () => ''))),
  ).toBe('token/malformed');
  expect(
    await codeOf(async () =>
      createJweDecrypter({ keys: agreement }).decrypt(withSegment(await tokenFor(agreement), 1, () => 'AAAA')),
    ),
  ).toBe('token/malformed');
});

const P = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
test.each([
  ['no epk', undefined],
  ['an epk that is no object', 'x'],
  ['an epk that is null', null],
  ['a point off the curve', { ...P, y: P.x }],
  ['the point at zero', { ...P, x: Buffer.alloc(32).toString('base64url'), y: Buffer.alloc(32).toString('base64url') }],
  ['a coordinate larger than the field', { ...P, x: Buffer.alloc(32, 255).toString('base64url') }],
  ['a short coordinate', { ...P, x: 'AAAA' }],
  [
    'a point of another curve',
    crypto.generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' }),
  ],
  ['another curve by name', { ...P, crv: 'P-384' }],
  ['a curve of small order', { kty: 'OKP', crv: 'X25519', x: Buffer.alloc(32).toString('base64url') }],
  ['a secret', { kty: 'oct', k: 'AAAA' }],
])('CVE-2017-16007: %s as ephemeral key is refused, with the code of every other fault', async (_, epk) => {
  for (const key of [agreement, wrapping]) {
    const token = withHeader(await tokenFor(key), (members) => ({ ...members, epk }));
    expect(await codeOf(() => createJweDecrypter({ keys: key }).decrypt(token))).toBe('token/decryption');
  }
});

test('RFC 7748 §6.1: an ephemeral X25519 key of small order is refused', async () => {
  const key = await generateDecryptionKey('ECDH-ES', { crv: 'X25519' });
  for (const x of ['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA']) {
    const token = withHeader(await tokenFor(key), (members) => ({ ...members, epk: { kty: 'OKP', crv: 'X25519', x } }));
    expect(await codeOf(() => createJweDecrypter({ keys: key }).decrypt(token))).toBe('token/decryption');
  }
});

test('RFC 8725 §3.1: a token for one way of key management is refused under a key for another', async () => {
  const { d, x, y } = exportDecryptionJwk(agreement);
  const token = withHeader(await tokenFor(wrapping), (members) => ({ ...members, kid: 'e' }));
  expect(d && x && y).toBeTruthy();
  expect(await codeOf(() => createJweDecrypter({ keys: agreement }).decrypt(token))).toBe('token/algorithm');
});

test('RFC 7516 §4.1.4–§4.1.8: keys in the header have no effect, and nothing is fetched', async () => {
  const attacker = crypto.randomBytes(32);
  const wrong = {
    ...header,
    jwk: { kty: 'oct', k: attacker.toString('base64url') },
    jku: 'http://127.0.0.1:9/k',
    x5u: 'http://127.0.0.1:9/x',
    x5c: ['AAAA'],
  };
  expect(await decryptCode(sealDirect(attacker, content, wrong))).toBe('token/decryption');
  expect(await decryptCode(sealDirect(secret, content, wrong))).toBe('accepted');
});

test('during a rotation both keys decrypt, each its own tokens; after it the old one is unknown', async () => {
  const old = await generateDecryptionKey('ECDH-ES', { kid: 'old' });
  const next = await generateDecryptionKey('RSA-OAEP-256', { kid: 'next' });
  let keys = createDecryptionKeySet([old, next, dir]);
  const both = createJweDecrypter({ keys: () => keys });
  const [first, second] = [await tokenFor(old), await tokenFor(next)];
  expect((await both.decrypt(first)).kid).toBe('old');
  expect((await both.decrypt(second)).kid).toBe('next');
  keys = createDecryptionKeySet([next]);
  expect(await codeOf(() => both.decrypt(first))).toBe('token/unknown-key');
  expect(keys.kids).toEqual(['next']);
  const unnamed = withHeader(second, (members) => ({ ...members, kid: undefined }));
  // a set doesn't guess
  expect(await codeOf(() => both.decrypt(unnamed))).toBe('token/unknown-key');
});

test('RFC 7516 §4.1.6: a token without kid is read under the one key there is', async () => {
  expect((await decrypter.decrypt(sealDirect(secret, content, { alg: 'dir', enc: 'A256GCM' }))).kid).toBe('d');
});

test('a token longer than its budget is not made, and one longer than is accepted is not looked at', async () => {
  expect(await codeOf(() => createJweEncrypter({ key: dir, budgetBytes: 100 }).encrypt(Buffer.alloc(100)))).toBe(
    'sign/over-budget',
  );
  const token = sealDirect(secret, Buffer.alloc(7_000), header);
  expect(await decryptCode(token)).toBe('token/too-long');
  expect(await codeOf(() => createJweDecrypter({ keys: dir, maxTokenBytes: token.length }).decrypt(token))).toBe(
    'accepted',
  );
  expect(await codeOf(() => createJweDecrypter({ keys: dir, maxTokenBytes: token.length - 1 }).decrypt(token))).toBe(
    'token/too-long',
  );
});

test.each([
  [createJweDecrypter, { keys: undefined }],
  [createJweDecrypter, { keys: null }],
  [createJweDecrypter, { keys: encryptionKeyOf(rsa) }],
  [createJweDecrypter, { keys: { kind: 'decryption', alg: 'dir', kid: 'd' } }],
  [createJweDecrypter, { keys: dir, maxTokenBytes: Number.POSITIVE_INFINITY }],
  [createJweDecrypter, { keys: dir, algorithms: ['dir'] }],
  [createJweEncrypter, { key: rsa }],
  [createJweEncrypter, { key: undefined }],
  [createJweEncrypter, { key: dir, cty: '' }],
  [createJweEncrypter, { key: dir, budgetBytes: 0 }],
  [createJweEncrypter, { key: dir, enc: 'A128GCM' }],
])('an option that is wrong is a TypeError at construction', (create, options) => {
  expect(() => (create as (options: unknown) => unknown)(options)).toThrow(TypeError);
});

test('there is nothing to encrypt in nothing', async () => {
  const encrypter = createJweEncrypter({ key: dir });
  await expect(encrypter.encrypt(new Uint8Array())).rejects.toThrow(TypeError);
  await expect(encrypter.encrypt('text' as unknown as Uint8Array)).rejects.toThrow(TypeError);
});
