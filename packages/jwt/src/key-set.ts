import { KeyRejected } from './errors.ts';
import { importPublicJwk } from './import-key.ts';
import { materialOf, type PublicKey, type SecretKey } from './keys.ts';

/** Keys by `kid`. Looked up in a Map: a `kid` is an opaque text and nothing else. RFC 7515 §4.1.4 */
export interface KeySet {
  find(kid: string): PublicKey | SecretKey | undefined;
  readonly kids: readonly string[];
}

/**
 * A set of keys that verify.
 *
 * @throws {KeyRejected} `key/id` when a `kid` stands twice: here the programmer chose them.
 */
export function createKeySet(keys: readonly (PublicKey | SecretKey)[]): KeySet {
  const byId = new Map<string, PublicKey | SecretKey>();
  for (const key of keys) {
    materialOf(key, ['public', 'secret']);
    if (byId.has(key.kid)) throw new KeyRejected('key/id');
    byId.set(key.kid, key);
  }
  return toSet(byId);
}

/**
 * The usable keys of a JWK Set that came from elsewhere. Keys of unknown types, without an `alg`, or with private members are left
 * out, as are secrets, which have no place in a public set; so are all keys of a `kid` that stands twice.
 *
 * @throws {KeyRejected} `key/malformed` when it is no JWK Set at all.
 * @see RFC 7517 §5
 */
export function importJwkSet(jwks: unknown): KeySet {
  if (typeof jwks !== 'object' || jwks === null || !('keys' in jwks) || !Array.isArray(jwks.keys))
    throw new KeyRejected('key/malformed');
  const byId = new Map<string, PublicKey>();
  const seen = new Set<string>();
  for (const jwk of jwks.keys as readonly unknown[]) {
    const kid = kidOf(jwk);
    if (kid === undefined) continue;
    if (seen.has(kid)) byId.delete(kid);
    else tryImport(jwk, (key) => byId.set(kid, key));
    seen.add(kid);
  }
  return toSet(byId);
}

function kidOf(jwk: unknown): string | undefined {
  if (typeof jwk !== 'object' || jwk === null || !('kid' in jwk)) return undefined;
  return typeof jwk.kid === 'string' ? jwk.kid : undefined;
}

function tryImport(jwk: unknown, keep: (key: PublicKey) => void): void {
  try {
    keep(importPublicJwk(jwk));
  } catch (error) {
    if (!(error instanceof KeyRejected)) throw error;
  }
}

function toSet(byId: ReadonlyMap<string, PublicKey | SecretKey>): KeySet {
  return Object.freeze({ find: (kid: string) => byId.get(kid), kids: Object.freeze([...byId.keys()]) });
}
