import type { KeyObject } from 'node:crypto';
import * as crypto from 'node:crypto';
import { promisify } from 'node:util';
import { KeyRejected } from '../errors.ts';
import type { Jwk } from '../jwk.ts';
import { thumbprintOfJwk } from '../thumbprint.ts';
import {
  type EncryptionCurve,
  findCurve,
  findKeyManagement,
  type KeyManagementAlgorithm,
  type KeyManagementRow,
} from './key-management.ts';

declare const encrypting: unique symbol;
declare const decrypting: unique symbol;
declare const shared: unique symbol;

interface AnyEncryptionKey {
  /** The one way of key management that this key is for; its content encryption is A256GCM. RFC 8725 §3.1 */
  readonly alg: KeyManagementAlgorithm;
  readonly kid: string;
}

/** Encrypts: the recipient's public key. Checks no signature, and is never accepted where one is to be checked. */
export interface EncryptionKey extends AnyEncryptionKey {
  readonly kind: 'encryption';
  readonly [encrypting]: true;
}

/** Decrypts: the recipient's private key. Never signs. */
export interface DecryptionKey extends AnyEncryptionKey {
  readonly kind: 'decryption';
  readonly [decrypting]: true;
}

/** Encrypts and decrypts (`dir`). Never signs. */
export interface SharedEncryptionKey extends AnyEncryptionKey {
  readonly kind: 'shared';
  readonly [shared]: true;
}

type JweKey = EncryptionKey | DecryptionKey | SharedEncryptionKey;

/** What stands behind a key for encryption; nothing outside of this folder gets at it. */
export interface JweKeyMaterial {
  readonly row: KeyManagementRow;
  readonly object: KeyObject;
}

export interface EncryptionKeyOptions {
  /** 1 to 256 characters. Default: the first 8 of the thumbprint (RFC 7638). */
  readonly kid?: string;
}

export interface DecryptionKeyOptions extends EncryptionKeyOptions {
  /** Curve of a key that agrees (ECDH-ES). Default: P-256. */
  readonly crv?: EncryptionCurve;
}

const MATERIAL = new WeakMap<object, JweKeyMaterial>();
const OBJECT_TYPES = { encryption: 'public', decryption: 'private', shared: 'secret' } as const;
const SHARED_BYTES = 32;
const RSA_BITS = 2048;
const SMALLEST_EXPONENT = 65_537n;
const LONGEST_KID = 256;

/**
 * The material of a key for encryption that was made here.
 *
 * @throws {TypeError} for any other value, a signing key and a key of another kind included.
 */
export function jweMaterialOf(key: unknown, kinds: readonly JweKey['kind'][]): JweKeyMaterial {
  const material = typeof key === 'object' && key !== null ? MATERIAL.get(key) : undefined;
  if (material === undefined || !kinds.includes((key as JweKey).kind))
    throw new TypeError(`key must be an ${kinds.join(' or ')} key made by @mapae/jwt/jwe`);
  return material;
}

/** Makes a key after the checks that each import shares. */
export function makeJweKey(
  kind: JweKey['kind'],
  row: KeyManagementRow,
  object: KeyObject,
  kid: string | undefined,
): JweKey {
  if (object.type !== OBJECT_TYPES[kind]) throw new KeyRejected('key/type');
  CHECKS[row.kind](object);
  const id = kid ?? thumbprintOfJwk(exportJweObject(object)).slice(0, 8);
  if (typeof id !== 'string' || id.length === 0 || id.length > LONGEST_KID) throw new KeyRejected('key/id');
  const key = Object.freeze({ kind, alg: row.alg, kid: id });
  MATERIAL.set(key, { row, object });
  return key as JweKey;
}

const CHECKS: Readonly<Record<KeyManagementRow['kind'], (object: KeyObject) => void>> = {
  shared(object) {
    // RFC 7518 §4.5: the secret is the content key, so it has that one's length
    if (object.symmetricKeySize !== SHARED_BYTES) throw new KeyRejected('key/weak');
    // a buffer that nobody filled
    if (object.export().every((byte, _, all) => byte === all[0])) throw new KeyRejected('key/weak');
  },
  agreement(object) {
    if (!ACCEPTED_CURVES.has(curveNameOf(object))) throw new KeyRejected('key/type');
  },
  rsa(object) {
    const { modulusLength = 0, publicExponent = 0n } = object.asymmetricKeyDetails ?? {};
    if (object.asymmetricKeyType !== 'rsa') throw new KeyRejected('key/type');
    // RFC 7518 §4.3: 2048 bits or more
    if (modulusLength < RSA_BITS || publicExponent < SMALLEST_EXPONENT || publicExponent % 2n === 0n)
      throw new KeyRejected('key/weak');
  },
};

const ACCEPTED_CURVES: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1', 'x25519']);

function curveNameOf(object: KeyObject): string {
  return object.asymmetricKeyDetails?.namedCurve ?? object.asymmetricKeyType ?? '';
}

/** The JWK of a key object, private members included. */
export function exportJweObject(object: KeyObject): Jwk {
  return object.export({ format: 'jwk' }) as Jwk;
}

const generateAsync = promisify(crypto.generateKeyPair) as (
  type: string,
  options: object,
) => Promise<{ readonly privateKey: KeyObject }>;

/**
 * Makes a private key that decrypts, off the main thread. Hand out its {@link encryptionKeyOf public half}.
 *
 * @throws {KeyRejected} `key/algorithm`, `key/type` for a curve that isn't known here, `key/id`
 */
export async function generateDecryptionKey(
  alg: Exclude<KeyManagementAlgorithm, 'dir'>,
  options: DecryptionKeyOptions = {},
): Promise<DecryptionKey> {
  const row = findKeyManagement(alg);
  if (row === undefined || row.kind === 'shared') throw new KeyRejected('key/algorithm');
  const curve = findCurve(row.kind === 'rsa' ? undefined : (options.crv ?? 'P-256'));
  if ((row.kind === 'rsa') !== (curve === undefined)) throw new KeyRejected('key/type');
  const { privateKey } = await generateAsync(
    curve?.keyType ?? 'rsa',
    curve === undefined ? { modulusLength: RSA_BITS } : { namedCurve: curve.name },
  );
  return makeJweKey('decryption', row, privateKey, options.kid) as DecryptionKey;
}

/** Makes a secret of 256 bits for `dir`. @throws {KeyRejected} `key/id` */
export function generateSharedEncryptionKey(options: EncryptionKeyOptions = {}): SharedEncryptionKey {
  const object = crypto.createSecretKey(crypto.randomBytes(SHARED_BYTES));
  return makeJweKey('shared', rowOfShared(), object, options.kid) as SharedEncryptionKey;
}

/** The row of `dir`. */
export function rowOfShared(): KeyManagementRow {
  const row = findKeyManagement('dir');
  if (row === undefined) throw new Error('unreachable: the table has a row for dir');
  return row;
}

/** The public half of a key that decrypts, with its `kid`. */
export function encryptionKeyOf(key: DecryptionKey): EncryptionKey {
  const { row, object } = jweMaterialOf(key, ['decryption']);
  return makeJweKey('encryption', row, crypto.createPublicKey(object), key.kid) as EncryptionKey;
}

/** Keys that decrypt, by `kid`. Looked up in a Map: a `kid` is an opaque text and nothing else. RFC 7516 §4.1.6 */
export interface DecryptionKeySet {
  find(kid: string): DecryptionKey | SharedEncryptionKey | undefined;
  readonly kids: readonly string[];
}

/**
 * A set of keys that decrypt: the one in use, and the ones before it until their last token is over.
 *
 * @throws {KeyRejected} `key/id` when a `kid` stands twice.
 */
export function createDecryptionKeySet(keys: readonly (DecryptionKey | SharedEncryptionKey)[]): DecryptionKeySet {
  const byId = new Map<string, DecryptionKey | SharedEncryptionKey>();
  for (const key of keys) {
    jweMaterialOf(key, ['decryption', 'shared']);
    if (byId.has(key.kid)) throw new KeyRejected('key/id');
    byId.set(key.kid, key);
  }
  return Object.freeze({ find: (kid: string) => byId.get(kid), kids: Object.freeze([...byId.keys()]) });
}
