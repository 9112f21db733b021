import { ALGORITHMS, type Algorithm, findAlgorithm } from './algorithms.ts';
import { type KeyErrorCode, KeyRejected } from './errors.ts';
import { importPublicJwk } from './import-public-jwk.ts';
import { materialOf, type PublicKey, type SecretKey } from './keys.ts';
import { refuseUnknown } from './options.ts';

/** Keys by `kid`. Looked up in a Map: a `kid` is an opaque text and nothing else. RFC 7515 §4.1.4 */
export interface KeySet {
  find(kid: string): PublicKey | SecretKey | undefined;
  readonly kids: readonly string[];
}

/** A key of a JWK Set that was left out. */
export interface RefusedJwk {
  /** Place in `keys`. */
  readonly index: number;
  readonly kid: string | undefined;
  /** `key/type` for a secret, which has no place in a public set; `key/id` for a `kid` that is missing or stands twice. */
  readonly code: KeyErrorCode;
}

export interface ImportedKeySet extends KeySet {
  /** What was left out and why; worth an alarm where it is a secret or a private key. */
  readonly refused: readonly RefusedJwk[];
}

export interface JwkSetOptions {
  /**
   * The only algorithms to take keys of. A key that says no `alg` is for the one of them that fits its type and curve; where several
   * fit, it is left out. Default: all of them; then only keys of ECDSA curves go without `alg`.
   */
  readonly algorithms?: readonly Algorithm[];
}

/**
 * A set of keys that verify.
 *
 * @throws {KeyRejected} `key/id` when a `kid` stands twice: here the programmer chose them. `key/use`
 */
export function createKeySet(keys: readonly (PublicKey | SecretKey)[]): KeySet {
  const byId = new Map<string, PublicKey | SecretKey>();
  for (const key of keys) {
    materialOf(key, ['public', 'secret'], 'verify');
    if (byId.has(key.kid)) throw new KeyRejected('key/id');
    byId.set(key.kid, key);
  }
  return Object.freeze(setOf(byId));
}

/**
 * The usable keys of a JWK Set that came from elsewhere. Keys of unknown types, whose algorithm is not known, or with private members
 * are left out, as are secrets, which have no place in a public set; so are all keys of a `kid` that stands twice.
 *
 * @throws {KeyRejected} `key/malformed` when it is no JWK Set at all.
 * @throws {TypeError} for an option that is unknown or wrong.
 * @see RFC 7517 §5
 */
export function importJwkSet(jwks: unknown, options: JwkSetOptions = {}): ImportedKeySet {
  const algorithms = readAlgorithms(options);
  if (typeof jwks !== 'object' || jwks === null || !Object.hasOwn(jwks, 'keys') || !('keys' in jwks))
    throw new KeyRejected('key/malformed');
  if (!Array.isArray(jwks.keys)) throw new KeyRejected('key/malformed');
  const listed = jwks.keys as readonly unknown[];
  const ids = listed.map((jwk) => memberOf(jwk, 'kid'));
  const byId = new Map<string, PublicKey>();
  const refused: RefusedJwk[] = [];
  for (const [index, jwk] of listed.entries()) {
    const kid = ids[index];
    try {
      if (kid === undefined || ids.indexOf(kid) !== ids.lastIndexOf(kid)) throw new KeyRejected('key/id');
      byId.set(kid, importOne(jwk, algorithms));
    } catch (error) {
      if (!(error instanceof KeyRejected)) throw error;
      refused.push({ index, kid, code: error.code });
    }
  }
  return Object.freeze({ ...setOf(byId), refused: Object.freeze(refused) });
}

function importOne(jwk: unknown, algorithms: readonly Algorithm[] | undefined): PublicKey {
  if (algorithms === undefined) return importPublicJwk(jwk);
  const key =
    memberOf(jwk, 'alg') === undefined ? importPublicJwk(jwk, { alg: onlyFit(jwk, algorithms) }) : importPublicJwk(jwk);
  if (!algorithms.includes(key.alg)) throw new KeyRejected('key/algorithm');
  return key;
}

function onlyFit(jwk: unknown, algorithms: readonly Algorithm[]): Algorithm {
  const [kty, crv] = [memberOf(jwk, 'kty'), memberOf(jwk, 'crv')];
  const fits = algorithms.filter((alg) => {
    const row = findAlgorithm(alg);
    return row?.kty === kty && row?.crv === crv;
  });
  const [alg] = fits;
  if (alg === undefined || fits.length > 1) throw new KeyRejected('key/algorithm');
  return alg;
}

function readAlgorithms(options: JwkSetOptions): readonly Algorithm[] | undefined {
  refuseUnknown(options, ['algorithms']);
  const { algorithms } = options;
  if (algorithms === undefined) return undefined;
  if (!Array.isArray(algorithms) || !algorithms.every((alg) => (ALGORITHMS as readonly unknown[]).includes(alg)))
    throw new TypeError('algorithms must be an array of names of algorithms');
  return [...new Set<Algorithm>(algorithms)];
}

function memberOf(jwk: unknown, name: string): string | undefined {
  if (typeof jwk !== 'object' || jwk === null || !Object.hasOwn(jwk, name)) return undefined;
  const value = (jwk as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : undefined;
}

function setOf(byId: ReadonlyMap<string, PublicKey | SecretKey>): KeySet {
  return { find: (kid: string) => byId.get(kid), kids: Object.freeze([...byId.keys()]) };
}
