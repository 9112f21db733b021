/** Access tokens that are looked up, and what ended one; a part of `Store`, under the same promises. */
export interface AccessTokenStore {
  /** Keeps the record of a token, by the token's hash. */
  keepAccessToken(record: AccessTokenRecord): Promise<void>;
  /** The record of a token that is not past its end. */
  findAccessToken(hash: Uint8Array): Promise<AccessTokenRecord | undefined>;
  /** Whether an access token of ours, of whatever kind, was ended before its time: what verifiers learn from the feed, from the rows themselves. */
  isTokenOver(token: TokenIds): Promise<boolean>;
  /** Removes records past their end, at most `limit`. */
  pruneAccessTokens(limit: number): Promise<number>;
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
