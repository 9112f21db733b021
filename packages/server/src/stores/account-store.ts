import type { Grant } from './grant-store.ts';
import type { SessionStart, SessionStarted } from './session-store.ts';
import type { User } from './user-store.ts';

/**
 * What accounts ask of a database, beside sessions and grants; a part of `Store`, under the same promises.
 *
 * What a change has to tell (mails, audit events) is written in the step that makes the change: neither is there without
 * the other.
 */
export interface AccountStore {
  /** Changes what is named; the rest stays. @returns undefined where there is no such user. */
  updateProfile(userId: string, changes: ProfileChanges, effects?: Effects): Promise<User | undefined>;
  /**
   * Sets the password of someone who knew the old one: every session ends, links on their way are void, and one new session starts
   * that takes the place of the one that made the change, all in one step.
   */
  changePassword(
    change: PasswordChange,
    effects?: Effects,
  ): Promise<SessionStarted | { readonly status: 'credential-changed' | 'disabled' }>;
  /** Removes a user with sessions, grants, tokens and unsent mails, and writes the revocation. Audit events stay, without addresses. */
  deleteUser(userId: string, credentialVersion: number, effects?: Effects): Promise<'deleted' | 'credential-changed'>;
  /** Suspends (every session ends) or lets in again. @returns undefined where there is no such user. */
  setSuspended(userId: string, suspended: boolean, effects?: Effects): Promise<User | undefined>;
  /** Sets the roles. Where they differ, tokens made before are cut off: the session lives, and its next token has the new ones. */
  changeRoles(userId: string, roles: readonly string[], effects?: Effects): Promise<User | undefined>;
  /** Users in order of id, which is that of their making. With a search or filter, not one step but several: who is made meanwhile may be in it or not. */
  listUsers(query: UserQuery): Promise<readonly User[]>;
  /** The newest live grant of a session. */
  findGrantOfSession(sessionId: string): Promise<Grant | undefined>;

  // one-time tokens
  /** Keeps a token's hash. An older one of the same user and purpose is void. */
  issueOneTimeToken(token: NewOneTimeToken, told?: Told): Promise<'issued' | 'credential-changed'>;
  /** Whose token this is, if it would be taken now. Changes nothing. */
  findOneTimeTokenOwner(hash: Uint8Array, purpose: OneTimePurpose): Promise<User | undefined>;
  /** Spends a token and marks the address as verified. */
  verifyEmail(hash: Uint8Array, effects?: Effects): Promise<Redemption>;
  /** Spends a token and sets the password; every session ends, other tokens are void, the address counts as verified. */
  resetPassword(hash: Uint8Array, passwordHash: string, effects?: Effects): Promise<Redemption>;
  /** Spends a token and moves the account to the address it holds; every session ends, other tokens are void. */
  changeEmail(hash: Uint8Array, effects?: Effects): Promise<Redemption | { readonly status: 'taken' }>;
  /** Spends the token of the first administrator: the user gets the role. */
  claimAdmin(hash: Uint8Array, userId: string, effects?: Effects): Promise<Redemption>;
  /** Whether anyone has the role. */
  hasRole(role: string): Promise<boolean>;

  // outbox
  enqueueMails(mails: readonly NewMail[]): Promise<void>;
  /** Takes mails that are due, for as long as the lease: until then no other process gets them. */
  claimMails(limit: number, leaseSeconds: number): Promise<readonly QueuedMail[]>;
  /** `sent` and `failed` remove it; a number of seconds puts it back for then. */
  settleMail(id: string, outcome: 'sent' | 'failed' | { readonly retrySeconds: number }): Promise<void>;

  // audit
  recordAudit(events: readonly NewAuditEvent[]): Promise<void>;
  listAudit(query: AuditQuery): Promise<readonly AuditEvent[]>;
  /** Removes events older than this, at most `limit`. */
  pruneAudit(olderThanSeconds: number, limit: number): Promise<number>;
  /**
   * Counts refusals, which a stranger can cause as many of as they like: those alike are kept as one number, until {@link settleRefusals} or
   * the next event of the same user makes them one event.
   */
  countRefusals(refusals: readonly Refusal[]): Promise<void>;
  /** Makes an event of each number that was begun longer ago than this, at most `limit`. @returns How many. */
  settleRefusals(olderThanSeconds: number, limit: number): Promise<number>;
}

export interface ProfileChanges {
  /** `null` removes it. */
  readonly name?: string | null;
  readonly picture?: string | null;
  readonly locale?: string | null;
}

export interface PasswordChange {
  readonly passwordHash: string;
  /** Of the session that takes over; names the user and the credential version that was verified. */
  readonly start: SessionStart;
}

export interface UserQuery {
  /** Id of the last one of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
  /** Part of the address or name, in any case. */
  readonly search?: string | undefined;
  readonly role?: string | undefined;
  readonly suspended?: boolean;
}

/** What a one-time token is good for; one for one thing is no good for another. */
export type OneTimePurpose = 'verify-email' | 'reset-password' | 'change-email' | 'first-admin';

export interface NewOneTimeToken {
  /** SHA-256: the token itself is nowhere at rest. */
  readonly hash: Uint8Array;
  readonly purpose: OneTimePurpose;
  /**
   * Whose it is, and the credential version at which it was made; a later one voids it. None for `first-admin`, and for a token that
   * nobody can use, written where there is nobody, so that as much is written as where there is somebody.
   */
  readonly user: { readonly id: string; readonly credentialVersion: number } | undefined;
  /** The new address, for `change-email`. */
  readonly payload: string | undefined;
  readonly lifetimeSeconds: number;
}

export type Redemption =
  | { readonly status: 'done'; readonly user: User; readonly before: User }
  /** Never made, spent, too old, or void. */
  | { readonly status: 'unknown' };

/**
 * What goes with a change. Called inside the step, with the user as the change leaves it and as it was; must do nothing but
 * answer, and may be called again when a step is.
 */
export type Effects = (user: User, before: User) => Told;

export interface Told {
  readonly mails?: readonly NewMail[];
  readonly audit?: readonly NewAuditEvent[];
}

export interface NewMail {
  readonly userId: string | undefined;
  /** Address and text, sealed: they hold what no database should. */
  readonly sealed: Uint8Array;
  readonly secretId: string;
}

export interface QueuedMail extends NewMail {
  /** The same however often it is tried. */
  readonly id: string;
  /** From 1. */
  readonly attempt: number;
  /** Milliseconds since it was written, by the store's clock. */
  readonly ageMs: number;
}

/** Append only: they are in the logs of others. */
export const AUDIT_EVENTS = [
  'sign-up',
  'sign-in',
  'sign-out',
  'session-ended',
  'sessions-ended',
  'refresh-replayed',
  'email-verified',
  'email-change-asked',
  'email-changed',
  'password-reset-asked',
  'password-reset',
  'password-changed',
  'profile-changed',
  'user-deleted',
  'user-exported',
  'user-suspended',
  'user-restored',
  'roles-changed',
  'admin-claimed',
  'mail-failed',
  're-authentication',
  'email-verification-asked',
  'login-linked',
  'login-unlinked',
  'account-claimed',
  'sessions-cut-off',
  'tokens-cut-off',
  'token-revoked',
  'client-revoked',
  'keys-removed',
  'secret-dropped',
] as const;

export type AuditEventName = (typeof AUDIT_EVENTS)[number];

export interface NewAuditEvent {
  readonly event: AuditEventName;
  readonly outcome: 'success' | 'failure';
  /** Whom it is about. A cut-off with neither a user nor a client is everyone's. */
  readonly userId: string | undefined;
  /** Who did it: a user's id. Undefined for the server itself and for strangers. */
  readonly actor: string | undefined;
  readonly sessionId?: string | undefined;
  readonly clientId?: string | undefined;
  readonly ip?: string | undefined;
  /** A word or a code; at most 200 characters are kept. */
  readonly reason?: string | undefined;
}

export interface AuditEvent extends NewAuditEvent {
  /** Ascending; in order for each user. */
  readonly number: number;
  readonly at: number;
  /** How many were alike, 1 for most. */
  readonly count: number;
  /** When the first of them was, where there may be more than one. */
  readonly since: number | undefined;
}

/** Somebody was refused, so many times. Those with the same members but `count` are alike. */
export interface Refusal {
  readonly event: AuditEventName;
  readonly userId: string | undefined;
  /** An address, or the network of one. */
  readonly ip: string | undefined;
  /** A code. */
  readonly reason: string;
  readonly count: number;
}

export interface AuditQuery {
  readonly limit: number;
  readonly userId?: string;
  readonly event?: AuditEventName;
  /**
   * `newest`: those with a number below `cursor`, newest first. `settled`: above it, oldest first, and only those old enough that none with
   * a lower number can still appear: a reader that goes on from the last number misses nothing.
   */
  readonly order: 'newest' | 'settled';
  readonly cursor?: number;
}
