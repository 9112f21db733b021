/** Buckets that all replicas share; a part of `Store`, under the same promises. */
export interface RateLimitStore {
  /**
   * Takes one from a bucket, in one step that all replicas share. A restart of the database may forget buckets; nothing else does.
   */
  takeRateLimit(limit: RateLimit): Promise<RateLimitVerdict>;
  /** Gives one back that was taken: what went well doesn't count. */
  giveBackRateLimit(limit: RateLimit): Promise<void>;
  /** Removes buckets that are empty again, at most `limit`. */
  pruneRateLimits(limit: number): Promise<number>;
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
