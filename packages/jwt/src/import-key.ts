import * as crypto from 'node:crypto';
import type { Algorithm, AlgorithmRow } from './algorithms.ts';
import { findAlgorithm } from './algorithms.ts';
import { decodeBase64url } from './base64url.ts';
import { KeyRejected } from './errors.ts';
import type { Jwk } from './jwk.ts';
import {
  exportObject,
  type KeyOptions,
  makeKey,
  materialOf,
  type PrivateKey,
  type PublicKey,
  type SecretKey,
} from './keys.ts';

export interface ImportOptions {
  /** The algorithm the key is for. Needed where the JWK says none; where it says one, they have to agree. RFC 7517 §4.4 */
  readonly alg?: Algorithm;
}

/** Members of private keys. RFC 7518 §6.2.2, §6.3.2, RFC 8037 §2 */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
/** Members that hold bytes, by key type; a number tells their exact length. */
const BYTE_MEMBERS: Readonly<Record<string, Readonly<Record<string, number | undefined>>>> = {
  EC: { x: 32, y: 32, d: 32 },
  OKP: { x: 32, d: 32 },
  RSA: {
    n: undefined,
    e: undefined,
    d: undefined,
    p: undefined,
    q: undefined,
    dp: undefined,
    dq: undefined,
    qi: undefined,
  },
  oct: { k: undefined },
};

/**
 * A public key from its JWK.
 *
 * @throws {KeyRejected} `key/malformed`, `key/type`, `key/algorithm`, `key/weak`, `key/use`, `key/private`, `key/id`
 */
export function importPublicJwk(jwk: unknown, options: ImportOptions = {}): PublicKey {
  const { row, members } = readJwk(jwk, options, 'verify');
  if (row.kty === 'oct') throw new KeyRejected('key/type');
  if (PRIVATE_MEMBERS.some((name) => Object.hasOwn(members, name))) throw new KeyRejected('key/private');
  return makeKey(
    'public',
    row,
    toObject(() => crypto.createPublicKey({ key: { ...members } as crypto.webcrypto.JsonWebKey, format: 'jwk' })),
    members.kid,
  ) as PublicKey;
}

/** A private key from its JWK. @throws {KeyRejected} as {@link importPublicJwk} */
export function importPrivateJwk(jwk: unknown, options: ImportOptions = {}): PrivateKey {
  const { row, members } = readJwk(jwk, options, 'sign');
  if (row.kty === 'oct') throw new KeyRejected('key/type');
  if (!Object.hasOwn(members, 'd')) throw new KeyRejected('key/malformed');
  const object = toObject(() =>
    crypto.createPrivateKey({ key: { ...members } as crypto.webcrypto.JsonWebKey, format: 'jwk' }),
  );
  const key = makeKey('private', row, object, members.kid) as PrivateKey;
  // the public members may be somebody else's: OpenSSL takes them as they stand
  const probe = new Uint8Array(1);
  const publicObject = toObject(() =>
    crypto.createPublicKey({ key: publicMembers(members) as crypto.webcrypto.JsonWebKey, format: 'jwk' }),
  );
  if (!row.verify(probe, publicObject, row.sign(probe, object))) throw new KeyRejected('key/malformed');
  return key;
}

function publicMembers(members: Jwk): Partial<Jwk> {
  return Object.fromEntries(Object.entries(members).filter(([name]) => !PRIVATE_MEMBERS.includes(name)));
}

/** A secret from its JWK. @throws {KeyRejected} as {@link importPublicJwk} */
export function importSecretJwk(jwk: unknown, options: ImportOptions = {}): SecretKey {
  const { row, members } = readJwk(jwk, options, 'sign');
  if (row.kty !== 'oct' || members.k === undefined) throw new KeyRejected('key/type');
  return secretFrom(decodeBase64url(members.k), row, members.kid);
}

/**
 * A secret from its bytes.
 *
 * @param bytes At least 32. Bytes that are a public key in any usual form are refused: a public key as a secret lets
 *   anyone sign.
 * @throws {KeyRejected} `key/algorithm`, `key/weak`, `key/public`, `key/id`
 */
export function importSecret(bytes: Uint8Array, options: KeyOptions & { readonly alg: 'HS256' }): SecretKey {
  if (!(bytes instanceof Uint8Array)) throw new KeyRejected('key/malformed');
  const row = findAlgorithm(options.alg);
  if (row?.kty !== 'oct') throw new KeyRejected('key/algorithm');
  return secretFrom(bytes, row, options.kid);
}

function secretFrom(bytes: Uint8Array, row: AlgorithmRow, kid: string | undefined): SecretKey {
  if (isPublicKey(bytes)) throw new KeyRejected('key/public');
  return makeKey('secret', row, crypto.createSecretKey(bytes), kid) as SecretKey;
}

function readJwk(
  jwk: unknown,
  options: ImportOptions,
  operation: 'sign' | 'verify',
): { readonly row: AlgorithmRow; readonly members: Jwk } {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) throw new KeyRejected('key/malformed');
  const members = Object.fromEntries(Object.entries(jwk)) as unknown as Jwk;
  const alg = members.alg ?? options.alg;
  const row = findAlgorithm(alg);
  if (row === undefined || (options.alg !== undefined && options.alg !== alg)) throw new KeyRejected('key/algorithm');
  if (members.kty !== row.kty || members.crv !== row.crv) throw new KeyRejected('key/type');
  if (members.use !== undefined && members.use !== 'sig') throw new KeyRejected('key/use');
  if (members.key_ops !== undefined && !(Array.isArray(members.key_ops) && members.key_ops.includes(operation)))
    throw new KeyRejected('key/use');
  if (members.kid !== undefined && typeof members.kid !== 'string') throw new KeyRejected('key/id');
  for (const [name, length] of Object.entries(BYTE_MEMBERS[row.kty] ?? {}))
    checkBytes((members as unknown as Record<string, unknown>)[name], length);
  return { row, members };
}

/** RFC 7518 §6.2.1.2: coordinates have their full length; §6.3.1.1: numbers have no leading zero octets. */
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

function toObject(make: () => crypto.KeyObject): crypto.KeyObject {
  try {
    return make();
  } catch {
    throw new KeyRejected('key/malformed');
  }
}

/** True when bytes are a public key: PEM, DER, base64 of DER, or JWK text, with anything in front of it. */
function isPublicKey(bytes: Uint8Array): boolean {
  const raw = Buffer.from(bytes);
  const text = raw.toString('latin1');
  if (/-----BEGIN [A-Z0-9 ]*(?:PUBLIC KEY|CERTIFICATE)-----/.test(text)) return true;
  if (/"kty"\s*:/.test(text)) return true;
  const der = [raw, /^[A-Za-z0-9+/_=\s-]+$/.test(text) ? Buffer.from(text, 'base64') : raw];
  return der.some(
    (candidate) =>
      (['spki', 'pkcs1'] as const).some((type) =>
        parses(() => crypto.createPublicKey({ key: candidate, format: 'der', type })),
      ) || parses(() => new crypto.X509Certificate(candidate)),
  );
}

function parses(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

/** The JWK of a public key, with `alg`, `use` and `kid`. */
export function exportPublicJwk(key: PublicKey | PrivateKey): Jwk {
  const { row, object } = materialOf(key, ['public', 'private']);
  const publicObject = object.type === 'private' ? crypto.createPublicKey(object) : object;
  return { ...exportObject(publicObject), alg: row.alg, use: 'sig', kid: key.kid };
}

/** The JWK of a private key. Keep it sealed. */
export function exportPrivateJwk(key: PrivateKey): Jwk {
  const { row, object } = materialOf(key, ['private']);
  return { ...exportObject(object), alg: row.alg, use: 'sig', kid: key.kid };
}

/** The JWK of a secret. Keep it sealed. */
export function exportSecretJwk(key: SecretKey): Jwk {
  const { row, object } = materialOf(key, ['secret']);
  return { ...exportObject(object), alg: row.alg, use: 'sig', kid: key.kid };
}
