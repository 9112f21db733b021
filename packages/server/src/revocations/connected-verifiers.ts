/** One verifier that follows the feed, as it reported last. Figures are those of the ten seconds before. */
export interface ConnectedVerifier {
  /** What it calls itself. */
  readonly name: string;
  /** Tells processes of one name apart. */
  readonly instance: string;
  /** Name of the feed key it came with; undefined where the feed is open or the verifier is in this process. */
  readonly credential: string | undefined;
  /** Milliseconds since 1970. */
  readonly lastSeenAt: number;
  /** `<epoch>.<number>` */
  readonly position: string;
  /** Milliseconds that the last frame took to get there. */
  readonly lagMs: number;
  readonly stale: boolean;
  readonly cacheHits: number;
  readonly cacheMisses: number;
  /** Refusals by code. */
  readonly refusals: Readonly<Record<string, number>>;
}

/** Who reported to this process a moment ago. Held in memory: what isn't alive isn't shown. */
export interface ConnectedVerifiers {
  report(verifier: Omit<ConnectedVerifier, 'lastSeenAt'>): void;
  /** Newest report first. */
  list(): readonly ConnectedVerifier[];
}

/** Three reports that didn't come. */
const GONE_AFTER_MS = 30_000;
const MOST = 1_000;

export function createConnectedVerifiers(clock: () => number): ConnectedVerifiers {
  // in order of their last report
  const seen = new Map<string, { readonly verifier: ConnectedVerifier; readonly at: number }>();

  function forget(): void {
    for (const [key, { at }] of seen) {
      if (seen.size <= MOST && performance.now() - at <= GONE_AFTER_MS) break;
      seen.delete(key);
    }
  }

  return {
    report(verifier) {
      // two who came with different keys are two, whatever they call themselves
      const key = `${verifier.credential ?? ''}\0${verifier.instance}`;
      seen.delete(key);
      seen.set(key, { verifier: Object.freeze({ ...verifier, lastSeenAt: clock() }), at: performance.now() });
      forget();
    },
    list() {
      forget();
      return [...seen.values()].map(({ verifier }) => verifier).toReversed();
    },
  };
}
