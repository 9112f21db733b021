import { exportPublicJwk, importJwkSet, type KeySet } from '@mapae/jwt';
import { boundedFetch, FetchFailed, readJson } from './bounded-fetch.ts';
import type { MetadataSource } from './issuer-metadata.ts';

/** The keys of an issuer, fetched from the address in its metadata; never from one in a token. RFC 8414 §3, RFC 7517 §5 */
export interface RemoteKeySet {
  /** Keys in force; undefined before the first fetch succeeded, or when the last one that did is too long ago. */
  readonly current: KeySet | undefined;
  /** Counts changes: verdicts under removed keys are void. */
  readonly generation: number;
  /** True for an unknown id whose key may be published by now: the last fetch failed, and nobody took the key out of force. */
  mayLack(kid: string): boolean;
  /**
   * Fetches unless it is too soon after the last try. One at a time, however many ask. Never rejects.
   *
   * @param reason The feed has a cool-down of its own, so that a flood of unknown key ids can't hold back what it announces.
   */
  refresh(reason: RefreshReason): Promise<void>;
  /** Takes keys out of force at once; they don't come back with a later fetch. Tells whether one was in force. */
  remove(kids: readonly string[]): boolean;
}

export type RefreshReason = 'start' | 'renewal' | 'unknown-key' | 'feed';

export interface RemoteKeySetOptions {
  readonly metadata: MetadataSource;
  readonly fetch: typeof fetch;
  /** Milliseconds of a clock that only moves forward. */
  readonly monotonic: () => number;
  /** Told what became of each fetch: `keys.fetched`, `keys.unavailable`, `keys.malformed`. */
  readonly log: (event: string) => void;
}

const COOLDOWN_MS: Readonly<Record<RefreshReason, number>> = {
  start: 250,
  renewal: 30_000,
  'unknown-key': 30_000,
  feed: 1_000,
};
/** After a fetch that failed: those who wait for a key are told to come again soon. */
const FAILED_COOLDOWN_MS = 5_000;
const MAX_AGE_MS = 10 * 60_000;
const USABLE_MS = 24 * 3_600_000;
const LIMITS = { timeoutMs: 5_000, maxBytes: 512 * 1_024 };
/** Importing a key costs time that requests wait for. */
const MOST_KEYS = 100;
const MOST_REMOVED = 1_000;

export function createRemoteKeySet({ metadata, fetch, monotonic, log }: RemoteKeySetOptions): RemoteKeySet {
  let keys: KeySet | undefined;
  let content = '';
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let generation = 0;
  let failed = false;
  let running: Promise<void> | undefined;
  const triedAt = new Map<string, number>();
  const removed = new Set<string>();

  async function fetchKeys(): Promise<void> {
    try {
      const { jwksUri } = await metadata.read();
      const fetched = importBounded(readJson(await boundedFetch(jwksUri, { fetch, ...LIMITS })));
      const fetchedContent = contentOf(fetched);
      // the new set takes the place of the old one: a key that is gone is gone
      if (keys === undefined || fetchedContent !== content) {
        keys = fetched;
        content = fetchedContent;
        generation++;
      }
      fetchedAt = monotonic();
      failed = false;
      log('keys.fetched');
    } catch (error) {
      failed = true;
      // an address that is gone may have moved; one that is in trouble has not
      if (error instanceof FetchFailed && (error.status === 404 || error.status === 410)) metadata.forget();
      log(error instanceof FetchFailed ? 'keys.unavailable' : 'keys.malformed');
    }
  }

  function refresh(reason: RefreshReason): Promise<void> {
    if (running !== undefined) return running;
    const now = monotonic();
    const cooldown = failed ? Math.min(COOLDOWN_MS[reason], FAILED_COOLDOWN_MS) : COOLDOWN_MS[reason];
    if (now - (triedAt.get(reason) ?? Number.NEGATIVE_INFINITY) < cooldown) return Promise.resolve();
    triedAt.set(reason, now);
    running = fetchKeys().finally(() => {
      running = undefined;
    });
    return running;
  }

  const inForce: KeySet = {
    find: (kid) => (removed.has(kid) ? undefined : keys?.find(kid)),
    get kids() {
      return (keys?.kids ?? []).filter((kid) => !removed.has(kid));
    },
  };

  return {
    get current() {
      const age = monotonic() - fetchedAt;
      // renewed in the background; the old ones serve on meanwhile, and for a bounded time when the issuer is away
      if (keys !== undefined && age > MAX_AGE_MS) void refresh('renewal');
      return keys === undefined || age > USABLE_MS ? undefined : inForce;
    },
    get generation() {
      return generation;
    },
    mayLack: (kid) => failed && !removed.has(kid),
    refresh,
    remove(kids) {
      const inForceBefore = kids.filter((kid) => inForce.find(kid) !== undefined);
      for (const kid of kids) {
        removed.delete(kid);
        removed.add(kid);
      }
      for (const kid of removed) {
        if (removed.size <= MOST_REMOVED) break;
        removed.delete(kid);
      }
      if (inForceBefore.length > 0) generation++;
      return inForceBefore.length > 0;
    },
  };
}

function importBounded(jwks: unknown): KeySet {
  const listed = typeof jwks === 'object' && jwks !== null && 'keys' in jwks ? jwks.keys : undefined;
  if (Array.isArray(listed) && listed.length > MOST_KEYS) throw new FetchFailed('holds too many keys');
  return importJwkSet(jwks);
}

/** Equal for sets of the same keys: a set that didn't change voids nothing. */
function contentOf(keys: KeySet): string {
  const members = keys.kids.toSorted().map((kid) => {
    const key = keys.find(kid);
    return key?.kind === 'public' ? exportPublicJwk(key) : kid;
  });
  return JSON.stringify(members);
}
