import * as crypto from 'node:crypto';
import { KeyRejected } from './errors.ts';
import type { ImportOptions } from './import-options.ts';
import { publicObjectOf } from './import-public-jwk.ts';
import { makeKeyObject } from './key-object.ts';
import { checkPair } from './key-pair.ts';
import { makeKey, type PrivateKey } from './keys.ts';
import { keyMembers, PRIVATE_MEMBERS, PUBLIC_MEMBERS, readJwk } from './read-jwk.ts';

/** A private key from its JWK. @throws {KeyRejected} as `importPublicJwk`, but for `key/private` */
export function importPrivateJwk(jwk: unknown, options: ImportOptions = {}): PrivateKey {
  const read = readJwk(jwk, options);
  if (read.row.family === 'hmac') throw new KeyRejected('key/type');
  if (!((read.row.kty === 'AKP' ? 'priv' : 'd') in read.members)) throw new KeyRejected('key/malformed');
  if (!read.facts.operations?.has('sign')) throw new KeyRejected('key/use');
  const jwkMembers = keyMembers(read, [...PUBLIC_MEMBERS, ...PRIVATE_MEMBERS]) as crypto.webcrypto.JsonWebKey;
  const object = makeKeyObject(read.row, () => crypto.createPrivateKey({ key: jwkMembers, format: 'jwk' }));
  const key = makeKey('private', read.row, object, read.facts);
  checkPair(read.row, object, publicObjectOf(read));
  return key;
}
