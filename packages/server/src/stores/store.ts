import type { AccountStore, Effects } from './account-store.ts';
import type { LoginStore } from './login-store.ts';

/**
 * What the authorization server asks of a database. Two implementations stand behind it, SQLite and PostgreSQL, and both
 * run the one suite in `testing/store-contract.ts`.
 *
 * Every method is one atomic step: it happens whole or not at all, also when the process is killed half way, and it
 * resolves after the commit is durable. Times are milliseconds since 1970, read from the store's own clock inside the
 * step, so that replicas with different clocks agree. A method that can't reach the database within two seconds rejects
 * with {@link StoreFailed}.
 */
export interface Store extends AccountStore, LoginStore {
  // accounts
  /**
   * Makes a user unless the address is taken. `email` comes normalised. One step writes all that goes with it, and as much where the address
   * is taken: `ifTaken` is then called with its owner.
   */
  createUser(
    user: NewUser,
    effects?: Effects,
    ifTaken?: Effects,
  ): Promise<{ readonly status: 'created'; readonly user: User } | { readonly status: 'taken' }>;
  findUserByEmail(email: string): Promise<User | undefined>;
  findUser(id: string): Promise<User | undefined>;
  /** Replaces the hash (an upgrade of parameters) if the credential version is still the one that was verified. */
  upgradePasswordHash(userId: string, credentialVersion: number, passwordHash: string): Promise<void>;

  // sessions
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

  // grants
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

  // signing keys
  listSigningKeys(): Promise<readonly SigningKeyRow[]>;
  /** Inserts these keys if there is none of their algorithm yet; of several at once exactly one set is kept. Answers with what is there. */
  ensureSigningKeys(keys: readonly SigningKeyRow[]): Promise<readonly SigningKeyRow[]>;

  /**
   * Does what is due for the keys of one algorithm, by the store's clock and under one lock, so that of several servers one does it: the next
   * key signs, the active one retires, what retired long enough ago goes. `spare` becomes the next key where one is needed.
   */
  rotateSigningKeys(
    rotation: KeyRotation,
  ): Promise<{ readonly promoted: boolean; readonly keys: readonly SigningKeyRow[] }>;
  /**
   * Takes keys out of force. Where that leaves an algorithm without an active or a next key, the next one signs at once and spares of that
   * algorithm fill the places. An event of the audit log. @returns Those that were there.
   */
  removeSigningKeys(kids: readonly string[], spares: readonly SigningKeyRow[]): Promise<readonly string[]>;
  /** Puts the same private keys, sealed anew, in the place of the old ones. */
  resealSigningKeys(keys: readonly Pick<SigningKeyRow, 'kid' | 'sealedPrivateJwk' | 'secretId'>[]): Promise<void>;
  /** Those taken out of force in the last seven days, oldest first. */
  listRemovedKeys(): Promise<readonly string[]>;

  // secrets
  /**
   * Notes that a server lives and which secrets it accepts, the first one being what it would use. The secret that is wanted comes into use when
   * every server heard of in the last 30 s accepts it; the first secret of the first server ever is in use at once.
   */
  announceReplica(replica: Replica): Promise<SecretAgreement>;
  forgetReplica(id: string): Promise<void>;
  /** Asks for a secret to come into use. */
  wantSecret(id: string): Promise<SecretAgreement>;
  /** Ends a secret for ever and puts another in use at once, whoever accepts it. An event of the audit log, the first time. */
  dropSecret(id: string, successor: string): Promise<void>;
  readSecrets(): Promise<SecretStatus>;

  // revocations
  /** Numbers committed, unnumbered rows in order of insertion. Of several processes one does it at a time. Answers the newest number. */
  publishRevocations(): Promise<FeedPosition>;
  /** Published rows with number > `after`, ascending, at most `limit`. */
  readRevocations(after: number, limit: number): Promise<readonly PublishedRevocation[]>;
  /** Every published row that is not past `until`, with the position they stand at, from one consistent read. */
  snapshotRevocations(): Promise<{ readonly position: FeedPosition; readonly rows: readonly PublishedRevocation[] }>;
  /** Writes a revocation by itself (an administrator's, a command's), and its event of the audit log. */
  revoke(revocation: NewRevocation, by?: EndedBy): Promise<void>;
  /** Removes rows past `until`, at most `limit`. The newest number is never lost. */
  pruneRevocations(limit: number): Promise<number>;

  // opaque access tokens
  /** Keeps the record of a token, by the token's hash. */
  keepAccessToken(record: AccessTokenRecord): Promise<void>;
  /** The record of a token that is not past its end. */
  findAccessToken(hash: Uint8Array): Promise<AccessTokenRecord | undefined>;
  /** Whether an access token of ours, of whatever kind, was ended before its time: what verifiers learn from the feed, from the rows themselves. */
  isTokenOver(token: TokenIds): Promise<boolean>;
  /** Removes records past their end, at most `limit`. */
  pruneAccessTokens(limit: number): Promise<number>;

  // limits
  /**
   * Takes one from a bucket, in one step that all replicas share. A restart of the database may forget buckets; nothing else does.
   */
  takeRateLimit(limit: RateLimit): Promise<RateLimitVerdict>;
  /** Gives one back that was taken: what went well doesn't count. */
  giveBackRateLimit(limit: RateLimit): Promise<void>;
  /** Removes buckets that are empty again, at most `limit`. */
  pruneRateLimits(limit: number): Promise<number>;

  // clean-up
  /**
   * Looks at sessions in order of their ids, `limit` at most after `after`, and removes those that have been over for a
   * week, with their grants. `next` is where to go on; none at the end.
   */
  removeOverSessions(
    after: string | undefined,
    limit: number,
  ): Promise<{ readonly removed: number; readonly next: string | undefined }>;

  /** The same for grants that outlive their session. */
  removeOverGrants(
    after: string | undefined,
    limit: number,
  ): Promise<{ readonly removed: number; readonly next: string | undefined }>;

  // meta
  /** Whether this program may work on the schema as it is now: a newer one may have moved it on. */
  isSchemaUsable(): Promise<boolean>;
  /** Now by the store's clock, the epoch, the newest published number. Cheap: polled several times a second. */
  readState(): Promise<StoreState>;
  /** True when something was committed since the last call, by this process or another. May say true too often, never false wrongly for longer than 200 ms. */
  changedSince(): Promise<boolean>;
  close(): Promise<void>;
}

export interface NewUser {
  readonly email: string;
  readonly passwordHash: string;
  readonly name: string | undefined;
  /** BCP 47. */
  readonly locale?: string | undefined;
  /** Address of whoever signs up, for the audit log. */
  readonly ip?: string | undefined;
  /** A token that verifies the address. */
  readonly verification?: {
    /** SHA-256 */
    readonly hash: Uint8Array;
    readonly lifetimeSeconds: number;
    /** Whether somebody gets it. If not, or where the address is taken, it is written all the same, and good for nothing. */
    readonly isSent: boolean;
  };
}

export interface User {
  readonly id: string;
  readonly email: string;
  readonly emailVerifiedAt: number | undefined;
  readonly passwordHash: string | undefined;
  readonly credentialVersion: number;
  readonly name: string | undefined;
  /** Address of a picture. */
  readonly picture: string | undefined;
  /** Language of mails and pages, BCP 47. */
  readonly locale: string | undefined;
  readonly roles: readonly string[];
  readonly createdAt: number;
  readonly disabledAt: number | undefined;
  /** Sessions made at or before this are over. */
  readonly sessionsCutoff: number;
  /** Tokens made at or before this are over. */
  readonly tokensCutoff: number;
  /** Undefined where they never did. */
  readonly firstSignedInAt: number | undefined;
}

export type Delivery = 'cookie' | 'bearer';
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

export type OfflineGrantStart = Pick<
  SessionStart,
  'userId' | 'clientId' | 'scope' | 'resources' | 'delivery' | 'secretId' | 'idleSeconds' | 'absoluteSeconds'
>;

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

export interface SigningKeyRow {
  readonly kid: string;
  readonly alg: string;
  readonly publicJwk: string;
  readonly sealedPrivateJwk: Uint8Array;
  readonly secretId: string;
  readonly state: 'next' | 'active' | 'retiring';
  /** When it was published first. */
  readonly createdAt: number;
  /** When it came to its state. */
  readonly since: number;
}

export interface KeyRotation {
  /** A new key of the algorithm; unused where none is needed. Its state and times are set by the step. */
  readonly spare: SigningKeyRow;
  readonly rotationMs: number;
  readonly leadMs: number;
  /** `now`: whatever the schedule says, but never to a key not published for the lead. Default: `on-schedule`. */
  readonly due?: 'on-schedule' | 'now';
}

export interface Replica {
  /** The same for as long as the process lives. */
  readonly id: string;
  readonly secretIds: readonly string[];
  readonly startedAt: number;
}

/** What the servers on a database agree on. */
export interface SecretAgreement {
  /** Makes new things; undefined before the first server. */
  readonly inUse: string | undefined;
  /** Comes into use when every live server accepts it. */
  readonly wanted: string | undefined;
  /** Never accepted again. */
  readonly dropped: readonly string[];
}

export interface SecretStatus extends SecretAgreement {
  readonly replicas: readonly (Replica & { readonly seenAt: number; readonly live: boolean })[];
  /** Live grants by the secret of their refresh token: what depends on it. */
  readonly grants: readonly { readonly secretId: string; readonly count: number }[];
  /** What rests sealed (signing keys, tokens of providers, mails that wait) by its secret: it can't be read without it. */
  readonly sealed: readonly { readonly secretId: string; readonly count: number }[];
}

/** Codes as in docs/protocol.md §5. */
export type RevocationCode = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

export interface NewRevocation {
  readonly code: RevocationCode;
  /** The plain value (session id, user id, client id, `jti`; empty for everyone); stored blinded. */
  readonly value: string;
  readonly before: number;
}

export interface PublishedRevocation {
  readonly number: number;
  readonly code: RevocationCode;
  /** Blinded id, 16 bytes. */
  readonly id: Uint8Array;
  readonly before: number;
  readonly until: number;
}

export interface AccessTokenRecord {
  /** SHA-256 of the token. */
  readonly hash: Uint8Array;
  readonly userId: string;
  /** What would stand in a signed token. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly expiresAt: number;
}

/** The ids in an access token that something can end it by. */
export interface TokenIds {
  readonly subject: string;
  readonly sessionId: string | undefined;
  readonly clientId: string;
  readonly tokenId: string;
}

/** So many at once, then one more each so often. */
export interface RateLimit {
  /** What is limited; 16 bytes, no address of anybody can be read from it. */
  readonly key: Uint8Array;
  readonly burst: number;
  readonly everyMs: number;
}

export type RateLimitVerdict =
  | { readonly taken: true }
  /** Milliseconds until one can be taken. */
  | { readonly taken: false; readonly retryAfterMs: number };

export interface FeedPosition {
  readonly epoch: Uint8Array;
  readonly number: number;
}

export interface StoreState {
  readonly now: number;
  readonly epoch: Uint8Array;
  readonly number: number;
}

/** The database could not be reached or did not commit. Nothing is known to have happened; a retry may help. */
export class StoreFailed extends Error {
  override readonly name = 'StoreFailed';
}

/** What opening a store takes beside its address. Tests pass a clock and a source of randomness. */
export interface StoreOptions {
  /** Issuer whose ids are blinded. */
  readonly issuer: string;
  /** Milliseconds since 1970. Default: the database's own clock (SQLite: the process's). */
  readonly clock?: () => number;
  readonly random?: (bytes: number) => Uint8Array;
  /** Longest access-token lifetime in force, whole seconds: decides how long a revocation row lives. Default: 300. */
  readonly accessTokenSeconds?: number;
  /**
   * What to do where the schema is behind: `apply` brings it up to date, `fill` does so in an empty database only.
   * Default: `apply`.
   */
  readonly schema?: 'apply' | 'fill';
}
