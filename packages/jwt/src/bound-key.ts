import type { AlgorithmRow } from './algorithms.ts';
import { bindSignatureCheck, type SignatureCheck } from './check-signature.ts';
import { materialOf, type PublicKey, type SecretKey } from './keys.ts';

/** A key with everything that checking under it needs, made ready once. */
export interface BoundKey extends SignatureCheck {
  readonly key: PublicKey | SecretKey;
  readonly row: AlgorithmRow;
}

const BOUND = new WeakMap<object, BoundKey>();

/**
 * @throws {TypeError} for a value that is no key that verifies.
 * @throws {KeyRejected} `key/use`
 */
export function bindKey(key: PublicKey | SecretKey): BoundKey {
  const { row, object, hmac } = materialOf(key, ['public', 'secret'], 'verify');
  let bound = BOUND.get(key);
  if (bound === undefined) {
    bound = { key, row, ...(hmac ?? bindSignatureCheck(row, object)) };
    BOUND.set(key, bound);
  }
  return bound;
}
