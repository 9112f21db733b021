import type { KeyObject } from 'node:crypto';
import * as crypto from 'node:crypto';
import type { Algorithm, AlgorithmRow, KeyPairAlgorithm, SecretAlgorithm } from './algorithms.ts';
import { KeyRejected } from './errors.ts';
import type { Hmac } from './hmac.ts';
import type { Jwk } from './jwk.ts';
import { checkKeyObject, type KeyStrength } from './key-strength.ts';
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
  readonly alg: SecretAlgorithm;
  readonly [secret]: true;
}

/** Signs. */
export interface PrivateKey extends AnyKey {
  readonly kind: 'private';
  readonly alg: KeyPairAlgorithm;
  readonly [priv]: true;
}

/** Checks signatures. */
export interface PublicKey extends AnyKey {
  readonly kind: 'public';
  readonly alg: KeyPairAlgorithm;
  readonly [pub]: true;
}

export type Key = SecretKey | PrivateKey | PublicKey;

/** What stands behind a key; nothing outside of this package gets at it. */
export interface KeyMaterial {
  readonly row: AlgorithmRow;
  readonly object: KeyObject;
  /** What the key's own `key_ops` allow. RFC 7517 §4.3 */
  readonly operations: ReadonlySet<'sign' | 'verify'>;
  /** Of a secret. */
  readonly hmac: Hmac | undefined;
}

const MATERIAL = new WeakMap<object, KeyMaterial>();

/**
 * The material of a key that was made here.
 *
 * @throws {TypeError} for any other value, a key of another kind included.
 * @throws {KeyRejected} `key/use` when the key's own `key_ops` don't allow the operation.
 */
export function materialOf(key: unknown, kinds: readonly Key['kind'][], operation?: 'sign' | 'verify'): KeyMaterial {
  // a WeakMap answers for anything, and knows nothing but objects
  const material = MATERIAL.get(key as object);
  if (material === undefined || !kinds.includes((key as Key).kind))
    throw new TypeError(`key must be a ${kinds.join(' or ')} key made by @mapae/jwt`);
  if (operation !== undefined && !material.operations.has(operation)) throw new KeyRejected('key/use');
  return material;
}

export interface KeyOptions {
  /** 1 to 256 characters. Default: the first 8 of the thumbprint (RFC 7638). */
  readonly kid?: string | undefined;
}

const LONGEST_KID = 256;
const BOTH: ReadonlySet<'sign' | 'verify'> = new Set(['sign', 'verify']);

type BindHmac = (row: AlgorithmRow, object: KeyObject) => Hmac;

/** What an import knows beside the key object. */
export interface KeyFacts extends KeyOptions, KeyStrength {
  readonly operations?: ReadonlySet<'sign' | 'verify'>;
}

/**
 * Makes a key after the checks that each import shares.
 *
 * @param bindHmac For secrets alone, and given by who makes one: so a program without secrets carries nothing of HMAC.
 * @throws {KeyRejected} `key/type`, `key/weak`, `key/id`
 */
export function makeKey(
  kind: 'secret',
  row: AlgorithmRow,
  object: KeyObject,
  facts: KeyFacts,
  bindHmac: BindHmac,
): SecretKey;
export function makeKey(kind: 'private', row: AlgorithmRow, object: KeyObject, facts: KeyFacts): PrivateKey;
export function makeKey(kind: 'public', row: AlgorithmRow, object: KeyObject, facts: KeyFacts): PublicKey;
export function makeKey(
  kind: Key['kind'],
  row: AlgorithmRow,
  object: KeyObject,
  facts: KeyFacts,
  bindHmac?: BindHmac,
): Key {
  if (object.type !== kind) throw new KeyRejected('key/type');
  checkKeyObject(row, object, facts);
  const kid = facts.kid ?? thumbprintOfJwk(exportObject(object)).slice(0, 8);
  if (typeof kid !== 'string' || kid.length === 0 || kid.length > LONGEST_KID) throw new KeyRejected('key/id');
  const key = Object.freeze({ kind, alg: row.alg, kid });
  const hmac = bindHmac?.(row, object);
  MATERIAL.set(key, Object.freeze({ row, object, operations: facts.operations ?? BOTH, hmac }));
  return key as Key;
}

/** The JWK of a key object, private members included. */
export function exportObject(object: KeyObject): Jwk {
  return object.export({ format: 'jwk' }) as Jwk;
}

/** The public half of a private key, with its `kid`. */
export function publicKeyOf(key: PrivateKey): PublicKey {
  const { row, object } = materialOf(key, ['private']);
  return makeKey('public', row, crypto.createPublicKey(object), { kid: key.kid, dangerouslyAllowSmallExponent: true });
}

/** Thumbprint of a key; that of a private key is its public half's. base64url, 43 characters. RFC 7638 */
export function thumbprint(key: Key): string {
  return thumbprintOfJwk(exportObject(materialOf(key, ['secret', 'private', 'public']).object));
}
