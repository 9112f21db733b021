import { setTimeout as pause } from 'node:timers/promises';
import { createVerifier } from '@mapae/verifier';
import { startTcpProxy } from '../../tests/support/tcp-proxy.ts';

/** A verifier whose feed falls silent without a word, ms. */
export interface FeedLoss {
  /** From the silence to `status.stale`. */
  readonly noticed: readonly number[];
  /** From the end of the silence to fresh again. */
  readonly recovered: readonly number[];
}

const LONGEST_MS = 60_000;

export async function measureFeedLoss(
  {
    issuer,
    api,
    staleAfterSeconds,
  }: { readonly issuer: string; readonly api: string; readonly staleAfterSeconds: number },
  rounds: number,
): Promise<FeedLoss> {
  const proxy = await startTcpProxy(() => [Number(new URL(issuer).port)]);
  const verifier = createVerifier({
    issuer,
    audience: api,
    staleAfterSeconds,
    feed: { url: `http://127.0.0.1:${proxy.port}/events/revocations` },
  });
  const until = async (stale: boolean): Promise<number> => {
    const began = performance.now();
    while (verifier.status.stale !== stale) {
      if (performance.now() - began > LONGEST_MS)
        throw new Error(`the verifier did not become ${stale ? 'stale' : 'fresh'}`);
      await pause(2);
    }
    return performance.now() - began;
  };
  const noticed: number[] = [];
  const recovered: number[] = [];
  try {
    await verifier.ready();
    for (let round = 0; round < rounds; round++) {
      await until(false);
      // at another moment of the heartbeat's second each time
      await pause(1_000 + (round * 1_000) / rounds);
      proxy.hang();
      noticed.push(await until(true));
      proxy.heal();
      recovered.push(await until(false));
    }
    return { noticed, recovered };
  } finally {
    verifier.close();
    await proxy.close();
  }
}
