import type { KeyObject } from 'node:crypto';
import * as crypto from 'node:crypto';

/** Algorithms of RFC 7518 §3.1 and RFC 8037 §3.1 that exist here. There is no row for `none`, and no code path. */
export type Algorithm = 'HS256' | 'RS256' | 'ES256' | 'EdDSA';

/** What one algorithm needs of a key, and how it signs. Everything else is handed a row and never enumerates. */
export interface AlgorithmRow {
  readonly alg: Algorithm;
  /** `kty` of its keys (RFC 7518 §6.1, RFC 8037 §2), and `crv` where the key type has curves. */
  readonly kty: 'oct' | 'RSA' | 'EC' | 'OKP';
  readonly crv?: string;
  /** Key type of node:crypto; a secret has none. */
  readonly keyType: 'rsa' | 'ec' | 'ed25519' | undefined;
  /** Signature length in bytes; undefined where the key decides (RSA). */
  readonly signatureBytes: number | undefined;
  sign(data: Uint8Array, key: KeyObject): Buffer;
  verify(data: Uint8Array, key: KeyObject, signature: Uint8Array): boolean;
}

const HS256: AlgorithmRow = {
  alg: 'HS256',
  kty: 'oct',
  keyType: undefined,
  signatureBytes: 32,
  sign: (data, key) => crypto.createHmac('sha256', key).update(data).digest(),
  verify(data, key, signature) {
    const expected = crypto.createHmac('sha256', key).update(data).digest();
    // RFC 7515 §10.9: compared in constant time; the length is public
    return signature.length === expected.length && crypto.timingSafeEqual(expected, signature);
  },
};

const RS256: AlgorithmRow = {
  alg: 'RS256',
  kty: 'RSA',
  keyType: 'rsa',
  signatureBytes: undefined,
  sign: (data, key) => crypto.sign('sha256', data, key),
  verify: (data, key, signature) => crypto.verify('sha256', data, key, signature),
};

const ES256: AlgorithmRow = {
  alg: 'ES256',
  kty: 'EC',
  crv: 'P-256',
  keyType: 'ec',
  signatureBytes: 64, // RFC 7518 §3.4: r || s, not DER
  sign: (data, key) => crypto.sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }),
  verify: (data, key, signature) => crypto.verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature),
};

const EDDSA: AlgorithmRow = {
  alg: 'EdDSA',
  kty: 'OKP',
  crv: 'Ed25519',
  keyType: 'ed25519',
  signatureBytes: 64,
  sign: (data, key) => crypto.sign(null, data, key),
  verify: (data, key, signature) => crypto.verify(null, data, key, signature),
};

const ROWS: ReadonlyMap<string, AlgorithmRow> = new Map([HS256, RS256, ES256, EDDSA].map((row) => [row.alg, row]));

/** The row of an algorithm; undefined for anything that isn't exactly the name of one. */
export function findAlgorithm(alg: unknown): AlgorithmRow | undefined {
  return typeof alg === 'string' ? ROWS.get(alg) : undefined;
}
