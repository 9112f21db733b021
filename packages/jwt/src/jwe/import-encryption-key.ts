import * as crypto from 'node:crypto';
import { decodeBase64url } from '../base64url.ts';
import { KeyRejected } from '../errors.ts';
import type { Jwk } from '../jwk.ts';
import {
  type DecryptionKey,
  type EncryptionKey,
  type EncryptionKeyOptions,
  exportJweObject,
  jweMaterialOf,
  makeJweKey,
  rowOfShared,
  type SharedEncryptionKey,
} from './encryption-keys.ts';
import { findCurve, findKeyManagement, type KeyManagementAlgorithm, type KeyManagementRow } from './key-management.ts';

export interface ImportEncryptionOptions {
  /** What the key is for. Needed where the JWK says nothing; where it says something, they have to agree. RFC 7517 §4.4 */
  readonly alg?: KeyManagementAlgorithm;
}

/** Members of private keys. RFC 7518 §6.2.2, §6.3.2, RFC 8037 §2 */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const RSA_MEMBERS = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'];

/**
 * A recipient's public key from its JWK.
 *
 * @throws {KeyRejected} `key/malformed`, `key/type`, `key/algorithm`, `key/weak`, `key/use`, `key/private`, `key/id`
 */
export function importEncryptionJwk(jwk: unknown, options: ImportEncryptionOptions = {}): EncryptionKey {
  const { row, members } = readJwk(jwk, options, 'publicOperations');
  if (row.kind === 'shared') throw new KeyRejected('key/type');
  if (PRIVATE_MEMBERS.some((name) => Object.hasOwn(members, name))) throw new KeyRejected('key/private');
  return makeJweKey('encryption', row, publicObject(members), members.kid) as EncryptionKey;
}

/** A key that decrypts, from its JWK. @throws {KeyRejected} as {@link importEncryptionJwk} */
export function importDecryptionJwk(jwk: unknown, options: ImportEncryptionOptions = {}): DecryptionKey {
  const { row, members } = readJwk(jwk, options, 'privateOperations');
  if (row.kind === 'shared') throw new KeyRejected('key/type');
  if (members.d === undefined) throw new KeyRejected('key/malformed');
  const object = toObject(() =>
    crypto.createPrivateKey({ key: { ...members } as crypto.webcrypto.JsonWebKey, format: 'jwk' }),
  );
  const key = makeJweKey('decryption', row, object, members.kid) as DecryptionKey;
  checkPair(row, object, publicObject(members));
  return key;
}

/** A secret for `dir` from its JWK. @throws {KeyRejected} as {@link importEncryptionJwk} */
export function importSharedEncryptionJwk(jwk: unknown, options: ImportEncryptionOptions = {}): SharedEncryptionKey {
  const { row, members } = readJwk(jwk, options, 'privateOperations', 'publicOperations');
  if (row.kind !== 'shared' || members.k === undefined) throw new KeyRejected('key/type');
  return makeJweKey(
    'shared',
    row,
    crypto.createSecretKey(decodeBase64url(members.k)),
    members.kid,
  ) as SharedEncryptionKey;
}

/**
 * A secret for `dir` from its bytes.
 *
 * @param bytes Exactly 32, from a sound source of randomness; a password is none.
 * @throws {KeyRejected} `key/malformed`, `key/weak`, `key/id`
 */
export function importSharedEncryptionSecret(
  bytes: Uint8Array,
  options: EncryptionKeyOptions = {},
): SharedEncryptionKey {
  if (!(bytes instanceof Uint8Array)) throw new KeyRejected('key/malformed');
  return makeJweKey('shared', rowOfShared(), crypto.createSecretKey(bytes), options.kid) as SharedEncryptionKey;
}

type Operations = 'privateOperations' | 'publicOperations';

function readJwk(
  jwk: unknown,
  options: ImportEncryptionOptions,
  ...operations: readonly Operations[]
): { readonly row: KeyManagementRow; readonly members: Jwk } {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) throw new KeyRejected('key/malformed');
  const members = Object.fromEntries(Object.entries(jwk)) as unknown as Jwk;
  const alg = members.alg ?? options.alg;
  const row = findKeyManagement(alg);
  if (row === undefined || (options.alg !== undefined && options.alg !== alg)) throw new KeyRejected('key/algorithm');
  if (members.use !== undefined && members.use !== 'enc') throw new KeyRejected('key/use');
  for (const name of operations) checkOperations(members.key_ops, row[name]);
  if (members.kid !== undefined && typeof members.kid !== 'string') throw new KeyRejected('key/id');
  checkMembers(row, members as unknown as Readonly<Record<string, unknown>>);
  return { row, members };
}

/** RFC 7517 §4.3. The public key of an agreement has nothing to do, so it may name nothing. */
function checkOperations(given: unknown, wanted: readonly string[]): void {
  if (given === undefined) return;
  if (!Array.isArray(given)) throw new KeyRejected('key/use');
  const fits = wanted.length === 0 ? given.length === 0 : wanted.some((name) => given.includes(name));
  if (!fits) throw new KeyRejected('key/use');
}

function checkMembers(row: KeyManagementRow, members: Readonly<Record<string, unknown>>): void {
  if (row.kind === 'shared') {
    if (members['kty'] !== 'oct') throw new KeyRejected('key/type');
    checkBytes(members['k'], undefined);
    return;
  }
  if (row.kind === 'rsa') {
    if (members['kty'] !== 'RSA') throw new KeyRejected('key/type');
    for (const name of RSA_MEMBERS) checkBytes(members[name], undefined);
    return;
  }
  const curve = findCurve(members['crv']);
  if (curve === undefined || members['kty'] !== curve.kty) throw new KeyRejected('key/type');
  // RFC 7518 §6.2.1.2, §6.2.2.1: coordinates and scalars have their full length
  for (const name of curve.kty === 'EC' ? ['x', 'y', 'd'] : ['x', 'd']) checkBytes(members[name], curve.bytes);
}

function checkBytes(value: unknown, length: number | undefined): void {
  if (value === undefined) return;
  if (typeof value !== 'string') throw new KeyRejected('key/malformed');
  let bytes: Uint8Array;
  try {
    bytes = decodeBase64url(value);
  } catch {
    throw new KeyRejected('key/malformed');
  }
  if (bytes.length === 0 || (length !== undefined && bytes.length !== length)) throw new KeyRejected('key/malformed');
}

/** Refuses points that aren't on their curve: OpenSSL looks. RFC 8725 §3.4 */
function publicObject(members: Jwk): crypto.KeyObject {
  const key = Object.fromEntries(Object.entries(members).filter(([name]) => !PRIVATE_MEMBERS.includes(name)));
  return toObject(() => crypto.createPublicKey({ key: key as crypto.webcrypto.JsonWebKey, format: 'jwk' }));
}

/** The public members may be somebody else's: OpenSSL takes them as they stand, and then nobody could decrypt. */
function checkPair(row: KeyManagementRow, object: crypto.KeyObject, stated: crypto.KeyObject): void {
  if (row.kind === 'rsa') {
    const probe = crypto.randomBytes(8);
    const opened = toObject(() => crypto.privateDecrypt(object, crypto.publicEncrypt(stated, probe)));
    if (!opened.equals(probe)) throw new KeyRejected('key/malformed');
    return;
  }
  // against a fresh key both ways: the same secret comes out only where the two belong together
  const other = crypto.generateKeyPairSync(
    object.asymmetricKeyType as 'ec',
    { namedCurve: object.asymmetricKeyDetails?.namedCurve } as { namedCurve: string },
  );
  const ours = crypto.diffieHellman({ privateKey: object, publicKey: other.publicKey });
  const theirs = toObject(() => crypto.diffieHellman({ privateKey: other.privateKey, publicKey: stated }));
  if (!ours.equals(theirs)) throw new KeyRejected('key/malformed');
}

function toObject<T>(make: () => T): T {
  try {
    return make();
  } catch {
    throw new KeyRejected('key/malformed');
  }
}

/** The JWK of a recipient's public key, with `alg`, `use: enc` and `kid`; of a private one its public half. */
export function exportEncryptionJwk(key: EncryptionKey | DecryptionKey): Jwk {
  const { row, object } = jweMaterialOf(key, ['encryption', 'decryption']);
  const half = object.type === 'private' ? crypto.createPublicKey(object) : object;
  return { ...exportJweObject(half), alg: row.alg, use: 'enc', kid: key.kid };
}

/** The JWK of a key that decrypts. Keep it sealed. */
export function exportDecryptionJwk(key: DecryptionKey): Jwk {
  const { row, object } = jweMaterialOf(key, ['decryption']);
  return { ...exportJweObject(object), alg: row.alg, use: 'enc', kid: key.kid };
}

/** The JWK of a secret for `dir`. Keep it sealed. */
export function exportSharedEncryptionJwk(key: SharedEncryptionKey): Jwk {
  const { row, object } = jweMaterialOf(key, ['shared']);
  return { ...exportJweObject(object), alg: row.alg, use: 'enc', kid: key.kid };
}
