import { ALGORITHMS, type KeyPairAlgorithm } from '@mapae/jwt';

/** Signed by this unless a resource asks for another: every verifier elsewhere takes it. */
export const DEFAULT_ALG = 'ES256';
/** Keys that every server has. RS256: RFC 9068 §2.1 and OpenID Connect Discovery §3 ask for it. */
export const ALWAYS_ALGS = [DEFAULT_ALG, 'RS256'] as const;

/** @throws {TypeError} for what is no algorithm of key pairs. */
export function parseAlg(alg: string): KeyPairAlgorithm {
  if (!isKeyPairAlgorithm(alg)) throw new TypeError(`signing keys: ${alg} is no algorithm for them`);
  return alg;
}

function isKeyPairAlgorithm(alg: string): alg is KeyPairAlgorithm {
  const known: readonly string[] = ALGORITHMS;
  return known.includes(alg) && !alg.startsWith('HS');
}
