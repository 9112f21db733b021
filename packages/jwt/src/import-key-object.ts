import * as crypto from 'node:crypto';
import { KeyRejected } from './errors.ts';
import { type ImportOptions, rowAskedFor } from './import-options.ts';
import { publicFrom } from './import-pem.ts';
import { makeKey, type PrivateKey, type PublicKey, type SecretKey } from './keys.ts';
import { unwrapPss } from './rsa-pss-key.ts';
import { secretFrom } from './secret-key.ts';

/** Key objects of node:crypto and, where they may be exported, of Web Crypto. */
export type ForeignKey = crypto.KeyObject | crypto.webcrypto.CryptoKey;
export type KeyObjectImportOptions = ImportOptions & { readonly alg: NonNullable<ImportOptions['alg']> };

/** A public key from a key object. @throws {KeyRejected} as `importPublicPem` */
export function importPublicKey(key: ForeignKey, options: KeyObjectImportOptions): PublicKey {
  const row = rowAskedFor(options, 'pair');
  const object = objectOf(key);
  if (object.type === 'private') throw new KeyRejected('key/private');
  return publicFrom(object, row, options);
}

/** A private key from a key object. @throws {KeyRejected} as `importPrivatePem` */
export function importPrivateKey(key: ForeignKey, options: KeyObjectImportOptions): PrivateKey {
  const row = rowAskedFor(options, 'pair');
  return makeKey('private', row, unwrapPss(row, objectOf(key)), options);
}

/** A secret from a key object. @throws {KeyRejected} as `importSecret` */
export function importSecretKey(key: ForeignKey, options: KeyObjectImportOptions): SecretKey {
  const row = rowAskedFor(options, 'secret');
  const object = objectOf(key);
  if (object.type !== 'secret') throw new KeyRejected('key/type');
  return secretFrom(object.export(), row, options);
}

function objectOf(key: unknown): crypto.KeyObject {
  if (key instanceof crypto.KeyObject) return key;
  try {
    return crypto.KeyObject.from(key as crypto.webcrypto.CryptoKey);
  } catch {
    throw new KeyRejected('key/malformed');
  }
}
