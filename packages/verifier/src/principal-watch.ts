import type { Judge } from './judge.ts';
import type { PolicySettings } from './policy.ts';
import { RequestRefused } from './refusal.ts';
import type { Verdict } from './verdict.ts';

/** How often the issuer is asked about a connection that goes on, where only it knows. */
const CONFIRM_EVERY_MS = 5_000;

export interface PrincipalWatchInput<C> {
  /** Of the principal, when it was let in. */
  readonly verdict: Verdict<C>;
  readonly policy: PolicySettings;
  readonly judgeAgain: Judge<C>['judgeAgain'];
  /** Milliseconds of a clock that only moves forward. */
  readonly monotonic: () => number;
  readonly atTheEdge: (error: unknown) => unknown;
  /** The issuer said that it is over. */
  readonly onEnded: () => void;
}

/** @returns A function that says which refusal the principal would get now; undefined while it would be let in. */
export function createPrincipalWatch<C>(input: PrincipalWatchInput<C>): () => RequestRefused | undefined {
  const { policy, judgeAgain, monotonic, atTheEdge, onEnded } = input;
  let { verdict } = input;
  let ended: unknown;
  let askedAt = monotonic();

  function ask(): void {
    if (monotonic() - askedAt < CONFIRM_EVERY_MS) return;
    askedAt = monotonic();
    verdict.issuer.confirm(verdict).catch((error: unknown) => {
      ended = error;
      onEnded();
    });
  }

  function check(): void {
    if (ended !== undefined) throw ended;
    verdict = judgeAgain(verdict);
    // only its issuer knows when an opaque token ends
    if (verdict.kid === undefined || verdict.issuer.checkFresh(policy.whenStale) === 'introspect') ask();
  }

  return () => {
    try {
      check();
      return undefined;
    } catch (error) {
      const refusal = atTheEdge(error);
      if (refusal instanceof RequestRefused) return refusal;
      throw error;
    }
  };
}
