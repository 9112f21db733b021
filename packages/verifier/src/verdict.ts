import type { JwtClaims } from '@mapae/jwt';
import type { TrustedIssuer } from './issuer.ts';
import type { Principal } from './principal.ts';
import { createPrivateMark } from './private-mark.ts';
import type { RevocableToken } from './revocation-list.ts';

/** What is remembered of a token whose signature held. Whether it holds still is judged anew each time. */
export interface Verdict<C> {
  readonly issuer: TrustedIssuer<C>;
  readonly token: string;
  /** The signed token: the same, or the one inside of an encrypted one. */
  readonly signed: string;
  readonly principal: Principal<C>;
  readonly claims: JwtClaims;
  /** Undefined for an opaque token, which only its issuer can judge. */
  readonly kid: string | undefined;
  /** Thumbprint of the key that the token is bound to. RFC 9449 §6.1 */
  readonly jkt: string | undefined;
  readonly revocable: RevocableToken;
  readonly keyGeneration: number;
  /** Milliseconds since 1970 between which the token's own times let it in. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Of the list under which it was last found not revoked. */
  generation: number;
}

const VERDICT = createPrivateMark<Verdict<unknown>>();

/** Hangs a verdict on its principal, and freezes that: nothing more is put on it. */
export function hangOnPrincipal<C>(verdict: Verdict<C>): void {
  VERDICT.write(verdict.principal, verdict as Verdict<unknown>);
  Object.freeze(verdict.principal);
}

/** What was judged of the token that a principal came from, by whichever verifier. */
export function findVerdict<C>(principal: Principal<C>): Verdict<C> | undefined {
  return VERDICT.read(principal) as Verdict<C> | undefined;
}
