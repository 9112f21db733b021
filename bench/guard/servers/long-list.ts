// One process that follows two issuers, one with few revocations and one with many, and compares what a check costs.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createVerifier, type Verifier } from '@mapae/verifier';
import { freshStrings } from '../../harness/fresh-strings.ts';
import { type Contestant, FULL_PACE, measureRounds, QUICK_PACE } from '../../harness/rounds.ts';
import { announce, readSettings } from '../../harness/serving.ts';
import { median, pairedRatio } from '../../harness/statistics.ts';

interface Side {
  readonly issuer: string;
  readonly tokens: readonly string[];
  readonly revoked: string;
}

export interface LongListSettings {
  readonly api: string;
  readonly few: Side;
  readonly many: Side;
  readonly count: number;
  readonly quick: boolean;
}

export interface LongListReady {
  readonly seenFewNs: number;
  readonly seenManyNs: number;
  readonly seenRatio: number;
  readonly unseenFewNs: number;
  readonly unseenManyNs: number;
  readonly unseenRatio: number;
  /** Growth of heap and outside memory over the revocations held. */
  readonly bytesEach: number;
  readonly readyFewMs: number;
  readonly readyManyMs: number;
  readonly longestBlockMs: number;
}

const { api, few, many, count, quick } = readSettings<LongListSettings>();

/** Bytes in use after everything that can go has gone. */
function inUse(): number {
  for (let time = 0; time < 3; time++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function follow(
  { issuer, revoked }: Side,
  cacheEntries: number,
): Promise<{ verifier: Verifier; readyMs: number }> {
  const began = performance.now();
  const verifier = createVerifier({
    issuer,
    audience: api,
    maxRevocations: 10_000_000,
    cache: { maxEntries: cacheEntries, maxBytes: 64 * 1_048_576 },
  });
  await verifier.ready();
  const readyMs = performance.now() - began;
  if (verifier.status.stale) throw new Error('the verifier does not follow the feed');
  let refused = false;
  try {
    verifier.verifySync(revoked);
  } catch {
    refused = true;
  }
  if (!refused) throw new Error('a revoked token was let in');
  return { verifier, readyMs };
}

/** Enough room for all, or for a quarter: then each check is a whole one. */
async function compare(name: 'seen' | 'unseen', withMany: Side, withFew: Side) {
  const entries = name === 'seen' ? withFew.tokens.length * 2 : Math.ceil(withFew.tokens.length / 4);
  const contestants: Contestant[] = [];
  const verifiers: Verifier[] = [];
  for (const [title, side] of [
    ['few', withFew],
    ['many', withMany],
  ] as const) {
    const { verifier } = await follow(side, entries);
    const strings = freshStrings(side.tokens);
    let cursor = 0;
    verifiers.push(verifier);
    contestants.push({
      name: title,
      run(times) {
        for (let done = 0; done < times; done++) verifier.verifySync(strings.at(cursor++));
      },
    });
  }
  const [fewNs, manyNs] = (await measureRounds(contestants, quick ? QUICK_PACE : FULL_PACE)).map(
    ({ nanoseconds }) => nanoseconds,
  );
  for (const verifier of verifiers) verifier.close();
  if (fewNs === undefined || manyNs === undefined) throw new Error('unreachable: both were measured');
  return { fewNs: median(fewNs), manyNs: median(manyNs), ratio: pairedRatio(manyNs, fewNs) };
}

const first = await follow(few, 10);
const before = inUse();
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const second = await follow(many, 10);
delay.disable();
const bytesEach = (inUse() - before) / second.verifier.status.revocations;
if (second.verifier.status.revocations < count) throw new Error('the list is not whole');
first.verifier.close();
second.verifier.close();
const seen = await compare('seen', many, few);
const unseen = await compare('unseen', many, few);
announce({
  seenFewNs: seen.fewNs,
  seenManyNs: seen.manyNs,
  seenRatio: seen.ratio,
  unseenFewNs: unseen.fewNs,
  unseenManyNs: unseen.manyNs,
  unseenRatio: unseen.ratio,
  bytesEach,
  readyFewMs: first.readyMs,
  readyManyMs: second.readyMs,
  longestBlockMs: delay.max / 1e6,
} satisfies LongListReady);
