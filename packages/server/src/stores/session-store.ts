import type { Effects } from './account-store.ts';
import type { Delivery, Grant } from './grant-store.ts';
import type { User } from './user-store.ts';

/** How sessions begin and end; a part of `Store`, under the same promises. */
export interface SessionStore {
  /**
   * Starts a session and its first grant, counter 0. Locks the user, re-checks the credential version that was verified,
   * and takes the session's time as max(now, every sessions cut-off that applies + 1 ms): order needs no clock. What goes with it hears
   * of the user as they were before: `firstSignedInAt` is undefined at the very first sign-in.
   */
  startSession(
    start: SessionStart,
    effects?: Effects,
  ): Promise<SessionStarted | { readonly status: 'credential-changed' | 'disabled' }>;
  /** Live sessions (not ended, neither limit passed) of a user, newest first. */
  listSessions(userId: string): Promise<readonly Session[]>;
  findSession(sessionId: string): Promise<Session | undefined>;
  /** A session and whose it is, as they were at one moment. */
  findSessionWithUser(sessionId: string): Promise<SessionWithUser | undefined>;
  /** Ends one session of this user with its grants, and writes its revocation. */
  endSession(userId: string, sessionId: string, reason: EndReason, by?: EndedBy): Promise<'ended' | 'unknown'>;
  /**
   * Ends every session of a user and writes one `sessions-before:subject` revocation at max(now, newest session's time),
   * under the same lock that {@link startSession} takes.
   */
  endAllSessions(userId: string, reason: EndReason, by?: EndedBy): Promise<{ readonly cutoff: number }>;

  /** Ends every live session of a user but one, with their grants, and writes a revocation for each. @returns How many. */
  endOtherSessions(userId: string, sessionId: string, reason: EndReason, by?: EndedBy): Promise<number>;
  /**
   * Ends what was made until now and nothing that is made later: sessions (with what hangs on them) or access tokens, of a user, a client or
   * everyone. In the order of locks: it needs no clock. One event of the audit log. @returns The cut-off, milliseconds.
   */
  cutOff(of: 'sessions' | 'tokens', target: CutOffTarget, by?: EndedBy): Promise<number>;
}

export interface SessionWithUser {
  readonly session: Session;
  readonly user: User;
}

export type EndReason =
  | 'sign-out'
  | 'sign-out-everywhere'
  | 'ended-by-user'
  | 'replayed'
  | 'restored'
  | 'admin'
  | 'sign-out-others'
  | 'limit'
  | 'password-changed'
  | 'password-reset'
  | 'email-changed'
  | 'suspended'
  | 'deleted'
  | 'claimed';

/** Who ended something, for the audit log. */
export interface EndedBy {
  /** A user's id. */
  readonly actor: string;
  readonly ip: string | undefined;
}

/** Whom a cut-off is for. */
export type CutOffTarget =
  | { readonly kind: 'subject'; readonly id: string }
  | { readonly kind: 'client'; readonly id: string }
  | { readonly kind: 'everyone' };

export interface SessionStart {
  readonly userId: string;
  readonly credentialVersion: number;
  readonly clientId: string;
  readonly scope: readonly string[];
  /** APIs that the grant is for; all, where it is left out. */
  readonly resources?: readonly string[];
  readonly delivery: Delivery;
  readonly secretId: string;
  readonly device: string | undefined;
  readonly userAgent: string | undefined;
  readonly ip: string | undefined;
  readonly amr: readonly string[];
  /** Sessions that the user may have, this one counted; those unused for longest end. No limit where it is left out. */
  readonly sessionLimit?: number;
  readonly idleSeconds: number;
  readonly absoluteSeconds: number;
}

export interface SessionStarted {
  readonly status: 'started';
  readonly session: Session;
  readonly grant: Grant;
  readonly user: User;
  readonly epoch: Uint8Array;
  readonly now: number;
  /** The time that an access token's `jti` carries: later than every tokens cut-off that applies, covered by the next one. */
  readonly tokensFrom: number;
}

export interface Session {
  readonly id: string;
  readonly userId: string;
  readonly createdAt: number;
  readonly lastUsedAt: number;
  readonly idleExpiresAt: number;
  readonly absoluteExpiresAt: number;
  readonly endedAt: number | undefined;
  readonly endReason: EndReason | undefined;
  readonly device: string | undefined;
  readonly userAgent: string | undefined;
  readonly ip: string | undefined;
  readonly amr: readonly string[];
}
