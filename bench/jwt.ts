import type { BenchOptions } from './benches.ts';
import { pinMainThread } from './harness/cores.ts';
import { BINARY_PEER, hasBinaryPeer, installBinaryPeer, installPeers, peerVersions } from './harness/peers.ts';
import { type Result, thisMachine } from './harness/result.ts';
import { FULL_PACE, QUICK_PACE } from './harness/rounds.ts';
import { measureDecode } from './jwt/decode.ts';
import { measureFresh } from './jwt/fresh.ts';
import { jwtCharts, jwtReach } from './jwt/goals.ts';
import { measureImports } from './jwt/imports.ts';
import { measureRemembered } from './jwt/remembered.ts';
import { sizeTable } from './jwt/sizes.ts';
import { freshTables, rememberedTable } from './jwt/tables.ts';

/** @mapae/jwt side by side with the bare primitive and five libraries. */
export async function run({ quick, progress }: BenchOptions): Promise<Result> {
  installPeers();
  installBinaryPeer();
  const pace = quick ? QUICK_PACE : FULL_PACE;
  const without = (await hasBinaryPeer()) ? [] : [BINARY_PEER];
  const pinned = await pinMainThread(0);
  progress('verify, never seen');
  const verify = await measureFresh('verify', pace, without, progress);
  progress('sign');
  const sign = await measureFresh('sign', pace, without, progress);
  progress('verify, seen before');
  const remembered = await measureRemembered(pace, quick ? 500 : 10_000);
  progress('decode');
  const decoded = await measureDecode(pace);
  progress('import');
  const imports = measureImports(quick ? 1 : 9);
  const measured = { verify, sign, remembered, decoded };
  return {
    bench: 'jwt',
    title: 'Token operations',
    command: 'npm run bench -- jwt',
    at: new Date().toISOString(),
    quick,
    machine: thisMachine(),
    peers: peerVersions(['jose', 'fast-jwt', 'jsonwebtoken', 'hono', BINARY_PEER]),
    tables: [...freshTables(verify, sign), rememberedTable(remembered, decoded), sizeTable(), imports],
    reach: jwtReach(measured),
    charts: jwtCharts(measured),
    notes: [
      'Each contestant accepted a good token and refused a changed, an expired and a misdirected one in this run before it was timed.',
      'Issuer, audience, expiry, and where a library can, `typ` are checked by each; each call gets a new string, as a request parser makes one.',
      `${pace.rounds} interleaved rounds; a ratio is the median of the rounds' ratios, a rate that of the rounds' medians.`,
      'What is done when the call returns is measured by CPU time (the collection of garbage included), what goes on in the thread pool by the clock.',
      pinned
        ? 'The main thread is kept to one core; the thread pool may use every core.'
        : 'Threads were not kept to cores: there is no `taskset`, or one core only.',
    ],
  };
}
