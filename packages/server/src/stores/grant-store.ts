import type { Effects } from './account-store.ts';
import type { Session, SessionStart, SessionStarted } from './session-store.ts';
import type { User } from './user-store.ts';

/** Grants, and the refresh tokens that are theirs; a part of `Store`, under the same promises. */
export interface GrantStore {
  /** Starts a grant that outlives the session it was given in: no `sid` in its tokens, limits of its own. */
  startOfflineGrant(
    start: OfflineGrantStart,
  ): Promise<Omit<SessionStarted, 'session'> | { readonly status: 'disabled' }>;
  /** Ends a grant that has no session, and refuses its access tokens. */
  endGrant(userId: string, grantId: string): Promise<'ended' | 'unknown'>;
  /** Looks a grant up with its session, for sign-out. Changes nothing. */
  findGrant(grantId: string): Promise<Grant | undefined>;
  /**
   * Judges a presented refresh counter and advances the grant's where that is due, in one step.
   *
   * Of any number of concurrent calls with the same counter, exactly one answers `'advanced'`. A `'replayed'` answer has
   * already ended the grant and its session, and its revocation is durable. `presentation.epoch` is compared with the
   * database's in the same step; `'epoch'` says it is another now and nothing was changed. `'late'` says that
   * `waitedMs()` was over 10,000 when the row was reached; nothing was changed.
   */
  presentRefreshCounter(presentation: RefreshPresentation): Promise<RefreshVerdict>;
  /**
   * The database went back in time: draws a new epoch, ends every session, writes a `sessions-before:everyone` cut-off at
   * max(now, newest session's time). Does nothing if the epoch is no longer `seen`.
   */
  changeEpoch(seen: Uint8Array): Promise<void>;
}

export type Delivery = 'cookie' | 'bearer';

export type OfflineGrantStart = Pick<
  SessionStart,
  'userId' | 'clientId' | 'scope' | 'resources' | 'delivery' | 'secretId' | 'idleSeconds' | 'absoluteSeconds'
>;

export interface Grant {
  readonly id: string;
  readonly sessionId: string | undefined;
  readonly userId: string;
  readonly clientId: string;
  readonly scope: readonly string[];
  /** APIs that it is for; an empty list where it is for all. */
  readonly resources: readonly string[];
  readonly delivery: Delivery;
  readonly counter: number;
  readonly rotatedAt: number;
  readonly secretId: string;
  readonly endedAt: number | undefined;
  /** Limits of a grant without a session; one with a session ends with it. */
  readonly idleExpiresAt: number | undefined;
  readonly absoluteExpiresAt: number | undefined;
}

export interface RefreshPresentation {
  readonly grantId: string;
  readonly counter: number;
  readonly epoch: Uint8Array;
  /**
   * What a token is asked for, and the scopes that were named (none: those that there are). A grant that is not for it answers `'target'` or
   * `'scope'`, and nothing is changed. Everything, where it is left out.
   */
  readonly target?: { readonly audience: string; readonly scopes: readonly string[] };
  /** How the token came. A grant of the other delivery answers `'ended'` and nothing is changed. */
  readonly delivery: Delivery;
  /** SHA-256 of the Idempotency-Key. */
  readonly retryKeyHash: Uint8Array | undefined;
  /** Milliseconds since the request arrived, by a monotonic clock; called when the row is reached. */
  readonly waitedMs: () => number;
  readonly windowSeconds: number;
  readonly idleSeconds: number;
  /** What goes with a `'replayed'`. */
  readonly ifReplayed?: Effects;
  /** The secret under which a token handed out by this step is made; it is kept on the row when the counter advances. */
  readonly secretId: string;
  readonly ip: string | undefined;
}

export type RefreshVerdict =
  | {
      readonly status: 'advanced' | 'same' | 'retry';
      /** After the step: `grant.counter` and `grant.secretId` are those of the token to hand out. */
      readonly grant: Grant;
      /** None where the grant outlives its session. */
      readonly session: Session | undefined;
      readonly user: User;
      readonly now: number;
      readonly tokensFrom: number;
    }
  | { readonly status: 'replayed'; readonly grant: Grant }
  | { readonly status: 'ahead' | 'ended' | 'unknown' | 'epoch' | 'late' | 'target' | 'scope' };
