import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { importPublicJwk, type Jwk, thumbprint } from '@mapae/jwt';

export interface Proven {
  readonly token: string;
  readonly method: string;
  readonly url: string;
}

export interface ProofKey {
  /** RFC 7638 */
  readonly thumbprint: string;
  /** A proof made by hand, so that what is checked is not what signs. RFC 9449 §4.2 */
  prove(what: Proven): string;
}

export function createProofKey(): ProofKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' });
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return {
    thumbprint: thumbprint(importPublicJwk({ ...jwk, alg: 'ES256' } as Jwk)),
    prove({ token, method, url }) {
      const input = [
        encode({ typ: 'dpop+jwt', alg: 'ES256', jwk }),
        encode({
          jti: randomUUID(),
          htm: method,
          htu: url,
          iat: Math.floor(Date.UTC(2026, 10, 23) / 1_000),
          ath: createHash('sha256').update(token).digest('base64url'),
        }),
      ].join('.');
      const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${input}.${signature.toString('base64url')}`;
    },
  };
}
