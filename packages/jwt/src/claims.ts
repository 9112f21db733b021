import { TokenRejected } from './errors.ts';
import { isWithin, refuseTimes, type TimeRules, type Validity, validityOf } from './validity.ts';

/** The registered claims, typed. RFC 7519 §4.1 */
export interface RegisteredClaims {
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
}

/** Names of the registered claims. */
export const REGISTERED_CLAIMS = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'] as const;

/** Claims as a token may hold them: the registered ones typed, others by name. RFC 7519 §4 */
export interface JwtClaims extends RegisteredClaims {
  readonly [name: string]: unknown;
}

/** What a verifier expects of the claims; parsed and bounded by `verifier-options.ts`. */
export interface Expectations extends TimeRules {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly requiredClaims: readonly string[];
  readonly subject: string | undefined;
  readonly nonce: string | undefined;
  readonly jwtId: string | undefined;
}

/**
 * Judges claims at a moment. Types first: a claim of a wrong type is never taken for an absent one.
 *
 * @param nowMs Milliseconds since 1970.
 * @returns When the same claims pass the same rules.
 * @throws {TokenRejected}
 * @see RFC 7519 §4.1, RFC 8725 §3.8–3.9
 */
export function checkClaims(claims: JwtClaims, expected: Expectations, nowMs: number): Validity {
  checkTypes(claims);
  for (const name of expected.requiredClaims) {
    if (claims[name] === undefined) throw new TokenRejected('token/claim', name);
  }
  if (claims.iss !== expected.issuer) throw new TokenRejected('token/issuer', 'iss');
  if (!isFor(claims.aud, expected.audiences)) throw new TokenRejected('token/audience', 'aud');
  if (expected.subject !== undefined && claims.sub !== expected.subject)
    throw new TokenRejected('token/subject', 'sub');
  if (expected.nonce !== undefined && claims['nonce'] !== expected.nonce)
    throw new TokenRejected('token/nonce', 'nonce');
  if (expected.jwtId !== undefined && claims.jti !== expected.jwtId) throw new TokenRejected('token/id', 'jti');
  const validity = validityOf(claims, expected);
  if (!isWithin(validity, nowMs)) throw refuseTimes(claims, expected, nowMs);
  return validity;
}

/** RFC 7519 §2 NumericDate, here without fractions; §4.1.1–4.1.3, §4.1.7: texts, and not empty ones. */
function checkTypes({ exp, nbf, iat, iss, sub, jti }: JwtClaims): void {
  if (!isTime(exp)) throw new TokenRejected('token/claim', 'exp');
  if (!isTime(nbf)) throw new TokenRejected('token/claim', 'nbf');
  if (!isTime(iat)) throw new TokenRejected('token/claim', 'iat');
  if (!isText(iss)) throw new TokenRejected('token/claim', 'iss');
  if (!isText(sub)) throw new TokenRejected('token/claim', 'sub');
  if (!isText(jti)) throw new TokenRejected('token/claim', 'jti');
}

/** True for a registered time, and for none. */
export function isTime(value: unknown): boolean {
  return value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0);
}

/** True for a registered text, and for none. */
export function isText(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && value !== '');
}

function isFor(aud: unknown, audiences: readonly string[]): boolean {
  if (typeof aud === 'string') return audiences.includes(aud);
  return (
    Array.isArray(aud) &&
    aud.every((one) => typeof one === 'string') &&
    audiences.some((audience) => aud.includes(audience))
  );
}
