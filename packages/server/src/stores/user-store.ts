import type { Effects } from './account-store.ts';

/** What knows of users; a part of `Store`, under the same promises. */
export interface UserStore {
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
