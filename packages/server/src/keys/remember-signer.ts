import { createJwtSigner, type JwtSigner, type JwtSignerOptions, type PrivateKey } from '@mapae/jwt';

/** A signer for whatever key is active: made once a key, and forgotten when another one takes its place. */
export function rememberSigner(options: Omit<JwtSignerOptions, 'key'>): (key: PrivateKey) => JwtSigner {
  const byAlg = new Map<string, { readonly key: PrivateKey; readonly signer: JwtSigner }>();
  return (key) => {
    const known = byAlg.get(key.alg);
    if (known?.key === key) return known.signer;
    const signer = createJwtSigner({ ...options, key });
    byAlg.set(key.alg, { key, signer });
    return signer;
  };
}
