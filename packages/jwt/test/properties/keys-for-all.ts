import {
  ALGORITHMS,
  type Algorithm,
  exportPrivateJwk,
  generatePrivateKey,
  generateSecretKey,
  importPrivateJwk,
  type KeyPairAlgorithm,
  KeyRejected,
  type PrivateKey,
  type PublicKey,
  publicKeyOf,
  type SecretAlgorithm,
  type SecretKey,
} from '../../src/index.ts';

export interface SigningPair {
  readonly alg: Algorithm;
  readonly signing: PrivateKey | SecretKey;
  readonly verifying: PublicKey | SecretKey;
}

const isSecret = (alg: Algorithm): alg is SecretAlgorithm => alg.startsWith('HS');
const isRsa = (alg: Algorithm): boolean => alg.startsWith('RS') || alg.startsWith('PS');

/** A pair for every algorithm that this runtime has. One RSA key serves all six of them: making one takes long. */
export function pairsOfAllAlgorithms(): readonly SigningPair[] {
  const { alg: _, kid: __, key_ops: ___, ...rsa } = exportPrivateJwk(generatePrivateKey('RS256'));
  const pairOf = (alg: Algorithm): SigningPair | undefined => {
    if (isSecret(alg)) {
      const secret = generateSecretKey(alg);
      return { alg, signing: secret, verifying: secret };
    }
    try {
      const signing = isRsa(alg) ? importPrivateJwk({ ...rsa, alg }) : generatePrivateKey(alg as KeyPairAlgorithm);
      return { alg, signing, verifying: publicKeyOf(signing) };
    } catch (error) {
      if (error instanceof KeyRejected && error.code === 'key/unsupported') return undefined;
      throw error;
    }
  };
  return ALGORITHMS.map(pairOf).filter((pair) => pair !== undefined);
}
