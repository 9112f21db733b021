import { TokenRejected } from './errors.ts';

/** Times of a token, whole seconds since 1970; types were checked. RFC 7519 §4.1.4–4.1.6 */
export interface TokenTimes {
  readonly exp?: number | undefined;
  readonly nbf?: number | undefined;
  readonly iat?: number | undefined;
}

export interface TimeRules {
  readonly clockToleranceSeconds: number;
  readonly maxAgeSeconds: number | undefined;
  readonly expiryRequired: boolean;
}

/** When a token is valid, whole seconds since 1970: from `from` on, and before `until`. */
export interface Validity {
  readonly from: number;
  readonly until: number;
}

/**
 * The span in which a token is valid. Kept with a remembered token, so a hit is judged by the same two numbers as a first sight.
 *
 * @throws {TokenRejected} `token/claim` for a time that has to be there and isn't.
 */
export function validityOf({ exp, nbf, iat }: TokenTimes, rules: TimeRules): Validity {
  const tolerance = rules.clockToleranceSeconds;
  if (exp === undefined && rules.expiryRequired) throw new TokenRejected('token/claim', 'exp');
  if (iat === undefined && rules.maxAgeSeconds !== undefined) throw new TokenRejected('token/claim', 'iat');
  // RFC 7519 §4.1.4: on or after `exp` it is over
  const expiry = exp ?? Number.POSITIVE_INFINITY;
  const old = (iat ?? 0) + (rules.maxAgeSeconds ?? Number.POSITIVE_INFINITY);
  const start = Math.max(nbf ?? Number.NEGATIVE_INFINITY, iat ?? Number.NEGATIVE_INFINITY);
  return { from: start - tolerance, until: Math.min(expiry, old) + tolerance };
}

/** True at a moment within the span. A clock that gives no number is within none. */
export function isWithin({ from, until }: Validity, nowMs: number): boolean {
  return nowMs >= from * 1_000 && nowMs < until * 1_000;
}

/** Says which rule a moment outside of the span breaks. */
export function refuseTimes({ exp, nbf, iat }: TokenTimes, rules: TimeRules, nowMs: number): Error {
  const tolerance = rules.clockToleranceSeconds;
  if (exp !== undefined && nowMs >= (exp + tolerance) * 1_000) return new TokenRejected('token/expired', 'exp');
  if (nbf !== undefined && nowMs < (nbf - tolerance) * 1_000) return new TokenRejected('token/not-yet-valid', 'nbf');
  if (iat !== undefined && nowMs < (iat - tolerance) * 1_000) return new TokenRejected('token/issued-in-future', 'iat');
  if (Number.isFinite(nowMs)) return new TokenRejected('token/too-old', 'iat');
  return new TypeError('clock must give milliseconds since 1970');
}
