import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchOptions } from './benches.ts';
import { canPin } from './harness/cores.ts';
import { type Result, thisMachine } from './harness/result.ts';
import { startServer } from './harness/server-process.ts';
import { quantile } from './harness/statistics.ts';
import { APIS, measureBehindBalancer } from './revocation/behind-balancer.ts';
import { measureFeedLoss } from './revocation/feed-loss.ts';
import { measureManyVerifiers } from './revocation/many-verifiers.ts';
import { signUp } from './servers/account.ts';
import type { AuthServerReady } from './servers/auth-server.ts';

const API = 'https://notes.example';

/** How long it takes until a sign-out is felt, and until a verifier knows that it hears nothing. */
export async function run({ quick, progress }: BenchOptions): Promise<Result> {
  const rounds = quick ? 2 : 100;
  const count = quick ? 12 : 100;
  const staleAfterSeconds = quick ? 2 : 5;
  const folder = mkdtempSync(join(tmpdir(), 'mapae-bench-'));
  const server = await startServer<AuthServerReady>(
    new URL('./servers/auth-server.ts', import.meta.url),
    { database: `sqlite:${join(folder, 'mapae.db')}`, secret: randomBytes(32).toString('base64url'), api: API },
    { core: 0 },
  );
  try {
    const { issuer } = server.ready;
    const account = await signUp(issuer, API);
    progress(`${rounds} sign-outs, ${APIS} API processes behind a balancer`);
    const { fromSent, fromAnswer } = await measureBehindBalancer(issuer, API, rounds);
    progress(`${rounds} sign-outs, ${count} verifiers`);
    const { each, last } = await measureManyVerifiers(account, { issuer, api: API, count }, rounds);
    progress('a feed that falls silent');
    const loss = await measureFeedLoss({ issuer, api: API, staleAfterSeconds }, quick ? 1 : 5);
    const row = (name: string, times: readonly number[]) => [
      name,
      ...[0.5, 0.99, 1].map((share) => quantile(times, share)),
    ];
    return {
      bench: 'revocation',
      title: 'From a sign-out to its refusal',
      command: 'npm run bench -- revocation',
      at: new Date().toISOString(),
      quick,
      machine: thisMachine(),
      peers: {},
      tables: [
        {
          title: `Until it is refused, ms (${rounds} sign-outs)`,
          columns: ['', 'p50', 'p99', 'longest'],
          rows: [
            row(`each of ${count} verifiers, from sending the sign-out`, each),
            row(`the last of ${count} verifiers, from sending the sign-out`, last),
            row(`the last of ${APIS} APIs behind a balancer, by HTTP, from sending it`, fromSent),
            row(
              `the last of ${APIS} APIs behind a balancer, by HTTP, from its answer (negative: before it)`,
              fromAnswer,
            ),
          ],
        },
        {
          title: 'A feed that falls silent, connection open, ms',
          columns: ['', 'p50', 'longest'],
          rows: [
            ['until the verifier knows that it hears nothing', quantile(loss.noticed, 0.5), quantile(loss.noticed, 1)],
            [
              'until it is up to date once the feed is back',
              quantile(loss.recovered, 0.5),
              quantile(loss.recovered, 1),
            ],
          ],
        },
      ],
      reach: [
        { what: `refused at ${count} verifiers: p50`, unit: 'ms', better: 'less', floor: 20, got: quantile(each, 0.5) },
        {
          what: `refused at ${count} verifiers: p99`,
          unit: 'ms',
          better: 'less',
          floor: 250,
          got: quantile(each, 0.99),
        },
        // the verifier is asked every few milliseconds: finer than hundredths of a second says nothing
        {
          what: 'a silent feed is noticed',
          unit: 's',
          better: 'less',
          floor: 5,
          got: inHundredths(quantile(loss.noticed, 1)),
        },
      ],
      charts: [
        {
          file: 'bench-revocation',
          title: `From a sign-out to its refusal at ${count} verifiers`,
          unit: 'ms from sending the sign-out, less is better',
          groups: [
            {
              title: 'Mapae: no look-up per request',
              bars: [0.5, 0.9, 0.99, 1].map((share) => ({
                label: share === 1 ? 'longest' : `p${share * 100}`,
                value: quantile(each, share),
                ours: true,
              })),
            },
            {
              title: 'A token without revocation: until it expires',
              bars: [{ label: 'access token of 5 minutes', value: 300_000 }],
            },
          ],
        },
      ],
      notes: [
        'SQLite with `synchronous=FULL`; every process on this machine. Verifiers are asked once a millisecond; before each sign-out all of them accept the token.',
        ...(canPin ? ['The authorization server on core 0; the verifiers, in four processes, on both cores.'] : []),
      ],
    };
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const inHundredths = (ms: number): number => Math.round(ms / 10) / 100;
