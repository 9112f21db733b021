import type { AccessTokenStore } from './access-token-store.ts';
import type { AccountStore } from './account-store.ts';
import type { GrantStore } from './grant-store.ts';
import type { LoginStore } from './login-store.ts';
import type { RateLimitStore } from './rate-limit-store.ts';
import type { RevocationStore } from './revocation-store.ts';
import type { SecretStore } from './secret-store.ts';
import type { SessionStore } from './session-store.ts';
import type { SigningKeyStore } from './signing-key-store.ts';
import type { UserStore } from './user-store.ts';

/**
 * What the authorization server asks of a database. Two implementations stand behind it, SQLite and PostgreSQL, and both
 * run the one suite in `testing/store-contract.ts`.
 *
 * Every method is one atomic step: it happens whole or not at all, also when the process is killed half way, and it
 * resolves after the commit is durable. Times are milliseconds since 1970, read from the store's own clock inside the
 * step, so that replicas with different clocks agree. A method that can't reach the database within two seconds rejects
 * with {@link StoreFailed}.
 */
export interface Store
  extends AccountStore,
    LoginStore,
    UserStore,
    SessionStore,
    GrantStore,
    SigningKeyStore,
    SecretStore,
    RevocationStore,
    AccessTokenStore,
    RateLimitStore {
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
