import { randomBytes } from 'node:crypto';
import { generatePrivateKey, generateTimeOrderedId } from '../src/index.ts';
import type { BadTokenContext } from './bad-tokens.ts';

/** A fresh issuer's key and the claims of a good access token, made at `nowMs`. */
export function goodContext(nowMs: number): BadTokenContext {
  const issuer = 'https://auth.mapae.example';
  const audience = 'https://api.mapae.example';
  const iat = Math.floor(nowMs / 1_000);
  const id = (): string => generateTimeOrderedId(nowMs, randomBytes);
  return {
    key: generatePrivateKey('ES256'),
    issuer,
    audience,
    claims: {
      iss: issuer,
      aud: audience,
      sub: id(),
      client_id: 'first-party',
      sid: id(),
      jti: id(),
      iat,
      exp: iat + 300,
      scope: 'notes:read',
    },
  };
}
