import { createHash, timingSafeEqual } from 'node:crypto';
import { createJwtVerifier, decode, type JwtClaims, type KeySource, TokenRejected, TokenUndecodable } from '@mapae/jwt';
import { SocialFailed } from './failure.ts';

/** What an ID token has to be. OpenID Connect Core §3.1.3.7 */
export interface IdTokenRules {
  readonly token: string;
  /** Finds the keys for a `kid`. */
  readonly keys: (kid: string | undefined) => Promise<KeySource>;
  /** Of all issuers that the provider writes, those that this token may have, given what it says. */
  readonly issuers: (claims: Readonly<Record<string, unknown>>) => readonly string[];
  /** Client ids; `aud` must hold one, and `azp`, where it is there, must be one. */
  readonly audiences: readonly string[];
  /** Undefined where nothing is expected of it. */
  readonly nonce: string | undefined;
  readonly maxAgeSeconds?: number;
  readonly clock: () => number;
}

/** Clocks of providers are theirs. */
const TOLERANCE_SECONDS = 60;
/** Entra writes groups into it. */
const MOST_BYTES = 16_384;

/** @throws {SocialFailed} `provider-answer`; the reason is the code of the token error. */
export async function verifyIdToken(rules: IdTokenRules): Promise<JwtClaims> {
  try {
    const { header, claims: unverified } = decode(rules.token);
    const issuer = rules.issuers(unverified as Readonly<Record<string, unknown>>).find((one) => one === unverified.iss);
    if (issuer === undefined) throw new SocialFailed('provider-answer', 'token/issuer');
    const kid: unknown = header.kid;
    const claims = createJwtVerifier({
      keys: await rules.keys(typeof kid === 'string' ? kid : undefined),
      issuer,
      audience: rules.audiences,
      typ: 'JWT',
      dangerouslyAllowNoTyp: true,
      clock: rules.clock,
      clockToleranceSeconds: TOLERANCE_SECONDS,
      maxTokenBytes: MOST_BYTES,
      requiredClaims: ['sub', 'iat'],
      ...(rules.nonce === undefined ? {} : { nonce: rules.nonce }),
      ...(rules.maxAgeSeconds === undefined ? {} : { maxAgeSeconds: rules.maxAgeSeconds }),
    }).verify(rules.token);
    checkParties(claims, rules.audiences);
    return claims;
  } catch (error) {
    if (error instanceof TokenRejected) throw new SocialFailed('provider-answer', error.code, { cause: error });
    if (error instanceof TokenUndecodable)
      throw new SocialFailed('provider-answer', 'token/malformed', { cause: error });
    throw error;
  }
}

/** OpenID Connect Core §3.1.3.7, steps 3 to 5 */
function checkParties({ aud, azp }: JwtClaims, ours: readonly string[]): void {
  if (Array.isArray(aud) && aud.length > 1) {
    if (azp === undefined) throw new SocialFailed('provider-answer', 'token/azp');
    // an audience that isn't ours could hand the token on
    if (!aud.every((one) => ours.includes(one as string))) throw new SocialFailed('provider-answer', 'token/audience');
  }
  if (azp !== undefined && !(typeof azp === 'string' && ours.includes(azp)))
    throw new SocialFailed('provider-answer', 'token/azp');
}

const HASHES: Readonly<Record<string, string>> = { 256: 'sha256', 384: 'sha384', 512: 'sha512' };

/** `at_hash` and `c_hash`: where they are there, they fit. OpenID Connect Core §3.1.3.8, §3.3.2.11 */
export function checkHash(token: string, claim: unknown, value: string): void {
  if (claim === undefined) return;
  const { alg } = decode(token).header;
  const hash = HASHES[typeof alg === 'string' ? alg.slice(-3) : ''] ?? 'sha512';
  const whole = createHash(hash).update(value).digest();
  const expected = Buffer.from(whole.subarray(0, whole.length / 2).toString('base64url'));
  const given = Buffer.from(typeof claim === 'string' ? claim : '');
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new SocialFailed('provider-answer', 'token/hash');
}
