import { TokenRejected } from './errors.ts';

/** Claims as a token may hold them: the registered ones typed, others by name. RFC 7519 §4 */
export interface JwtClaims {
  readonly iss?: string;
  readonly sub?: string;
  readonly aud?: string | readonly string[];
  /** Whole seconds since 1970. */
  readonly exp?: number;
  /** Whole seconds since 1970. */
  readonly nbf?: number;
  /** Whole seconds since 1970. */
  readonly iat?: number;
  readonly jti?: string;
  readonly [name: string]: unknown;
}

/** What a verifier expects of the claims; parsed and bounded by `verify.ts`. */
export interface Expectations {
  readonly issuer: string;
  readonly audience: string;
  readonly clockToleranceSeconds: number;
  readonly maxAgeSeconds: number | undefined;
  readonly requiredClaims: readonly string[];
  readonly expiryRequired: boolean;
  readonly subject: string | undefined;
  readonly nonce: string | undefined;
  readonly jwtId: string | undefined;
}

/**
 * Judges claims at a moment. Types first: a claim of a wrong type is never taken for an absent one.
 *
 * @param nowMs Milliseconds since 1970.
 * @throws {TokenRejected}
 * @see RFC 7519 §4.1, RFC 8725 §3.8–3.9
 */
export function checkClaims(claims: JwtClaims, expected: Expectations, nowMs: number): void {
  checkTypes(claims);
  for (const name of expected.requiredClaims) {
    if (claims[name] === undefined) throw new TokenRejected('token/claim', name);
  }
  if (claims.iss !== expected.issuer) throw new TokenRejected('token/issuer', 'iss');
  if (!isFor(claims.aud, expected.audience)) throw new TokenRejected('token/audience', 'aud');
  if (expected.subject !== undefined && claims.sub !== expected.subject)
    throw new TokenRejected('token/subject', 'sub');
  if (expected.nonce !== undefined && claims['nonce'] !== expected.nonce)
    throw new TokenRejected('token/nonce', 'nonce');
  if (expected.jwtId !== undefined && claims.jti !== expected.jwtId) throw new TokenRejected('token/id', 'jti');
  checkTimes(claims, expected, nowMs / 1_000);
}

const TIMES = ['exp', 'nbf', 'iat'] as const;
const TEXTS = ['iss', 'sub', 'jti'] as const;

/** RFC 7519 §2 NumericDate, here without fractions; §4.1.1–4.1.3, §4.1.7: texts, and not empty ones. */
function checkTypes(claims: JwtClaims): void {
  for (const name of TIMES) {
    const value: unknown = claims[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && (value as number) >= 0))
      throw new TokenRejected('token/claim', name);
  }
  for (const name of TEXTS) {
    const value: unknown = claims[name];
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      throw new TokenRejected('token/claim', name);
  }
}

function isFor(aud: unknown, audience: string): boolean {
  if (typeof aud === 'string') return aud === audience;
  return Array.isArray(aud) && aud.every((one) => typeof one === 'string') && aud.includes(audience);
}

function checkTimes(claims: JwtClaims, expected: Expectations, now: number): void {
  const tolerance = expected.clockToleranceSeconds;
  // RFC 7519 §4.1.4: on or after `exp` it is over; without `exp` it would never be
  if (claims.exp === undefined && expected.expiryRequired) throw new TokenRejected('token/claim', 'exp');
  if (claims.exp !== undefined && now >= claims.exp + tolerance) throw new TokenRejected('token/expired', 'exp');
  if (claims.nbf !== undefined && now < claims.nbf - tolerance) throw new TokenRejected('token/not-yet-valid', 'nbf');
  if (claims.iat !== undefined && now < claims.iat - tolerance)
    throw new TokenRejected('token/issued-in-future', 'iat');
  if (expected.maxAgeSeconds === undefined) return;
  if (claims.iat === undefined) throw new TokenRejected('token/claim', 'iat');
  if (now >= claims.iat + expected.maxAgeSeconds + tolerance) throw new TokenRejected('token/too-old', 'iat');
}
