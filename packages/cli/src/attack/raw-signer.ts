import * as crypto from 'node:crypto';

const CURVES: Readonly<Record<string, string>> = {
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
  ES256K: 'secp256k1',
};

/**
 * Signs any text at all by a JWS algorithm, base64url. With node:crypto and not with a token library: those refuse to make what is needed
 * here. Undefined for an algorithm that isn't known.
 *
 * @see RFC 7518 §3
 */
export function rawSigner(alg: string, key: crypto.KeyObject): ((input: string) => string) | undefined {
  const hash = `sha${/\d{3}/.exec(alg)?.[0] ?? ''}`;
  const by = (name: string | null, options: object) => (input: string) =>
    crypto.sign(name, Buffer.from(input), { key, ...options }).toString('base64url');
  switch (alg.slice(0, 2)) {
    case 'HS':
      return (input) => crypto.createHmac(hash, key).update(input).digest('base64url');
    case 'RS':
      return by(hash, {});
    case 'PS':
      return by(hash, {
        padding: crypto.constants.RSA_PKCS1_PSS_PADDING,
        saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST,
      });
    case 'ES':
      return by(hash, { dsaEncoding: 'ieee-p1363' });
    case 'Ed':
    case 'ML':
      return by(null, {});
    default:
      return undefined;
  }
}

/** A new key for an algorithm; for one that needs no pair, or that the runtime doesn't have, one for ES256. */
export function generateFor(alg: string): { readonly alg: string; readonly key: crypto.KeyObject } {
  const curve = CURVES[alg];
  if (/^[RP]S\d/.test(alg)) return { alg, key: crypto.generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey };
  if (alg === 'EdDSA' || alg === 'Ed25519') return { alg, key: crypto.generateKeyPairSync('ed25519').privateKey };
  if (curve !== undefined) return { alg, key: crypto.generateKeyPairSync('ec', { namedCurve: curve }).privateKey };
  return { alg: 'ES256', key: crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey };
}
