import type { KeyObject } from 'node:crypto';
import * as crypto from 'node:crypto';
import { promisify } from 'node:util';
import { type Algorithm, type AlgorithmRow, findAlgorithm } from './algorithms.ts';
import { KeyRejected } from './errors.ts';
import type { Jwk } from './jwk.ts';
import { thumbprintOfJwk } from './thumbprint.ts';

declare const secret: unique symbol;
declare const priv: unique symbol;
declare const pub: unique symbol;

interface AnyKey {
  /** The one algorithm that this key is for. RFC 8725 §3.1 */
  readonly alg: Algorithm;
  readonly kid: string;
}

/** Signs and checks HMACs. Never accepted where a public key is asked for. */
export interface SecretKey extends AnyKey {
  readonly kind: 'secret';
  readonly [secret]: true;
}

/** Signs. */
export interface PrivateKey extends AnyKey {
  readonly kind: 'private';
  readonly [priv]: true;
}

/** Checks signatures. */
export interface PublicKey extends AnyKey {
  readonly kind: 'public';
  readonly [pub]: true;
}

export type Key = SecretKey | PrivateKey | PublicKey;

/** What stands behind a key; nothing outside of this package gets at it. */
export interface KeyMaterial {
  readonly row: AlgorithmRow;
  readonly object: KeyObject;
}

const MATERIAL = new WeakMap<object, KeyMaterial>();

/**
 * The material of a key that was made here.
 *
 * @throws {TypeError} for any other value, a key of another kind included.
 */
export function materialOf(key: unknown, kinds: readonly Key['kind'][]): KeyMaterial {
  const material = typeof key === 'object' && key !== null ? MATERIAL.get(key) : undefined;
  if (material === undefined || !kinds.includes((key as Key).kind))
    throw new TypeError(`key must be a ${kinds.join(' or ')} key made by @mapae/jwt`);
  return material;
}

export interface KeyOptions {
  /** 1 to 256 characters. Default: the first 8 of the thumbprint (RFC 7638). */
  readonly kid?: string;
}

const RSA_BITS = 2048;
const SMALLEST_EXPONENT = 65_537n;
const LONGEST_KID = 256;

/** Makes a key after the checks that each import shares. */
export function makeKey(kind: Key['kind'], row: AlgorithmRow, object: KeyObject, kid: string | undefined): Key {
  if (object.type !== kind) throw new KeyRejected('key/type');
  if (kind !== 'secret') checkAsymmetric(row, object);
  // RFC 7518 §3.2: at least as long as the hash
  else if ((object.symmetricKeySize ?? 0) < 32) throw new KeyRejected('key/weak');
  const id = kid ?? thumbprintOfJwk(exportObject(object)).slice(0, 8);
  if (typeof id !== 'string' || id.length === 0 || id.length > LONGEST_KID) throw new KeyRejected('key/id');
  const key = Object.freeze({ kind, alg: row.alg, kid: id });
  MATERIAL.set(key, { row, object });
  return key as Key;
}

function checkAsymmetric(row: AlgorithmRow, object: KeyObject): void {
  if (row.keyType === undefined || object.asymmetricKeyType !== row.keyType) throw new KeyRejected('key/type');
  const details = object.asymmetricKeyDetails;
  if (row.keyType === 'ec' && details?.namedCurve !== 'prime256v1') throw new KeyRejected('key/type');
  if (row.keyType !== 'rsa') return;
  const exponent = details?.publicExponent ?? 0n;
  // RFC 7518 §3.3: 2048 bits or more
  if ((details?.modulusLength ?? 0) < RSA_BITS || exponent < SMALLEST_EXPONENT || exponent % 2n === 0n)
    throw new KeyRejected('key/weak');
}

/** The JWK of a key object, private members included. */
export function exportObject(object: KeyObject): Jwk {
  return object.export({ format: 'jwk' }) as Jwk;
}

function rowFor(alg: unknown, secretWanted: boolean): AlgorithmRow {
  const row = findAlgorithm(alg);
  if (row === undefined || (row.kty === 'oct') !== secretWanted) throw new KeyRejected('key/algorithm');
  return row;
}

const generateAsync = promisify(crypto.generateKeyPair) as (
  type: string,
  options: object,
) => Promise<{ readonly privateKey: KeyObject }>;

function generation(row: AlgorithmRow): [type: string, options: object] {
  if (row.keyType === 'rsa') return ['rsa', { modulusLength: RSA_BITS }];
  if (row.keyType === 'ec') return ['ec', { namedCurve: 'P-256' }];
  return ['ed25519', {}];
}

/**
 * Makes a private key. RSA takes a fraction of a second here: servers take {@link generatePrivateKeyAsync}.
 *
 * @throws {KeyRejected} `key/algorithm`
 */
export function generatePrivateKey(alg: Exclude<Algorithm, 'HS256'>, options: KeyOptions = {}): PrivateKey {
  const row = rowFor(alg, false);
  const [type, parameters] = generation(row);
  const pair = (crypto.generateKeyPairSync as (type: string, options: object) => { readonly privateKey: KeyObject })(
    type,
    parameters,
  );
  return makeKey('private', row, pair.privateKey, options.kid) as PrivateKey;
}

/** Makes a private key off the main thread. */
export async function generatePrivateKeyAsync(
  alg: Exclude<Algorithm, 'HS256'>,
  options: KeyOptions = {},
): Promise<PrivateKey> {
  const row = rowFor(alg, false);
  const { privateKey } = await generateAsync(...generation(row));
  return makeKey('private', row, privateKey, options.kid) as PrivateKey;
}

/** Makes a secret of 256 bits. */
export function generateSecretKey(alg: 'HS256', options: KeyOptions = {}): SecretKey {
  return makeKey('secret', rowFor(alg, true), crypto.createSecretKey(crypto.randomBytes(32)), options.kid) as SecretKey;
}

/** The public half of a private key, with its `kid`. */
export function publicKeyOf(key: PrivateKey): PublicKey {
  const { row, object } = materialOf(key, ['private']);
  return makeKey('public', row, crypto.createPublicKey(object), key.kid) as PublicKey;
}

/** Thumbprint of a key; that of a private key is its public half's. base64url, 43 characters. RFC 7638 */
export function thumbprint(key: Key): string {
  return thumbprintOfJwk(exportObject(materialOf(key, ['secret', 'private', 'public']).object));
}
