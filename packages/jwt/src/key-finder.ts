import { type BoundKey, bindKey } from './bound-key.ts';
import type { KeySet } from './key-set.ts';
import type { PublicKey, SecretKey } from './keys.ts';

/** Where a verifier gets its keys from. A function is asked for each token, with the `kid` of its header. */
export type KeySource =
  | KeySet
  | PublicKey
  | SecretKey
  | ((kid: string | undefined) => KeySet | PublicKey | SecretKey | undefined);

/** The key for a `kid` at this moment; undefined where none is known. */
export type KeyFinder = (kid: string | undefined) => BoundKey | undefined;

/** @throws {TypeError} for what is no source of keys. */
export function createKeyFinder(source: KeySource): KeyFinder {
  let last: BoundKey | undefined;
  const bind = (key: PublicKey | SecretKey): BoundKey => {
    // the same key as for the token before: nothing to look up
    if (last?.key !== key) last = bindKey(key);
    return last;
  };
  const fromSet = (set: KeySet, kid: string | undefined): BoundKey | undefined => {
    // without a `kid` there is nothing to find a key by, and keys are not tried one after the other
    const key = kid === undefined ? undefined : set.find(kid);
    return key === undefined || key === null ? undefined : bind(key);
  };
  if (typeof source === 'function') {
    return (kid) => {
      const found = source(kid);
      if (found === undefined || found === null) return undefined;
      return isKeySet(found) ? fromSet(found, kid) : bind(found);
    };
  }
  if (isKeySet(source)) return (kid) => fromSet(source, kid);
  if (typeof source !== 'object' || source === null || !('kind' in source)) {
    throw new TypeError('keys must be a public key, a secret, a key set, or a function');
  }
  const only = bindKey(source);
  return (kid) => (kid === undefined || kid === source.kid ? only : undefined);
}

function isKeySet(source: unknown): source is KeySet {
  return typeof source === 'object' && source !== null && 'find' in source && typeof source.find === 'function';
}
