import { randomUUID } from 'node:crypto';
import { FetchFailed, readBounded } from './bounded-fetch.ts';
import type { IssuerStatus } from './issuer.ts';
import type { IssuerSettings } from './issuer-options.ts';
import type { VerifierSettings } from './options.ts';

/** Tells each issuer, over its feed's credential, who follows it and how it goes. docs/protocol.md §5 */
export interface Reports {
  start(statuses: () => readonly IssuerStatus[]): void;
  /** A token was found in the cache. */
  hit(): void;
  miss(): void;
  refused(code: string): void;
  close(): void;
}

const FEED_ADDRESS = /\/revocations$/;
const EVERY_MS = 10_000;
const LIMITS = { timeoutMs: 5_000, maxBytes: 4_096 };

/** Figures since the last report that arrived. */
interface Figures {
  hits: number;
  misses: number;
  readonly refusals: Map<string, number>;
}

const startFigures = (): Figures => ({ hits: 0, misses: 0, refusals: new Map() });

export function createReports(settings: VerifierSettings<unknown>): Reports {
  // one of this verifier alone: two processes may have one name
  const instance = randomUUID();
  let figures = startFigures();
  let timer: NodeJS.Timeout | undefined;

  async function reportTo(
    own: IssuerSettings,
    status: IssuerStatus,
    { hits, misses, refusals }: Figures,
  ): Promise<void> {
    if (own.feed === false || status.position === undefined) return;
    const { url, key } = own.feed;
    // a feed at an address of its own may have nobody to report to
    if (!FEED_ADDRESS.test(url)) return;
    const body = JSON.stringify({
      name: settings.name,
      instance,
      position: status.position,
      lag_ms: Math.round(status.lagMs ?? 0),
      stale: status.stale,
      cache: { hits, misses },
      refusals: Object.fromEntries(refusals),
    });
    try {
      await readBounded(
        url.replace(FEED_ADDRESS, '/reports'),
        {
          fetch: own.fetch,
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          },
          body,
          ...LIMITS,
        },
        async (chunks) => {
          for await (const _chunk of chunks);
        },
      );
    } catch (error) {
      if (!(error instanceof FetchFailed)) throw error;
      settings.log('report.refused');
    }
  }

  return {
    start(statuses) {
      const report = (): void => {
        const reported = figures;
        figures = startFigures();
        for (const [index, status] of statuses().entries()) {
          const own = settings.issuers[index];
          if (own !== undefined) void reportTo(own, status, reported);
        }
      };
      // spread over the ten seconds, so that many that started together don't report together
      timer = setTimeout(
        () => {
          report();
          timer = setInterval(report, EVERY_MS).unref();
        },
        1_000 + settings.jitter() * (EVERY_MS - 1_000),
      ).unref();
    },
    hit() {
      figures.hits++;
    },
    miss() {
      figures.misses++;
    },
    refused(code) {
      figures.refusals.set(code, (figures.refusals.get(code) ?? 0) + 1);
    },
    close() {
      clearTimeout(timer);
      clearInterval(timer);
    },
  };
}
