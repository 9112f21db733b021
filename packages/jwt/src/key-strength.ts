import type { KeyObject } from 'node:crypto';
import type { AlgorithmRow } from './algorithms.ts';
import { KeyRejected } from './errors.ts';
import { isRocaModulus } from './roca.ts';

export interface KeyStrength {
  /** Accepts RSA exponents from 3 on. RFC 7518 §3.3 allows them; 65537 is what everyone makes. Default: false. */
  readonly dangerouslyAllowSmallExponent?: boolean | undefined;
}

const LEAST_RSA_BITS = 2_048;
/** OpenSSL's own limit; one check of a larger one would hold a server up. */
const MOST_RSA_BITS = 16_384;
const USUAL_EXPONENT = 65_537n;

/**
 * Refuses a key object of another type than its algorithm needs, and weak ones.
 *
 * @throws {KeyRejected} `key/type`, `key/weak`
 * @see RFC 7518 §3.2, §3.3, §3.5, NIST SP 800-89 §5.3.3
 */
export function checkKeyObject(row: AlgorithmRow, object: KeyObject, strength: KeyStrength): void {
  if (row.family === 'hmac') {
    // RFC 7518 §3.2: at least as long as the hash
    if ((object.symmetricKeySize ?? 0) < row.hashBytes) throw new KeyRejected('key/weak');
    return;
  }
  if (object.asymmetricKeyType !== row.keyType || object.asymmetricKeyDetails?.namedCurve !== row.curve)
    throw new KeyRejected('key/type');
  if (row.kty === 'RSA') checkRsa(object, strength);
}

function checkRsa(object: KeyObject, { dangerouslyAllowSmallExponent = false }: KeyStrength): void {
  const { modulusLength = 0, publicExponent = 0n } = object.asymmetricKeyDetails ?? {};
  const least = dangerouslyAllowSmallExponent ? 3n : USUAL_EXPONENT;
  if (modulusLength < LEAST_RSA_BITS || modulusLength > MOST_RSA_BITS) throw new KeyRejected('key/weak');
  if (publicExponent < least || publicExponent % 2n === 0n) throw new KeyRejected('key/weak');
  const { n = '' } = object.export({ format: 'jwk' });
  const modulus = Buffer.from(n, 'base64url');
  if (((modulus.at(-1) ?? 0) & 1) === 0 || isRocaModulus(modulus)) throw new KeyRejected('key/weak');
}
