import { importJwkSet, type KeySet } from '@mapae/jwt';
import { boundedFetch, FetchFailed, readJson } from './bounded-fetch.ts';

/** The keys of an issuer, fetched from the address in its metadata; never from one in a token. RFC 8414 §3, RFC 7517 §5 */
export interface RemoteKeySet {
  /** Keys in force; undefined before the first fetch succeeded, or when the last one that did is too long ago. */
  readonly current: KeySet | undefined;
  /** Counts replacements: verdicts under removed keys are void. */
  readonly generation: number;
  /**
   * Fetches unless it is too soon after the last try. One at a time, however many ask.
   *
   * @param reason The feed has a cool-down of its own, so that a flood of unknown key ids can't hold back what it announces.
   */
  refresh(reason: 'unknown-key' | 'feed' | 'start'): Promise<void>;
  /** Takes keys out of force at once; they don't come back with a later fetch. */
  remove(kids: readonly string[]): void;
}

export interface RemoteKeySetOptions {
  readonly issuer: string;
  readonly fetch: typeof fetch;
  /** Milliseconds of a clock that only moves forward. */
  readonly monotonic: () => number;
  readonly log: (event: string) => void;
}

const COOLDOWN_MS = { 'unknown-key': 30_000, feed: 1_000, start: 250 } as const;
const MAX_AGE_MS = 10 * 60_000;
const USABLE_MS = 24 * 3_600_000;
const LIMITS = { timeoutMs: 5_000, maxBytes: 512 * 1_024 };

export function createRemoteKeySet({ issuer, fetch, monotonic, log }: RemoteKeySetOptions): RemoteKeySet {
  let keys: KeySet | undefined;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let generation = 0;
  let running: Promise<void> | undefined;
  const triedAt = new Map<string, number>();
  const removed = new Set<string>();

  async function fetchKeys(): Promise<void> {
    try {
      const metadata = readJson(await boundedFetch(metadataAddress(issuer), { fetch, ...LIMITS }));
      const jwks = readJson(await boundedFetch(jwksAddress(metadata, issuer), { fetch, ...LIMITS }));
      // the new set takes the place of the old one: a key that is gone is gone
      keys = importJwkSet(jwks);
      fetchedAt = monotonic();
      generation++;
    } catch (error) {
      log(error instanceof FetchFailed ? 'keys.unavailable' : 'keys.malformed');
    }
  }

  function refresh(reason: 'unknown-key' | 'feed' | 'start'): Promise<void> {
    if (running !== undefined) return running;
    const now = monotonic();
    if (now - (triedAt.get(reason) ?? Number.NEGATIVE_INFINITY) < COOLDOWN_MS[reason]) return Promise.resolve();
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
      if (keys === undefined || age > USABLE_MS) return undefined;
      // renewed in the background; the old ones serve on meanwhile, and for a bounded time when the issuer is away
      if (age > MAX_AGE_MS) void refresh('unknown-key');
      return inForce;
    },
    get generation() {
      return generation;
    },
    refresh,
    remove(kids) {
      for (const kid of kids) removed.add(kid);
      generation++;
    },
  };
}

/** RFC 8414 §3.1: the well-known part goes between host and path. */
function metadataAddress(issuer: string): string {
  const url = new URL(issuer);
  const path = url.pathname === '/' ? '' : url.pathname;
  return `${url.origin}/.well-known/oauth-authorization-server${path}`;
}

function jwksAddress(metadata: unknown, issuer: string): string {
  const { issuer: named, jwks_uri: address } = (metadata ?? {}) as Readonly<Record<string, unknown>>;
  // RFC 8414 §3.3: identical, or the metadata is somebody else's
  if (named !== issuer) throw new FetchFailed('is the metadata of another issuer');
  if (typeof address !== 'string' || !URL.canParse(address)) throw new FetchFailed('names no key set');
  // over the same transport as the issuer itself
  if (new URL(address).protocol !== new URL(issuer).protocol)
    throw new FetchFailed('names a key set over another protocol');
  return address;
}
