import * as crypto from 'node:crypto';
import { type AlgorithmRow, findAlgorithm, type SecretAlgorithm } from './algorithms.ts';
import { KeyRejected } from './errors.ts';
import { bindHmac } from './hmac.ts';
import type { ImportOptions } from './import-options.ts';
import type { Jwk } from './jwk.ts';
import { exportObject, type KeyFacts, type KeyOptions, makeKey, materialOf, type SecretKey } from './keys.ts';
import { looksLikeKeyPair } from './lookalike-secret.ts';
import { refuseUnknown } from './options.ts';
import { bytesOf, readJwk } from './read-jwk.ts';

/**
 * A secret from its bytes.
 *
 * @param bytes At least as many as the hash has: 32, 48 or 64. Bytes that are a public key in any usual form are refused: a
 *   public key as a secret lets anyone sign.
 * @throws {KeyRejected} `key/malformed`, `key/algorithm`, `key/weak`, `key/public`, `key/id`
 */
export function importSecret(bytes: Uint8Array, options: KeyOptions & { readonly alg: SecretAlgorithm }): SecretKey {
  refuseUnknown(options, ['alg', 'kid']);
  if (!(bytes instanceof Uint8Array)) throw new KeyRejected('key/malformed');
  const row = findAlgorithm(options.alg);
  if (row?.family !== 'hmac') throw new KeyRejected('key/algorithm');
  return secretFrom(bytes, row, { kid: options.kid });
}

/** A secret from its JWK. @throws {KeyRejected} as {@link importSecret}, `key/type`, `key/use` */
export function importSecretJwk(jwk: unknown, options: ImportOptions = {}): SecretKey {
  const { row, members, facts } = readJwk(jwk, options);
  if (row.family !== 'hmac') throw new KeyRejected('key/type');
  if (facts.operations?.size === 0) throw new KeyRejected('key/use');
  return secretFrom(bytesOf(members.k), row, facts);
}

/** @throws {KeyRejected} `key/public`, `key/weak`, `key/id` */
export function secretFrom(bytes: Uint8Array, row: AlgorithmRow, facts: KeyFacts): SecretKey {
  if (looksLikeKeyPair(bytes)) throw new KeyRejected('key/public');
  return makeKey('secret', row, crypto.createSecretKey(bytes), facts, bindHmac);
}

/** The JWK of a secret. Keep it sealed. */
export function exportSecretJwk(key: SecretKey): Jwk {
  const { row, object } = materialOf(key, ['secret']);
  return { ...exportObject(object), alg: row.alg, use: 'sig', kid: key.kid };
}

/** The bytes of a secret. Keep them sealed. */
export function exportSecret(key: SecretKey): Uint8Array {
  return materialOf(key, ['secret']).object.export();
}
