import * as crypto from 'node:crypto';
import type { AlgorithmRow } from './algorithms.ts';
import { checkEdwardsPoint } from './edwards-point.ts';
import { KeyRejected } from './errors.ts';
import type { ImportOptions } from './import-options.ts';
import { makeKeyObject } from './key-object.ts';
import { makeKey, type PublicKey } from './keys.ts';
import { keyMembers, PRIVATE_MEMBERS, PUBLIC_MEMBERS, type ReadJwk, readJwk } from './read-jwk.ts';

/**
 * A public key from its JWK.
 *
 * @throws {KeyRejected} `key/malformed`, `key/type`, `key/algorithm`, `key/weak`, `key/use`, `key/private`, `key/id`, `key/unsupported`
 */
export function importPublicJwk(jwk: unknown, options: ImportOptions = {}): PublicKey {
  const read = readJwk(jwk, options);
  if (read.row.family === 'hmac') throw new KeyRejected('key/type');
  if (PRIVATE_MEMBERS.some((name) => name in read.members)) throw new KeyRejected('key/private');
  if (!read.facts.operations?.has('verify')) throw new KeyRejected('key/use');
  return makeKey('public', read.row, publicObjectOf(read), read.facts);
}

/** The public half of what a JWK holds, found to be a point of its curve. @throws {KeyRejected} `key/malformed`, `key/weak`, `key/unsupported` */
export function publicObjectOf(read: ReadJwk): crypto.KeyObject {
  const key = keyMembers(read, PUBLIC_MEMBERS) as crypto.webcrypto.JsonWebKey;
  const object = makeKeyObject(read.row, () => crypto.createPublicKey({ key, format: 'jwk' }));
  checkPoint(read.row, object);
  return object;
}

/** OpenSSL finds points of NIST's curves on the curve as it reads them; those of Edwards curves it takes as they are. */
export function checkPoint(row: AlgorithmRow, object: crypto.KeyObject): void {
  if (row.kty === 'OKP') checkEdwardsPoint(row, Buffer.from(object.export({ format: 'jwk' }).x ?? '', 'base64url'));
}
