import * as crypto from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  ALGORITHMS,
  type Algorithm,
  createJwtSigner,
  createJwtVerifier,
  createKeySet,
  exportPrivateJwk,
  exportPrivatePem,
  exportPublicJwk,
  exportPublicPem,
  exportSecret,
  exportSecretJwk,
  generatePrivateKey,
  generatePrivateKeyAsync,
  generateSecretKey,
  importJwkSet,
  importPrivateJwk,
  importPrivateKey,
  importPrivatePem,
  importPublicJwk,
  importPublicKey,
  importPublicPem,
  importSecret,
  importSecretJwk,
  importSecretKey,
  type Jwk,
  type KeyPairAlgorithm,
  KeyRejected,
  type PrivateKey,
  type PublicKey,
  publicKeyOf,
  type SecretKey,
  thumbprint,
} from '../src/index.ts';

const SECRETS = ['HS256', 'HS384', 'HS512'] as const;
const PAIRS = ALGORITHMS.filter((alg): alg is KeyPairAlgorithm => !alg.startsWith('HS'));
const mlDsa = supportsMlDsa();
const usable = PAIRS.filter((alg) => mlDsa || !alg.startsWith('ML-DSA'));
const keys = new Map<Algorithm, PrivateKey>();

function supportsMlDsa(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 7);
}

/** One key an algorithm for the whole file; of RSA one key serves all, since it takes long to make. */
function keyFor(alg: KeyPairAlgorithm): PrivateKey {
  const known = keys.get(alg);
  if (known !== undefined) return known;
  const rsa = /^[RP]S/.test(alg) && alg !== 'RS256';
  const { alg: _, ...jwk } = rsa ? exportPrivateJwk(keyFor('RS256')) : { alg: '' };
  const key = rsa ? importPrivateJwk(jwk, { alg }) : generatePrivateKey(alg);
  keys.set(alg, key);
  return key;
}

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'accepted';
  } catch (error) {
    if (error instanceof KeyRejected) return error.code;
    return String(error);
  }
}

/** True when what the one signs the other accepts. */
function fits(key: PrivateKey | SecretKey, check: PublicKey | SecretKey): boolean {
  const options = { typ: 'JWT', issuer: 'i', audience: 'a', clock: () => 0 };
  const token = createJwtSigner({ key, typ: 'JWT', budgetBytes: 65_536 }).sign({ iss: 'i', aud: 'a', exp: 1 });
  const verifier = createJwtVerifier({ ...options, keys: check, maxTokenBytes: 65_536 });
  return verifier.verifySignature(token).claims.iss === 'i';
}

describe.each(usable)('%s', (alg) => {
  const key = keyFor(alg);

  test('signs, and its public half verifies', () => {
    expect(key.alg).toBe(alg);
    expect(fits(key, publicKeyOf(key))).toBe(true);
  });

  test('RFC 7517: its JWKs come back as the same key', () => {
    const jwk = exportPublicJwk(key);
    expect(jwk).toMatchObject({ alg, use: 'sig', kid: key.kid });
    for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'priv']) expect(jwk).not.toHaveProperty(name);
    expect(fits(importPrivateJwk(exportPrivateJwk(key)), importPublicJwk(jwk))).toBe(true);
  });

  test('RFC 7468: its PEMs come back as the same key, the encrypted one with its passphrase only', () => {
    const publicKey = importPublicPem(exportPublicPem(key), { alg });
    expect(fits(importPrivatePem(exportPrivatePem(key), { alg }), publicKey)).toBe(true);
    const sealed = exportPrivatePem(key, { passphrase: 'correct horse' });
    expect(sealed).toContain('BEGIN ENCRYPTED PRIVATE KEY');
    expect(fits(importPrivatePem(sealed, { alg, passphrase: 'correct horse' }), publicKey)).toBe(true);
    expect(codeOf(() => importPrivatePem(sealed, { alg }))).toBe('key/passphrase');
    expect(codeOf(() => importPrivatePem(sealed, { alg, passphrase: '' }))).toBe('key/passphrase');
    expect(codeOf(() => importPrivatePem(sealed, { alg, passphrase: 'wrong' }))).toBe('key/passphrase');
  });

  test('key objects of node:crypto come in', () => {
    const privateObject = crypto.createPrivateKey(exportPrivatePem(key));
    const publicObject = crypto.createPublicKey(privateObject);
    expect(fits(importPrivateKey(privateObject, { alg }), importPublicKey(publicObject, { alg }))).toBe(true);
    expect(codeOf(() => importPublicKey(privateObject, { alg }))).toBe('key/private');
    expect(codeOf(() => importPrivateKey(publicObject, { alg }))).toBe('key/type');
  });

  test('RFC 7638: kid is the first 8 characters of the thumbprint, unless one is given', () => {
    expect(key.kid).toBe(thumbprint(key).slice(0, 8));
    expect(thumbprint(publicKeyOf(key))).toBe(thumbprint(key));
    expect(importPublicPem(exportPublicPem(key), { alg, kid: 'mine' }).kid).toBe('mine');
    expect(importPublicJwk(exportPublicJwk(key), { kid: 'mine' }).kid).toBe('mine');
  });

  test('RFC 8725 §3.1: no other algorithm takes the key, but for the second name of Ed25519 where it is asked for', () => {
    const { alg: _, ...jwk } = exportPublicJwk(key);
    const taken = ALGORITHMS.filter((other) => codeOf(() => importPublicJwk({ ...jwk, alg: other })) === 'accepted');
    const family = /^[RP]S/.test(alg) ? PAIRS.filter((other) => /^[RP]S/.test(other)) : [alg];
    const ed25519 = alg === 'EdDSA' || alg === 'Ed25519';
    expect(taken).toEqual(ed25519 ? ['EdDSA', 'Ed25519'] : family);
    // and where the key says its algorithm, it can't be imported for another
    const renamed = PAIRS.filter(
      (other) => other !== alg && codeOf(() => importPublicJwk({ ...jwk, alg }, { alg: other })) === 'accepted',
    );
    expect(renamed).toEqual(ed25519 ? [alg === 'EdDSA' ? 'Ed25519' : 'EdDSA'] : []);
  });

  test('RFC 7517 §9.3: a private key where a public one is asked for is refused', () => {
    expect(codeOf(() => importPublicJwk(exportPrivateJwk(key)))).toBe('key/private');
    expect(codeOf(() => importPublicPem(exportPrivatePem(key), { alg }))).toBe('key/private');
    expect(codeOf(() => importPublicPem(exportPrivatePem(key, { passphrase: 'x' }), { alg }))).toBe('key/private');
    const members = exportPrivateJwk(key) as unknown as Record<string, unknown>;
    for (const name of ['d', 'priv', 'p', 'q', 'dp', 'dq', 'qi'].filter((one) => one in members)) {
      expect(codeOf(() => importPublicJwk({ ...exportPublicJwk(key), [name]: members[name] }))).toBe('key/private');
    }
    expect(codeOf(() => importPrivateJwk(exportPublicJwk(key)))).toBe('key/malformed');
    expect(codeOf(() => importPrivatePem(exportPublicPem(key), { alg }))).toBe('key/malformed');
  });

  test('K16: a key for another use is refused, and use and key_ops have to agree', () => {
    const jwk = exportPublicJwk(key);
    for (const wrong of [
      { use: 'enc' },
      { use: 1 },
      { key_ops: [] },
      { key_ops: ['encrypt'] },
      { key_ops: ['sign'] },
      { key_ops: ['verify', 'verify'] },
      { key_ops: ['verify', 'encrypt'] },
      { key_ops: 'verify' },
      { use: 'sig', key_ops: ['verify', 'wrapKey'] },
    ]) {
      expect([wrong, codeOf(() => importPublicJwk({ ...jwk, ...wrong }))]).toEqual([wrong, 'key/use']);
    }
    expect(codeOf(() => importPublicJwk({ ...jwk, key_ops: ['verify'] }))).toBe('accepted');
    expect(codeOf(() => importPrivateJwk({ ...exportPrivateJwk(key), key_ops: ['verify'] }))).toBe('key/use');
    expect(codeOf(() => importPrivateJwk({ ...exportPrivateJwk(key), key_ops: ['sign'] }))).toBe('accepted');
  });

  test('members that are cut, longer, not base64url or of a wrong type are refused', () => {
    const jwk = exportPublicJwk(key) as unknown as Record<string, string>;
    for (const name of ['x', 'y', 'n', 'e', 'pub'].filter((one) => one in jwk)) {
      const text = jwk[name] ?? '';
      const bytes = Buffer.from(text, 'base64url');
      const wrong = [
        1,
        null,
        '',
        `${text}=`,
        `${text}\n`,
        Buffer.concat([Buffer.alloc(1), bytes]).toString('base64url'),
        ...(name === 'n' || name === 'e' ? [] : [bytes.subarray(1).toString('base64url')]),
      ];
      for (const value of wrong) {
        expect([name, value, codeOf(() => importPublicJwk({ ...jwk, [name]: value }))]).toEqual([
          name,
          value,
          'key/malformed',
        ]);
      }
      const { [name]: _, ...without } = jwk;
      expect([name, codeOf(() => importPublicJwk(without))]).toEqual([name, 'key/malformed']);
    }
  });

  test('a private key whose public members are another key’s is refused', () => {
    if (/^[RP]S/.test(alg)) return;
    const other = exportPublicJwk(generatePrivateKey(alg));
    expect(codeOf(() => importPrivateJwk({ ...exportPrivateJwk(key), ...other }))).toBe('key/malformed');
  });

  test('members of a prototype are no members', () => {
    expect(codeOf(() => importPublicJwk(Object.create(exportPublicJwk(key))))).toBe('key/algorithm');
  });
});

test.skipIf(mlDsa)('key/unsupported: a runtime without ML-DSA says so', () => {
  expect(codeOf(() => generatePrivateKey('ML-DSA-44'))).toBe('key/unsupported');
  const jwk = { kty: 'AKP', alg: 'ML-DSA-44', pub: Buffer.alloc(1_312, 1).toString('base64url') };
  expect(codeOf(() => importPublicJwk(jwk))).toBe('key/unsupported');
});

test('a private key is made off the main thread as well', async () => {
  const key = await generatePrivateKeyAsync('ES384', { kid: 'k' });
  expect(fits(key, publicKeyOf(key))).toBe(true);
  await expect(generatePrivateKeyAsync('HS256' as 'ES256')).rejects.toMatchObject({ code: 'key/algorithm' });
});

test('algorithms that are none, of encryption, or of the other kind are refused', () => {
  for (const alg of ['none', 'RSA1_5', 'RSA-OAEP', 'dir', 'HS256', 'constructor', '__proto__', '', undefined, null]) {
    expect(codeOf(() => generatePrivateKey(alg as 'ES256'))).toBe('key/algorithm');
  }
  expect(codeOf(() => generateSecretKey('ES256' as 'HS256'))).toBe('key/algorithm');
  expect(codeOf(() => importSecret(crypto.randomBytes(64), { alg: 'RS256' as 'HS256' }))).toBe('key/algorithm');
});

describe.each(SECRETS)('%s', (alg) => {
  const bytes = Number(alg.slice(2)) / 8;

  test('RFC 7518 §3.2: a secret is at least as long as the hash', () => {
    for (const length of [0, 1, 31, bytes - 1]) {
      expect([length, codeOf(() => importSecret(crypto.randomBytes(length), { alg }))]).toEqual([length, 'key/weak']);
    }
    expect(codeOf(() => importSecret(crypto.randomBytes(bytes), { alg }))).toBe('accepted');
  });

  test('an HMAC is that of createHmac, for secrets shorter than, as long as and longer than the block of the hash', () => {
    for (const length of [bytes, 64, 65, 127, 128, 129, 300].filter((one) => one >= bytes)) {
      const secret = crypto.randomBytes(length);
      const token = createJwtSigner({ key: importSecret(secret, { alg }), typ: 'JWT' }).sign({ sub: 'x' });
      const dot = token.lastIndexOf('.');
      const expected = crypto
        .createHmac(`sha${bytes * 8}`, secret)
        .update(token.slice(0, dot))
        .digest('base64url');
      expect(token.slice(dot + 1)).toBe(expected);
    }
  });

  test('bytes, JWK and key object come back as the same secret', () => {
    const key = generateSecretKey(alg);
    const copy = importSecret(exportSecret(key), { alg });
    expect(fits(key, copy)).toBe(true);
    expect(fits(copy, importSecretJwk(exportSecretJwk(key)))).toBe(true);
    expect(fits(key, importSecretKey(crypto.createSecretKey(exportSecret(key)), { alg }))).toBe(true);
  });

  test('K16: a secret that may only verify doesn’t sign', () => {
    const jwk = { ...exportSecretJwk(generateSecretKey(alg)), key_ops: ['verify'] };
    const key = importSecretJwk(jwk);
    expect(codeOf(() => createJwtSigner({ key, typ: 'JWT' }))).toBe('key/use');
    const maker = importSecretJwk({ ...jwk, key_ops: ['sign'] });
    expect(codeOf(() => createKeySet([maker]))).toBe('key/use');
    expect(codeOf(() => createJwtVerifier({ keys: maker, typ: 'JWT', issuer: 'i', audience: 'a' }))).toBe('key/use');
  });
});

test.each(['', null, undefined, {}, 'a secret of text that is long enough', 42, []])(
  'a secret that is no bytes is refused: %j',
  (secret) => {
    expect(codeOf(() => importSecret(secret as Uint8Array, { alg: 'HS256' }))).toBe('key/malformed');
  },
);

interface Pair {
  readonly privateKey: crypto.KeyObject;
  readonly publicKey: crypto.KeyObject;
}

const certificates = {
  // openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=mapae.example
  ES256: `-----BEGIN CERTIFICATE-----
MIIBhTCCASugAwIBAgIUTxzZzZ090h3sbkUF+TV8ZJbMHHAwCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNbWFwYWUuZXhhbXBsZTAeFw0yNjExMjQxNjU4NTZaFw0yNjEx
MjUxNjU4NTZaMBgxFjAUBgNVBAMMDW1hcGFlLmV4YW1wbGUwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAAS8/O1fjEZvbi0HIIJ8axEXJXJQ1YpqlgjDzzyRlJiCNYNO
idlm3aVRdn34nfbr1haGrnMOMPxTWd1es9SOCGZko1MwUTAdBgNVHQ4EFgQUc++u
IhXCsF8qaDhHu7V92haZrg4wHwYDVR0jBBgwFoAUc++uIhXCsF8qaDhHu7V92haZ
rg4wDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAml1oKibiPC0X
wmuiBjvDYhta2vK6kp7vsb1jfL4wGYICIAhr5cr7Z1jzru2jX+8owcMf5bTgy2ky
Lnedx0ext3YG
-----END CERTIFICATE-----
`,
};

describe('RFC 8725 §3.5: a public key given as a secret is refused', () => {
  const rsa = crypto.createPublicKey(exportPublicPem(keyFor('RS256')));
  const ec = crypto.createPublicKey(exportPublicPem(keyFor('ES256')));
  const ed = crypto.createPublicKey(exportPublicPem(keyFor('EdDSA')));
  const spki = (key: crypto.KeyObject): Buffer => key.export({ format: 'der', type: 'spki' });
  const pkcs1 = rsa.export({ format: 'der', type: 'pkcs1' });
  const certificate = certificates.ES256;
  const jwk: Jwk = exportPublicJwk(keyFor('ES256'));
  const point = Buffer.concat([
    Buffer.of(4),
    Buffer.from(jwk.x ?? '', 'base64url'),
    Buffer.from(jwk.y ?? '', 'base64url'),
  ]);
  const forms: Readonly<Record<string, string | Buffer>> = {
    'PEM (RSA)': rsa.export({ format: 'pem', type: 'spki' }),
    'PEM (EC)': ec.export({ format: 'pem', type: 'spki' }),
    'PEM (Ed25519)': ed.export({ format: 'pem', type: 'spki' }),
    'PKCS#1 PEM': rsa.export({ format: 'pem', type: 'pkcs1' }),
    certificate,
    'certificate DER': new crypto.X509Certificate(certificate).raw,
    'DER (RSA)': spki(rsa),
    'DER (EC)': spki(ec),
    'DER (Ed25519)': spki(ed),
    'PKCS#1 DER': pkcs1,
    'base64 DER (RSA)': spki(rsa).toString('base64'),
    'base64 DER (EC)': spki(ec).toString('base64'),
    'base64url DER': spki(ec).toString('base64url'),
    'base64 DER in lines': spki(rsa)
      .toString('base64')
      .replaceAll(/(.{64})/g, '$1\r\n'),
    'base64 PKCS#1': pkcs1.toString('base64'),
    'base64 of PEM': Buffer.from(ec.export({ format: 'pem', type: 'spki' })).toString('base64'),
    'hex DER': spki(ec).toString('hex'),
    JWK: JSON.stringify(jwk),
    'JWK in lines': JSON.stringify(jwk, undefined, 2),
    JWKS: JSON.stringify({ keys: [jwk] }),
    'JWK array': JSON.stringify([jwk]),
    SSH: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJQvZJ1nZ0Vv7e2b1n9mC0u2oC6r8m1uO0i4m2pY2d8y me@host',
    'private PEM': exportPrivatePem(keyFor('ES256')),
  };
  const prefixes: Readonly<Record<string, string | Buffer>> = {
    plain: '',
    space: ' ',
    BOM: Buffer.of(0xef, 0xbb, 0xbf),
    comment: '# the key of the issuer, as of today\n',
    CRLF: '\r\n\r\n',
    zero: Buffer.of(0),
  };
  test.each(Object.keys(forms))('others have fallen for it four times: %s', (form) => {
    for (const [name, prefix] of Object.entries(prefixes)) {
      const bytes = Buffer.concat([Buffer.from(prefix), Buffer.from(forms[form] ?? '')]);
      expect([name, codeOf(() => importSecret(bytes, { alg: 'HS256' }))]).toEqual([name, 'key/public']);
      const k = bytes.toString('base64url');
      expect(codeOf(() => importSecretJwk({ kty: 'oct', alg: 'HS512', k }))).toBe('key/public');
    }
  });
  test('UTF-16, and a point of the curve', () => {
    expect(codeOf(() => importSecret(Buffer.from(`${certificate}`, 'utf16le'), { alg: 'HS256' }))).toBe('key/public');
    expect(codeOf(() => importSecret(point, { alg: 'HS256' }))).toBe('key/public');
  });
  test('random bytes and passwords in base64 or hex are secrets', () => {
    for (let round = 0; round < 50; round++) {
      const bytes = crypto.randomBytes(64 + round);
      bytes[round % 8] = 0x30;
      for (const secret of [bytes, bytes.toString('base64'), bytes.toString('hex'), bytes.toString('base64url')]) {
        expect(codeOf(() => importSecret(Buffer.from(secret), { alg: 'HS256' }))).toBe('accepted');
      }
    }
  });
});

describe('weak and malformed keys (K15, T24)', () => {
  const rsaPem = (modulusLength: number, publicExponent = 65_537): string =>
    crypto.generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({
      format: 'pem',
      type: 'spki',
    }) as string;

  test('RFC 7518 §3.3: RSA of less than 2,048 bits is refused in every form', () => {
    const pem = rsaPem(1_024);
    expect(codeOf(() => importPublicPem(pem, { alg: 'RS256' }))).toBe('key/weak');
    const jwk = crypto.createPublicKey(pem).export({ format: 'jwk' });
    expect(codeOf(() => importPublicJwk({ ...jwk, alg: 'PS256' }))).toBe('key/weak');
    expect(codeOf(() => importPublicPem(rsaPem(2_040), { alg: 'RS256' }))).toBe('key/weak');
    expect(codeOf(() => generatePrivateKey('RS256', { modulusBits: 1_024 }))).toBe('key/weak');
    expect(codeOf(() => generatePrivateKey('RS256', { modulusBits: Number.NaN }))).toBe('key/weak');
  });

  test('an exponent below 65537 needs a long name, and an even one or 1 is refused all the same', () => {
    const pem = rsaPem(2_048, 3);
    expect(codeOf(() => importPublicPem(pem, { alg: 'RS256' }))).toBe('key/weak');
    const small = { alg: 'RS256', dangerouslyAllowSmallExponent: true } as const;
    expect(codeOf(() => importPublicPem(pem, small))).toBe('accepted');
    const jwk = crypto.createPublicKey(pem).export({ format: 'jwk' });
    for (const e of ['AQ', 'Ag', 'AQAA']) {
      expect(codeOf(() => importPublicJwk({ ...jwk, alg: 'RS256', e }, small))).toMatch(/^key\/(weak|malformed)$/);
    }
  });

  test('CVE-2017-15361: a modulus with the mark of the broken generator is refused', () => {
    // k·M + 65537^a mod M, for the M of that generator, has the mark whether or not it is a product of two primes
    const M = [
      2n,
      3n,
      5n,
      7n,
      11n,
      13n,
      17n,
      19n,
      23n,
      29n,
      31n,
      37n,
      41n,
      43n,
      47n,
      53n,
      59n,
      61n,
      67n,
      71n,
      73n,
      79n,
      83n,
      89n,
      97n,
      101n,
      103n,
      107n,
      109n,
      113n,
      127n,
      131n,
      137n,
      139n,
      149n,
      151n,
      157n,
      163n,
      167n,
    ].reduce((a, b) => a * b);
    let power = 1n;
    for (let times = 0; times < 12_345; times++) power = (power * 65_537n) % M;
    const k = (1n << 2_047n) / M + 1n;
    const n = Buffer.from((k * M + power).toString(16).padStart(512, '0'), 'hex').toString('base64url');
    expect(codeOf(() => importPublicJwk({ kty: 'RSA', alg: 'RS256', n, e: 'AQAB' }))).toBe('key/weak');
    const near = Buffer.from((k * M + power + 2n).toString(16).padStart(512, '0'), 'hex').toString('base64url');
    expect(codeOf(() => importPublicJwk({ kty: 'RSA', alg: 'RS256', n: near, e: 'AQAB' }))).toBe('accepted');
  });

  test.each(['ES256', 'ES384', 'ES512', 'ES256K'] as const)(
    '%s: a point that is not on the curve is refused',
    (alg) => {
      const jwk = exportPublicJwk(keyFor(alg));
      const y = Buffer.from(jwk.y ?? '', 'base64url');
      y[y.length - 1] = (y.at(-1) ?? 0) ^ 1;
      expect(codeOf(() => importPublicJwk({ ...jwk, y: y.toString('base64url') }))).toBe('key/malformed');
      const zero = Buffer.alloc(y.length).toString('base64url');
      expect(codeOf(() => importPublicJwk({ ...jwk, x: zero, y: zero }))).toBe('key/malformed');
      // the same in DER: the last byte of y is the last of all
      const der = crypto.createPublicKey(exportPublicPem(keyFor(alg))).export({ format: 'der', type: 'spki' });
      der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
      const pem = `-----BEGIN PUBLIC KEY-----\n${der.toString('base64')}\n-----END PUBLIC KEY-----`;
      expect(codeOf(() => importPublicPem(pem, { alg }))).toBe('key/malformed');
    },
  );

  const hex = (text: string): string => Buffer.from(text, 'hex').toString('base64url');
  test.each([
    ['not on the curve', 'EdDSA', hex(`02${'00'.repeat(31)}`), 'key/malformed'],
    ['y = p', 'EdDSA', hex(`ed${'ff'.repeat(30)}7f`), 'key/malformed'],
    ['y = 1, the neutral element', 'EdDSA', hex(`01${'00'.repeat(31)}`), 'key/weak'],
    ['y = 0, of order 4', 'Ed25519', hex('00'.repeat(32)), 'key/weak'],
    ['y = −1, of order 2', 'EdDSA', hex(`ec${'ff'.repeat(30)}7f`), 'key/weak'],
    ['of order 8', 'EdDSA', hex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'), 'key/weak'],
    [
      'of order 8, the other sign',
      'EdDSA',
      hex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85'),
      'key/weak',
    ],
    [
      'of order 8, mirrored',
      'EdDSA',
      hex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'),
      'key/weak',
    ],
    ['y = 1', 'Ed448', hex(`01${'00'.repeat(56)}`), 'key/weak'],
    ['y = 0, of order 4', 'Ed448', hex('00'.repeat(57)), 'key/weak'],
    ['y beyond p', 'Ed448', hex(`${'ff'.repeat(56)}00`), 'key/malformed'],
  ] as const)('RFC 8032: an Edwards point that is none, or of small order: %s (%s)', (_title, alg, x, code) => {
    const crv = alg === 'Ed448' ? 'Ed448' : 'Ed25519';
    expect(codeOf(() => importPublicJwk({ kty: 'OKP', crv, alg, x }))).toBe(code);
  });

  test('CVE-2022-23539: every algorithm takes only keys of its own type and curve', () => {
    const objects = {
      rsa: crypto.generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey,
      'rsa-pss': crypto.generateKeyPairSync('rsa-pss', { modulusLength: 2_048 }).publicKey,
      dsa: crypto.generateKeyPairSync('dsa', { modulusLength: 2_048, divisorLength: 256 }).publicKey,
      'P-256': crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey,
      'P-384': crypto.generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey,
      'P-521': crypto.generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey,
      secp256k1: crypto.generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey,
      brainpool: crypto.generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' }).publicKey,
      ed25519: crypto.generateKeyPairSync('ed25519').publicKey,
      ed448: crypto.generateKeyPairSync('ed448').publicKey,
      x25519: crypto.generateKeyPairSync('x25519').publicKey,
    };
    const accepted = Object.entries(objects).map(([name, object]) => [
      name,
      ALGORITHMS.filter((alg) => codeOf(() => importPublicKey(object, { alg })) === 'accepted'),
    ]);
    expect(Object.fromEntries(accepted)).toEqual({
      rsa: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
      'rsa-pss': ['PS256', 'PS384', 'PS512'],
      dsa: [],
      'P-256': ['ES256'],
      'P-384': ['ES384'],
      'P-521': ['ES512'],
      secp256k1: ['ES256K'],
      brainpool: [],
      ed25519: ['EdDSA', 'Ed25519'],
      ed448: ['Ed448'],
      x25519: [],
    });
  });

  test('RFC 7518 §3.5: a key tied to PSS keeps to its hash and salt', () => {
    const make = (hash: string, saltLength: number): Pair =>
      (crypto.generateKeyPairSync as (type: string, options: object) => Pair)('rsa-pss', {
        modulusLength: 2_048,
        hashAlgorithm: hash,
        mgf1HashAlgorithm: hash,
        saltLength,
      });
    const pair = make('sha256', 32);
    const pem = pair.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    expect(fits(importPrivatePem(pem, { alg: 'PS256' }), importPublicKey(pair.publicKey, { alg: 'PS256' }))).toBe(true);
    expect(codeOf(() => importPublicKey(pair.publicKey, { alg: 'PS384' }))).toBe('key/type');
    expect(codeOf(() => importPublicKey(pair.publicKey, { alg: 'RS256' }))).toBe('key/type');
    expect(codeOf(() => importPublicKey(make('sha256', 64).publicKey, { alg: 'PS256' }))).toBe('key/type');
  });
});

describe('PEM', () => {
  const rsa = crypto.createPrivateKey(exportPrivatePem(keyFor('RS256')));
  const ec = crypto.createPrivateKey(exportPrivatePem(keyFor('ES256')));

  test('PKCS#1, SEC1 and certificates come in', () => {
    const pkcs1 = rsa.export({ format: 'pem', type: 'pkcs1' }) as string;
    expect(pkcs1).toContain('BEGIN RSA PRIVATE KEY');
    const publicPkcs1 = crypto.createPublicKey(rsa).export({ format: 'pem', type: 'pkcs1' }) as string;
    expect(publicPkcs1).toContain('BEGIN RSA PUBLIC KEY');
    expect(fits(importPrivatePem(pkcs1, { alg: 'RS256' }), importPublicPem(publicPkcs1, { alg: 'RS256' }))).toBe(true);
    const sec1 = ec.export({ format: 'pem', type: 'sec1' }) as string;
    expect(sec1).toContain('BEGIN EC PRIVATE KEY');
    expect(fits(importPrivatePem(sec1, { alg: 'ES256' }), publicKeyOf(keyFor('ES256')))).toBe(true);
    expect(importPublicPem(certificates.ES256, { alg: 'ES256' }).kid).toHaveLength(8);
    expect(codeOf(() => importPublicPem(certificates.ES256, { alg: 'RS256' }))).toBe('key/type');
  });

  test('the parameters that OpenSSL writes in front of an EC key are no key, and CRLF changes nothing', () => {
    const sec1 = ec.export({ format: 'pem', type: 'sec1' }) as string;
    const withParameters = `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${sec1}`;
    for (const pem of [withParameters, withParameters.replaceAll('\n', '\r\n'), `\n\n  ${sec1}`]) {
      expect(codeOf(() => importPrivatePem(pem, { alg: 'ES256' }))).toBe('accepted');
    }
  });

  test('the old encryption of PEM comes in with its passphrase', () => {
    const sealed = rsa.export({ format: 'pem', type: 'pkcs1', cipher: 'aes-256-cbc', passphrase: 'x' }) as string;
    expect(sealed).toContain('Proc-Type: 4,ENCRYPTED');
    expect(codeOf(() => importPrivatePem(sealed, { alg: 'RS256' }))).toBe('key/passphrase');
    expect(codeOf(() => importPrivatePem(sealed, { alg: 'RS256', passphrase: Buffer.from('x') }))).toBe('accepted');
  });

  test('two keys in one text, rubbish and other types are refused', () => {
    const pem = exportPublicPem(keyFor('ES256'));
    for (const wrong of [
      `${pem}${pem}`,
      '',
      'rubbish',
      pem.slice(0, 80),
      pem.replace('PUBLIC', 'PGP PUBLIC'),
      1,
      null,
    ]) {
      expect(codeOf(() => importPublicPem(wrong as string, { alg: 'ES256' }))).toBe('key/malformed');
    }
    expect(codeOf(() => importPublicPem(pem, {} as { alg: 'ES256' }))).toBe('key/algorithm');
    expect(codeOf(() => importPublicPem(pem, { alg: 'HS256' }))).toBe('key/algorithm');
    expect(codeOf(() => importPublicPem(pem, { alg: 'ES256', kyd: '1' } as { alg: 'ES256' }))).toContain('TypeError');
  });

  test('keys of Web Crypto come in', async () => {
    const pair = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
      'verify',
    ])) as crypto.webcrypto.CryptoKeyPair;
    const key = importPrivateKey(pair.privateKey, { alg: 'ES256' });
    expect(fits(key, importPublicKey(pair.publicKey, { alg: 'ES256' }))).toBe(true);
    expect(codeOf(() => importPublicKey({} as crypto.KeyObject, { alg: 'ES256' }))).toBe('key/malformed');
  });
});

describe('JWK Set', () => {
  const good = exportPublicJwk(keyFor('ES256'));
  const other = exportPublicJwk(keyFor('EdDSA'));

  test('K13, K14: what can’t be used is left out and named, and the others work', () => {
    const { alg: _, ...withoutAlg } = exportPublicJwk(keyFor('RS256'));
    const set = importJwkSet({
      keys: [
        good,
        { ...other, kid: 'twice' },
        { ...good, kid: 'twice' },
        { ...exportSecretJwk(generateSecretKey('HS256')), kid: 'secret' },
        { ...exportPrivateJwk(keyFor('EdDSA')), kid: 'private' },
        { ...other, kid: undefined },
        { kty: 'NEW', kid: 'new', alg: 'NEW' },
        { ...withoutAlg, kid: 'no-alg' },
        { ...good, use: 'enc', kid: 'enc' },
        null,
        'x',
      ],
    });
    expect(set.kids).toEqual([good.kid]);
    expect(set.refused.map(({ index, code }) => [index, code])).toEqual([
      [1, 'key/id'],
      [2, 'key/id'],
      [3, 'key/type'],
      [4, 'key/private'],
      [5, 'key/id'],
      [6, 'key/algorithm'],
      [7, 'key/algorithm'],
      [8, 'key/use'],
      [9, 'key/id'],
      [10, 'key/id'],
    ]);
    for (const name of ['__proto__', 'constructor', 'toString', 'twice', '']) expect(set.find(name)).toBeUndefined();
  });

  test('GHSA-jc38-x7x8-2xc8: a key without alg is for the one algorithm that its curve, or the caller’s list, leaves', () => {
    const { alg: _, ...curve } = good;
    expect(importJwkSet({ keys: [curve] }).find(good.kid ?? '')?.alg).toBe('ES256');
    const { alg: __, ...rsa } = exportPublicJwk(keyFor('RS256'));
    expect(importJwkSet({ keys: [rsa] }, { algorithms: ['RS256'] }).find(rsa.kid ?? '')?.alg).toBe('RS256');
    expect(importJwkSet({ keys: [rsa] }, { algorithms: ['RS256', 'PS256'] }).kids).toEqual([]);
    expect(importJwkSet({ keys: [good, other] }, { algorithms: ['EdDSA'] }).kids).toEqual([other.kid]);
    for (const algorithms of [['none'], 'RS256', [1]]) {
      expect(codeOf(() => importJwkSet({ keys: [] }, { algorithms } as never))).toContain('TypeError');
    }
  });

  test.each([null, 1, 'x', [], {}, { keys: {} }, Object.create({ keys: [] })])('%o is no JWK Set', (jwks) => {
    expect(codeOf(() => importJwkSet(jwks))).toBe('key/malformed');
  });

  test('the programmer’s own set refuses two keys of one kid, and private keys', () => {
    const key = publicKeyOf(keyFor('ES256'));
    expect(codeOf(() => createKeySet([key, key]))).toBe('key/id');
    expect(codeOf(() => createKeySet([keyFor('ES256') as unknown as PublicKey]))).toContain('TypeError');
  });

  test.each([1, '', 'x'.repeat(257), null, {}])(
    'a kid that is no text of 1 to 256 characters is refused: %j',
    (kid) => {
      expect(codeOf(() => importPublicJwk({ ...good, kid }))).toBe('key/id');
      expect(codeOf(() => generatePrivateKey('ES256', { kid: kid as string }))).toBe(
        kid === null ? 'accepted' : 'key/id',
      );
    },
  );
});
