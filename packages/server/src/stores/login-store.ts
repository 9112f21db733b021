import type { Effects } from './account-store.ts';
import type { User } from './user-store.ts';

/**
 * What sign-in through other providers asks of a database; a part of `Store`, under the same promises.
 *
 * A login is a pair of issuer and subject, compared byte for byte, and belongs to one user. Of any number of steps that would give it to
 * somebody at once, one does.
 */
export interface LoginStore {
  /** Whose login this is. */
  findLogin(issuer: string, subject: string): Promise<{ readonly login: Login; readonly user: User } | undefined>;
  /** Oldest first. */
  listLogins(userId: string): Promise<readonly Login[]>;
  /** Makes a user together with the login, unless the login or the address has an owner: neither is there without the other. */
  createUserWithLogin(
    user: NewLoginUser,
    login: NewLogin,
    effects?: Effects,
  ): Promise<{ readonly status: 'created'; readonly user: User } | { readonly status: 'email-taken' | 'login-taken' }>;
  /** Gives a login to a user whose credential version is still the one that was verified. */
  addLogin(
    of: { readonly userId: string; readonly credentialVersion: number },
    login: NewLogin,
    effects?: Effects,
  ): Promise<
    | { readonly status: 'added'; readonly login: Login; readonly user: User }
    | { readonly status: 'taken' | 'credential-changed' }
  >;
  /**
   * Gives a user whose address was never verified to whoever proved it: password, other logins and links on their way are void, every
   * session ends, name and picture go, the address counts as verified, and the login is the only way in. `not-claimable` where the address
   * was verified meanwhile, or the user has a role or is suspended; nothing was changed.
   */
  claimUser(
    of: { readonly userId: string; readonly credentialVersion: number },
    login: NewLogin,
    effects?: Effects,
  ): Promise<{ readonly status: 'claimed'; readonly user: User } | { readonly status: 'taken' | 'not-claimable' }>;
  /** Takes a login away, unless it is all that the user can sign in with. */
  removeLogin(userId: string, loginId: string, effects?: Effects): Promise<'removed' | 'unknown' | 'last'>;
  /** Notes that a login was used, what the provider says of its address, and the tokens, where they are kept. */
  noteLogin(loginId: string, seen: Pick<NewLogin, 'email' | 'tokens'>): Promise<void>;
  /** The provider's tokens as they were sealed. */
  findSealedTokens(userId: string, provider: string): Promise<KeptTokens | undefined>;

  /**
   * Tokens that are sealed under a secret, ordered by login.
   *
   * @param after  The last login of the page before.
   * @param limit  Most of them in one page.
   */
  listTokensUnder(secretId: string, after: string | undefined, limit: number): Promise<readonly KeptTokens[]>;
  /**
   * Puts the same tokens, sealed anew, in the place of the old ones; those that were replaced meanwhile stay.
   *
   * @throws {StoreFailed} where the secret has been dropped.
   */
  resealTokens(tokens: readonly ResealedTokens[]): Promise<void>;

  /** Remembers something that is good once, for as long as it would be good. @returns Whether this was the first time. */
  spendOnce(hash: Uint8Array, lifetimeSeconds: number): Promise<boolean>;
}

export interface NewLoginUser {
  readonly email: string;
  readonly emailVerified: boolean;
  readonly name: string | undefined;
  readonly picture: string | undefined;
  readonly locale: string | undefined;
  readonly ip: string | undefined;
}

export interface NewLogin {
  /** Id of the provider in the settings. */
  readonly provider: string;
  readonly issuer: string;
  readonly subject: string;
  /** As the provider says, for people who look at their logins; nothing is decided by it. */
  readonly email: string | undefined;
  readonly tokens: SealedTokens | undefined;
}

export interface SealedTokens {
  readonly sealed: Uint8Array;
  readonly secretId: string;
}

export interface KeptTokens extends SealedTokens, Pick<Login, 'issuer' | 'subject'> {
  readonly loginId: string;
}

export interface ResealedTokens extends SealedTokens {
  readonly loginId: string;
  /** As they were read. */
  readonly before: Uint8Array;
}

export interface Login {
  readonly id: string;
  readonly userId: string;
  readonly provider: string;
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | undefined;
  readonly createdAt: number;
  readonly lastUsedAt: number;
}
