import * as crypto from 'node:crypto';
import type { AlgorithmRow } from './algorithms.ts';
import { KeyRejected } from './errors.ts';
import { type ImportOptions, rowAskedFor } from './import-options.ts';
import { checkPoint } from './import-public-jwk.ts';
import { makeKeyObject } from './key-object.ts';
import { makeKey, type PrivateKey, type PublicKey } from './keys.ts';
import { unwrapPss } from './rsa-pss-key.ts';

const PUBLIC_LABELS = ['PUBLIC KEY', 'RSA PUBLIC KEY', 'CERTIFICATE'];
const PRIVATE_LABELS = ['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY', 'ENCRYPTED PRIVATE KEY'];
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

export type PemImportOptions = ImportOptions & { readonly alg: NonNullable<ImportOptions['alg']> };

export interface PrivatePemImportOptions extends PemImportOptions {
  /** Of an encrypted key. */
  readonly passphrase?: string | Uint8Array | undefined;
}

/**
 * A public key from PEM: SPKI, PKCS#1, or an X.509 certificate for its public key. Of the certificate nothing else is looked at: no
 * issuer, no name, no expiry.
 *
 * @throws {KeyRejected} `key/malformed`, `key/type`, `key/algorithm`, `key/weak`, `key/private`, `key/id`, `key/unsupported`
 * @see RFC 7468 §5, §13
 */
export function importPublicPem(pem: string, options: PemImportOptions): PublicKey {
  const row = rowAskedFor(options, 'pair');
  const { label, text } = onlyBlock(pem);
  if (PRIVATE_LABELS.includes(label)) throw new KeyRejected('key/private');
  if (!PUBLIC_LABELS.includes(label)) throw new KeyRejected('key/malformed');
  const object = makeKeyObject(row, () => crypto.createPublicKey({ key: text, format: 'pem' }));
  return publicFrom(object, row, options);
}

/** @throws {KeyRejected} as {@link importPublicPem} */
export function publicFrom(object: crypto.KeyObject, row: AlgorithmRow, options: ImportOptions): PublicKey {
  const plain = unwrapPss(row, object);
  const key = makeKey('public', row, plain, options);
  checkPoint(row, plain);
  return key;
}

/**
 * A private key from PEM: PKCS#8, PKCS#1 or SEC1, encrypted or not.
 *
 * @throws {KeyRejected} as {@link importPublicPem}, `key/passphrase`
 * @see RFC 7468 §10, §11, RFC 5915
 */
export function importPrivatePem(pem: string, options: PrivatePemImportOptions): PrivateKey {
  const row = rowAskedFor(options, 'pair');
  const { label, text } = onlyBlock(pem);
  if (!PRIVATE_LABELS.includes(label)) throw new KeyRejected('key/malformed');
  const encrypted = label === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type: 4,ENCRYPTED/m.test(text);
  const passphrase = encrypted ? passphraseOf(options) : undefined;
  const object = makePrivateObject(row, text, passphrase);
  return makeKey('private', row, unwrapPss(row, object), options);
}

function passphraseOf({ passphrase }: PrivatePemImportOptions): Buffer {
  if (passphrase === undefined || passphrase.length === 0) throw new KeyRejected('key/passphrase');
  return Buffer.from(passphrase);
}

function makePrivateObject(row: AlgorithmRow, key: string, passphrase: Buffer | undefined): crypto.KeyObject {
  if (passphrase === undefined) return makeKeyObject(row, () => crypto.createPrivateKey({ key, format: 'pem' }));
  try {
    return crypto.createPrivateKey({ key, format: 'pem', passphrase });
  } catch {
    // a wrong passphrase decrypts to rubbish: the two can't be told apart
    throw new KeyRejected('key/passphrase');
  }
}

/** The one key of a PEM text. `EC PARAMETERS`, which OpenSSL's tools write in front, isn't one. */
function onlyBlock(pem: unknown): { readonly label: string; readonly text: string } {
  if (typeof pem !== 'string') throw new KeyRejected('key/malformed');
  const blocks = [...pem.matchAll(BLOCK)].filter(([, label]) => label !== 'EC PARAMETERS');
  const [text, label] = blocks[0] ?? [];
  if (text === undefined || label === undefined || blocks.length > 1) throw new KeyRejected('key/malformed');
  return { label, text };
}
