import * as crypto from 'node:crypto';
import { expect, test } from 'vitest';
import {
  createJwtVerifier,
  importPrivateJwk,
  importPublicJwk,
  type KeyPairAlgorithm,
  type PublicKey,
  TokenRejected,
} from '../../src/index.ts';

// The classes of Project Wycheproof that concern JOSE, made here from fresh keys: signatures that are wrong in one precise way, each made with the private key,
// so that nothing else is wrong with them.

const now = Date.UTC(2026, 10, 24);
const claims = { iss: 'a', aud: 'b', exp: now / 1_000 + 60 };
const segment = (bytes: string | Uint8Array): string => Buffer.from(bytes as Uint8Array).toString('base64url');

function signedText(alg: string): Buffer {
  return Buffer.from(`${segment(JSON.stringify({ alg, typ: 'JWT' }))}.${segment(JSON.stringify(claims))}`);
}

function verdict(keys: PublicKey, text: Buffer, signature: Uint8Array): string {
  try {
    createJwtVerifier({ keys, issuer: 'a', audience: 'b', typ: 'JWT', clock: () => now }).verify(
      `${text.toString()}.${segment(signature)}`,
    );
    return 'accepted';
  } catch (error) {
    if (error instanceof TokenRejected) return error.code;
    throw error;
  }
}

const toNumber = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
function toBytes(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');
}

/** Order and field prime of each curve. SEC 2 §2.4 */
const CURVES = [
  [
    'ES256',
    'P-256',
    'sha256',
    32,
    'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
    'ffffffff00000001000000000000000000000000ffffffffffffffffffffffff',
  ],
  [
    'ES384',
    'P-384',
    'sha384',
    48,
    'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
    'fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff',
  ],
  [
    'ES512',
    'P-521',
    'sha512',
    66,
    `01${'f'.repeat(64)}fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409`,
    `01${'f'.repeat(130)}`,
  ],
  [
    'ES256K',
    'secp256k1',
    'sha256',
    32,
    'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141',
    'fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f',
  ],
] as const;

test.each(CURVES)(
  'T15, T17: %s: r and s out of range, at its borders, or by the modulus, are refused',
  (alg, namedCurve, hash, bytes, order, prime) => {
    const { privateKey, publicKey } = crypto.generateKeyPairSync('ec', { namedCurve });
    const key = importPublicJwk({ ...publicKey.export({ format: 'jwk' }), alg });
    const text = signedText(alg);
    const good = crypto.sign(hash, text, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    expect(verdict(key, text, good)).toBe('accepted');
    const [n, p] = [BigInt(`0x${order}`), BigInt(`0x${prime}`)];
    const [r, s] = [toNumber(good.subarray(0, bytes)), toNumber(good.subarray(bytes))];
    const most = 2n ** BigInt(8 * bytes) - 1n;
    const edges = [0n, 1n, 2n, n - 1n, n, n + 1n, p - 1n, p, p + 1n, most].filter((value) => value <= most);
    const pairs = [
      ...edges.flatMap((one) => edges.map((other) => [one, other] as const)),
      ...edges.flatMap(
        (edge) =>
          [
            [r, edge],
            [edge, s],
          ] as const,
      ),
    ];
    // the same signature again, plus the order: a verifier that reduces takes it
    for (const pair of [
      [r + n, s],
      [r, s + n],
      [r + n, s + n],
    ] as const)
      if (pair[0] <= most && pair[1] <= most) pairs.push(pair);
    // s taken for r
    pairs.push([s, r]);
    for (const [one, other] of pairs)
      expect(verdict(key, text, Buffer.concat([toBytes(one, bytes), toBytes(other, bytes)]))).toBe('token/signature');
    // T25: the negative s is a signature as well, for everybody; nothing here goes by a token's bytes
    expect(verdict(key, text, Buffer.concat([toBytes(r, bytes), toBytes(n - s, bytes)]))).toBe('accepted');
  },
);

test.each(CURVES)(
  'T08, T16: %s: a signature as DER, shorter, longer, or with zeros that say nothing is refused',
  (alg, namedCurve, hash, bytes) => {
    const { privateKey, publicKey } = crypto.generateKeyPairSync('ec', { namedCurve });
    const key = importPublicJwk({ ...publicKey.export({ format: 'jwk' }), alg });
    const text = signedText(alg);
    const good = crypto.sign(hash, text, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const zero = Buffer.alloc(1);
    const wrong = [
      crypto.sign(hash, text, privateKey),
      good.subarray(1),
      good.subarray(0, -1),
      Buffer.concat([good, zero]),
      Buffer.concat([zero, good]),
      Buffer.concat([zero, good.subarray(0, bytes), zero, good.subarray(bytes)]),
      good.subarray(0, bytes),
      Buffer.concat([good, good]),
      Buffer.alloc(0),
    ];
    for (const signature of wrong) expect(verdict(key, text, signature)).toBe('token/signature');
  },
);

test('RFC 8032 §5.1.7: Ed25519 with S plus the order of the group, or a point of small order as R, is refused', () => {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('ed25519');
  const key = importPublicJwk({ ...publicKey.export({ format: 'jwk' }), alg: 'EdDSA' });
  const text = signedText('EdDSA');
  const good = crypto.sign(null, text, privateKey);
  expect(verdict(key, text, good)).toBe('accepted');
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const s = toNumber(Buffer.from(good.subarray(32)).reverse());
  const little = (value: bigint): Buffer => toBytes(value, 32).reverse();
  const shifted = [s + order, s + 2n * order, 0n, order, order - 1n].map((value) =>
    Buffer.concat([good.subarray(0, 32), little(value)]),
  );
  const small = ['01', '00', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'].map((hex) =>
    Buffer.concat([Buffer.from(hex.padEnd(64, '0'), 'hex'), Buffer.alloc(32)]),
  );
  for (const signature of [
    ...shifted,
    ...small,
    Buffer.alloc(64),
    good.subarray(0, 63),
    Buffer.concat([good, Buffer.alloc(1)]),
  ])
    expect(verdict(key, text, signature)).toBe('token/signature');
});

const rsa = crypto.generateKeyPairSync('rsa', { modulusLength: 2_048 });
const modulus = toNumber(Buffer.from(rsa.publicKey.export({ format: 'jwk' }).n ?? '', 'base64url'));
const BYTES = 256;
const rsaKey = (alg: KeyPairAlgorithm): PublicKey =>
  importPublicJwk({ ...rsa.publicKey.export({ format: 'jwk' }), alg });
/** The bare RSA operation on a block of any shape. */
const raise = (block: Uint8Array): Buffer =>
  crypto.privateEncrypt({ key: rsa.privateKey, padding: crypto.constants.RSA_NO_PADDING }, block);
const lower = (signature: Uint8Array): Buffer =>
  crypto.publicDecrypt({ key: rsa.publicKey, padding: crypto.constants.RSA_NO_PADDING }, signature);

test('T18: RS256: 0, 1, n − 1, n, and the signature plus n are refused', () => {
  const key = rsaKey('RS256');
  const text = signedText('RS256');
  const good = crypto.sign('sha256', text, rsa.privateKey);
  expect(verdict(key, text, good)).toBe('accepted');
  for (const value of [0n, 1n, 2n, modulus - 1n, modulus, modulus - toNumber(good)])
    expect(verdict(key, text, toBytes(value, BYTES))).toBe('token/signature');
  const more = toBytes(toNumber(good) + modulus, BYTES + 1);
  for (const signature of [
    more,
    more.subarray(more[0] === 0 ? 1 : 0),
    good.subarray(1),
    Buffer.concat([Buffer.alloc(1), good]),
    Buffer.alloc(0),
  ])
    expect(verdict(key, text, signature)).toBe('token/signature');
});

const SHA256 = '3031300d060960864801650304020105000420';
test('T19: RS256: a block that RFC 8017 §9.2 does not make is refused (Bleichenbacher 2006, CVE-2014-1568)', () => {
  const key = rsaKey('RS256');
  const text = signedText('RS256');
  const hash = crypto.createHash('sha256').update(text).digest();
  const block = (
    info: Buffer,
    change: { type?: number; fill?: number; padding?: number; tail?: Buffer; first?: number } = {},
  ): Buffer => {
    const tail = change.tail ?? Buffer.alloc(0);
    const padding = Buffer.alloc(change.padding ?? BYTES - 3 - info.length - tail.length, change.fill ?? 0xff);
    const head = Buffer.concat([Buffer.of(change.first ?? 0, change.type ?? 1), padding, Buffer.of(0), info, tail]);
    // what is left of the block is what a forger may choose
    return Buffer.concat([head, Buffer.alloc(BYTES - head.length, 0x41)]);
  };
  const info = (prefix: string, digest = hash): Buffer => Buffer.concat([Buffer.from(prefix, 'hex'), digest]);
  const good = block(info(SHA256));
  expect(verdict(key, text, raise(good))).toBe('accepted');
  const other = crypto.createHash('sha256').update('other').digest();
  const wrong: Readonly<Record<string, Buffer>> = {
    'a tail in place of the padding': block(info(SHA256), { padding: 8 }),
    'no padding at all': block(info(SHA256), { padding: 0 }),
    'rubbish behind the hash': block(info(SHA256), { tail: Buffer.alloc(10, 0x42) }),
    'the block type of encryption': block(info(SHA256), { type: 2 }),
    'block type 0': block(info(SHA256), { type: 0, fill: 0 }),
    'padding of zeros': block(info(SHA256), { fill: 0 }),
    'padding with one other byte': Buffer.from(good).fill(0xfe, 20, 21),
    'no zero between padding and hash': Buffer.from(good).fill(0xff, BYTES - 52, BYTES - 51),
    'no parameters in the algorithm': block(info('302f300b0609608648016503040201' + '0420')),
    'parameters that are not NULL': block(info('3031300d0609608648016503040201' + '04000420')),
    'a length in two bytes': block(info('308131300d060960864801650304020105000420')),
    'a length without end': block(Buffer.concat([info('3080300d060960864801650304020105000420'), Buffer.alloc(2)])),
    'rubbish within the parameters': block(info('3035301106096086480165030402010504deadbeef0420')),
    'the name of SHA-1 over the hash of SHA-256': block(info('302d300906052b0e03021a05000420')),
    'the name of SHA-512': block(info('3031300d060960864801650304020305000420')),
    'the bare hash': block(hash),
    'the hash of something else': block(info(SHA256, other)),
    'a hash cut short': block(info('3030300d06096086480165030402010500041f', hash.subarray(0, 31))),
  };
  for (const [what, forged] of Object.entries(wrong))
    expect([what, verdict(key, text, raise(forged))]).toEqual([what, 'token/signature']);
});

test('T21: a signature by the other padding, or the other hash, of the same key is refused', () => {
  const pss = { key: rsa.privateKey, padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  expect(verdict(rsaKey('RS256'), signedText('RS256'), crypto.sign('sha256', signedText('RS256'), pss))).toBe(
    'token/signature',
  );
  expect(
    verdict(rsaKey('PS256'), signedText('PS256'), crypto.sign('sha256', signedText('PS256'), rsa.privateKey)),
  ).toBe('token/signature');
  for (const hash of ['sha1', 'sha384', 'sha512'])
    expect(verdict(rsaKey('RS256'), signedText('RS256'), crypto.sign(hash, signedText('RS256'), rsa.privateKey))).toBe(
      'token/signature',
    );
});

test.each([
  ['PS256', 'sha256', 32],
  ['PS384', 'sha384', 48],
  ['PS512', 'sha512', 64],
] as const)('T20: %s: another salt length, hash or trailer is refused (RFC 7518 §3.5)', (alg, hash, length) => {
  const key = rsaKey(alg);
  const text = signedText(alg);
  const sign = (name: string, saltLength: number): Buffer =>
    crypto.sign(name, text, { key: rsa.privateKey, padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength });
  const good = sign(hash, length);
  expect(verdict(key, text, good)).toBe('accepted');
  for (const salt of [0, 1, length - 1, length + 1, crypto.constants.RSA_PSS_SALTLEN_MAX_SIGN])
    expect(verdict(key, text, sign(hash, salt))).toBe('token/signature');
  for (const name of ['sha1', 'sha256', 'sha384', 'sha512'])
    if (name !== hash) expect(verdict(key, text, sign(name, length))).toBe('token/signature');
  const block = lower(good);
  expect(verdict(key, text, raise(block))).toBe('accepted');
  const trailer = Buffer.from(block);
  trailer[BYTES - 1] = 0xcc;
  const hashed = Buffer.from(block);
  hashed[BYTES - 2] = (hashed[BYTES - 2] ?? 0) ^ 1;
  const masked = Buffer.from(block);
  masked[10] = (masked[10] ?? 0) ^ 1;
  for (const forged of [trailer, hashed, masked, Buffer.concat([Buffer.alloc(1), block.subarray(0, -1)])])
    expect(verdict(key, text, raise(forged))).toBe('token/signature');
});

test('the private key that the forgeries were made with is a good one', () => {
  expect(importPrivateJwk({ ...rsa.privateKey.export({ format: 'jwk' }), alg: 'RS256' }).alg).toBe('RS256');
});
