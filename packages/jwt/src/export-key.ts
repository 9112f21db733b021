import * as crypto from 'node:crypto';
import type { Jwk } from './jwk.ts';
import { exportObject, materialOf, type PrivateKey, type PublicKey } from './keys.ts';

/** The JWK of a public key, with `alg`, `use` and `kid`. */
export function exportPublicJwk(key: PublicKey | PrivateKey): Jwk {
  const { row } = materialOf(key, ['public', 'private']);
  return { ...exportObject(publicHalf(key)), alg: row.alg, use: 'sig', kid: key.kid };
}

/** The JWK of a private key. Keep it sealed. */
export function exportPrivateJwk(key: PrivateKey): Jwk {
  const { row, object } = materialOf(key, ['private']);
  return { ...exportObject(object), alg: row.alg, use: 'sig', kid: key.kid };
}

/** A public key as PEM (SPKI). RFC 7468 §13 */
export function exportPublicPem(key: PublicKey | PrivateKey): string {
  return publicHalf(key).export({ format: 'pem', type: 'spki' }) as string;
}

export interface PrivatePemExportOptions {
  /** Encrypts the key: PBES2 with AES-256-CBC (RFC 8018 §6.2). Not empty. */
  readonly passphrase?: string | Uint8Array;
}

/** A private key as PEM (PKCS#8). Without a passphrase: keep it sealed. RFC 7468 §10, §11 */
export function exportPrivatePem(key: PrivateKey, { passphrase }: PrivatePemExportOptions = {}): string {
  const { object } = materialOf(key, ['private']);
  if (passphrase === undefined) return object.export({ format: 'pem', type: 'pkcs8' }) as string;
  if (passphrase.length === 0) throw new TypeError('passphrase must not be empty');
  return object.export({
    format: 'pem',
    type: 'pkcs8',
    cipher: 'aes-256-cbc',
    passphrase: Buffer.from(passphrase),
  }) as string;
}

function publicHalf(key: PublicKey | PrivateKey): crypto.KeyObject {
  const { object } = materialOf(key, ['public', 'private']);
  return object.type === 'private' ? crypto.createPublicKey(object) : object;
}
