import * as crypto from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  createJwtVerifier,
  exportPrivatePem,
  generatePrivateKey,
  importPrivatePem,
  publicKeyOf,
  TokenRejected,
} from '../src/index.ts';

const rs = generatePrivateKey('RS256', { kid: 'k' });
const pem = exportPrivatePem(rs);
const object = crypto.createPrivateKey(pem);
const { n: modulusText = '', d: exponentText = '' } = object.export({ format: 'jwk' });
const modulus = toNumber(Buffer.from(modulusText, 'base64url'));
const privateExponent = toNumber(Buffer.from(exponentText, 'base64url'));
const BYTES = 256;
const { RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING } = crypto.constants;

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function toBytes(number: bigint, length = BYTES): Buffer {
  return Buffer.from(number.toString(16).padStart(2 * length, '0'), 'hex');
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/** Verdict on a token of this algorithm with this signature. */
function verdict(alg: 'RS256' | 'PS256' | 'PS384', sign: (data: Buffer) => Buffer): string {
  const key = publicKeyOf(importPrivatePem(pem, { alg, kid: 'k' }));
  const verifier = createJwtVerifier({ keys: key, issuer: 'i', audience: 'a', typ: 'JWT', clock: () => 0 });
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const input = `${encode({ alg, typ: 'JWT', kid: 'k' })}.${encode({ iss: 'i', aud: 'a', exp: 1 })}`;
  try {
    verifier.verify(`${input}.${sign(Buffer.from(input)).toString('base64url')}`);
    return 'accepted';
  } catch (error) {
    if (error instanceof TokenRejected) return error.code;
    throw error;
  }
}

const pkcs1 = (data: Buffer): Buffer => crypto.sign('sha256', data, { key: object, padding: RSA_PKCS1_PADDING });
const pss =
  (saltLength: number, hash = 'sha256') =>
  (data: Buffer): Buffer =>
    crypto.sign(hash, data, { key: object, padding: RSA_PKCS1_PSS_PADDING, saltLength });

describe('T18: an RSA signature that is no number below n, or too long or short', () => {
  test('the true one holds', () => expect(verdict('RS256', pkcs1)).toBe('accepted'));
  test.each<[string, (good: bigint) => Buffer]>([
    ['0', () => Buffer.alloc(BYTES)],
    ['1', () => toBytes(1n)],
    ['n − 1', () => toBytes(modulus - 1n)],
    ['n', () => toBytes(modulus)],
    ['s + n, one byte longer', (good) => toBytes(good + modulus, BYTES + 1)],
    ['s with a zero in front', (good) => toBytes(good, BYTES + 1)],
    ['s without its first byte', (good) => toBytes(good).subarray(1)],
    ['all ones', () => Buffer.alloc(BYTES, 0xff)],
    ['empty', () => Buffer.alloc(0)],
  ])('T18: %s', (_title, change) => {
    for (const alg of ['RS256', 'PS256'] as const) {
      const make = alg === 'RS256' ? pkcs1 : pss(32);
      expect(verdict(alg, (data) => change(toNumber(make(data))))).toBe('token/signature');
    }
  });
});

/** DigestInfo of SHA-256. RFC 8017 §9.2 */
const digestInfo = (data: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from('3031300d060960864801650304020105000420', 'hex'),
    crypto.createHash('sha256').update(data).digest(),
  ]);
/** What the private key makes of any encoded message: the forger is given more than he could have. */
const rawSign = (message: Buffer): Buffer => toBytes(power(toNumber(message), privateExponent));
const padded = (info: Buffer, head: Buffer = Buffer.of(0, 1), filler = 0xff): Buffer =>
  Buffer.concat([head, Buffer.alloc(BYTES - head.length - 1 - info.length, filler), Buffer.of(0), info]);

describe('T19: PKCS #1 v1.5 padding that is not exactly the one of RFC 8017 §9.2 (Bleichenbacher 2006)', () => {
  test('the exact one holds, so the forgeries below are near misses', () => {
    expect(verdict('RS256', (data) => rawSign(padded(digestInfo(data))))).toBe('accepted');
  });
  test.each<[string, (data: Buffer) => Buffer]>([
    [
      'short padding, rubbish behind the hash',
      (data) => {
        const start = Buffer.concat([Buffer.of(0, 1), Buffer.alloc(8, 0xff), Buffer.of(0), digestInfo(data)]);
        return Buffer.concat([start, Buffer.alloc(BYTES - start.length, 0x55)]);
      },
    ],
    ['block type 2', (data) => padded(digestInfo(data), Buffer.of(0, 2))],
    ['block type 0', (data) => padded(digestInfo(data), Buffer.of(0, 0), 0)],
    ['filler that is not ff', (data) => padded(digestInfo(data), Buffer.of(0, 1), 0xfe)],
    ['no DigestInfo, the hash alone', (data) => padded(crypto.createHash('sha256').update(data).digest())],
    [
      'DigestInfo without its NULL',
      (data) =>
        padded(
          Buffer.concat([
            Buffer.from('302f300b0609608648016503040201', 'hex'),
            Buffer.from('0420', 'hex'),
            crypto.createHash('sha256').update(data).digest(),
          ]),
        ),
    ],
    [
      'DigestInfo with rubbish as parameters',
      (data) =>
        padded(
          Buffer.concat([
            Buffer.from('3033300f0609608648016503040201', 'hex'),
            Buffer.from('04020000', 'hex'),
            Buffer.from('0420', 'hex'),
            crypto.createHash('sha256').update(data).digest(),
          ]),
        ),
    ],
    [
      'DigestInfo of SHA-1',
      (data) =>
        padded(
          Buffer.concat([
            Buffer.from('3021300906052b0e03021a05000414', 'hex'),
            crypto.createHash('sha1').update(data).digest(),
          ]),
        ),
    ],
    ['one byte behind the hash', (data) => padded(Buffer.concat([digestInfo(data), Buffer.of(0)]))],
  ])('T19: %s', (_title, encode) => {
    expect(verdict('RS256', (data) => rawSign(encode(data)))).toBe('token/signature');
  });
  test('T19: a signature with another hash, or PSS for PKCS #1 and the other way', () => {
    expect(verdict('RS256', (data) => crypto.sign('sha512', data, object))).toBe('token/signature');
    expect(verdict('RS256', pss(32))).toBe('token/signature');
    expect(verdict('PS256', pkcs1)).toBe('token/signature');
  });
});

describe('T20: PSS with another salt, hash or trailer than RFC 7518 §3.5 says', () => {
  test('the true ones hold', () => {
    expect(verdict('PS256', pss(32))).toBe('accepted');
    expect(verdict('PS384', pss(48, 'sha384'))).toBe('accepted');
  });
  test.each([0, 1, 20, 31, 33, 48, 64, 222])('T20: a salt of %i bytes', (length) => {
    expect(verdict('PS256', pss(length))).toBe('token/signature');
  });
  test('T20: another hash', () => {
    expect(verdict('PS256', pss(32, 'sha384'))).toBe('token/signature');
    expect(verdict('PS384', pss(48, 'sha256'))).toBe('token/signature');
  });
  test('T20: another trailer, another first byte', () => {
    const change = (at: number, value: number) => (data: Buffer) => {
      const message = toBytes(power(toNumber(pss(32)(data)), 65_537n));
      expect(message.at(-1)).toBe(0xbc);
      message[at] = value;
      return rawSign(message);
    };
    expect(verdict('PS256', change(BYTES - 1, 0xcc))).toBe('token/signature');
    expect(verdict('PS256', change(100, 1))).toBe('token/signature');
  });
});
