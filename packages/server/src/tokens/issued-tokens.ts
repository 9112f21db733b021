import { createJwtVerifier, type JwtVerifier } from '@mapae/jwt';
import type { SigningKeys } from '../keys/signing-keys.ts';
import type { Settings } from '../options.ts';

const TOLERANCE_SECONDS = 10;

/** Verifies signed access tokens for any API of this server: what is asked about at the introspection endpoint. RFC 7662 §2 */
export function createIssuedTokens(
  { issuer, resources }: Settings,
  keys: Pick<SigningKeys, 'keySet'>,
  clock: () => number,
): JwtVerifier {
  return createJwtVerifier({
    keys: keys.keySet,
    issuer,
    // who asks is told of its own only, whichever it is
    audience: [issuer, ...resources.map(({ identifier }) => identifier)],
    typ: 'at+jwt',
    clock,
    clockToleranceSeconds: TOLERANCE_SECONDS,
    requiredClaims: ['sub', 'client_id', 'jti', 'iat', 'scope'],
  });
}
