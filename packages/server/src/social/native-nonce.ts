import { createHash } from 'node:crypto';
import { SocialFailed } from './failure.ts';

/** What an app's nonce may look like in its ID token. */
export interface NonceRules {
  /** The token may hold SHA-256 of what the app knows, in hex or base64url: some SDKs hash. */
  readonly nonceMayBeHashed?: boolean;
  /** The SDK may set a nonce of its own that the app never hears of. */
  readonly unknownNonceAllowed?: boolean;
}

/** A nonce that the token has, the app must know, and the other way round. OpenID Connect Core §3.1.3.7 @throws {SocialFailed} */
export function checkNativeNonce(claim: unknown, given: string | undefined, rules: NonceRules): void {
  if (given === undefined) {
    if (claim === undefined || rules.unknownNonceAllowed === true) return;
    throw new SocialFailed('provider-answer', 'token/nonce');
  }
  const hash = createHash('sha256').update(given).digest();
  const hashed = rules.nonceMayBeHashed === true ? [hash.toString('hex'), hash.toString('base64url')] : [];
  if (typeof claim !== 'string' || ![given, ...hashed].includes(claim))
    throw new SocialFailed('provider-answer', 'token/nonce');
}
