import type { BenchOptions } from './benches.ts';
import { makeCredentials } from './guard/credentials.ts';
import { measureManyRevocations, revocationReach, revocationTable } from './guard/many-revocations.ts';
import { added, type GuardFigures, kept, measureFramework } from './guard/measure.ts';
import { type Framework, OPEN, OPEN_SENT, PLAN, RAW, SEEN, TITLES, UNSEEN } from './guard/plan.ts';
import { measureTokenKinds } from './guard/token-kinds.ts';
import { canPin } from './harness/cores.ts';
import { startLoad } from './harness/load.ts';
import { installPeers, peerVersions } from './harness/peers.ts';
import { type Chart, type Reach, type Result, type Table, thisMachine } from './harness/result.ts';
import { median } from './harness/statistics.ts';

const PEERS = [
  'express',
  'fastify',
  'hono',
  '@hono/node-server',
  'express-session',
  'express-jwt',
  'jose',
  '@fastify/jwt',
  'better-auth',
];

/** What a guard costs a route, in four frameworks, and what a million revocations cost a guard. */
export async function run({ quick, progress }: BenchOptions): Promise<Result> {
  installPeers();
  const pace = quick
    ? { rounds: 1, ms: 100, settleMs: 0, warmUpMs: 100 }
    : { rounds: 11, ms: 400, settleMs: 300, warmUpMs: 4_000 };
  progress('tokens');
  const load = await startLoad(1);
  const credentials = await makeCredentials(quick ? 20 : 100, quick ? 25 : 500);
  const found = new Map<Framework, readonly GuardFigures[]>();
  try {
    for (const framework of Object.keys(PLAN) as Framework[]) {
      progress(TITLES[framework]);
      found.set(framework, await measureFramework(framework, credentials, load, pace));
    }
  } finally {
    await load.stop();
    await credentials.stop();
  }
  progress('many revocations');
  const many = await measureManyRevocations(quick ? 10_000 : 1_000_000, quick);
  progress('encrypted tokens');
  const kinds = await measureTokenKinds(quick);
  return {
    bench: 'guard',
    title: 'A guarded route against the same route left open',
    command: 'npm run bench -- guard',
    at: new Date().toISOString(),
    quick,
    machine: thisMachine(),
    peers: peerVersions(PEERS),
    tables: [...[...found].map(([framework, figures]) => table(framework, figures)), revocationTable(many), kinds],
    reach: [...[...found].flatMap(([framework, figures]) => reach(framework, figures)), ...revocationReach(many)],
    charts: [chart(found)],
    notes: [
      'Each guard let a good request in and refused one without a credential, one with a changed one and one with an expired or revoked one, in this run, before it was timed.',
      'Mapae checks ES256 tokens of a real authorization server, follows its revocation feed, and has revocations in its list.',
      'Both open routes look at no header. The second is sent what a guard is sent: some 500 bytes more to read from the socket, which no guard can save. The goals compare with that one; the tables and the picture with the first, for all.',
      `“Never seen”: ${quick ? 100 : '2,000'} tokens in turn before a cache of ${quick ? 25 : 500}, so that each check is a whole one.`,
      canPin
        ? 'Server processes on core 0, the load and the authorization server on core 1, 32 connections.'
        : 'Processes were not kept to cores: there is no `taskset`, or one core only.',
    ],
  };
}

function table(framework: Framework, figures: readonly GuardFigures[]): Table {
  return {
    title: TITLES[framework],
    columns: ['guard', 'CPU µs per request', 'more than open, µs', 'throughput kept of open, %', 'p99 ms'],
    rows: figures.map(({ name, cpu, p99Ms }) => [
      name,
      median(cpu),
      name === OPEN ? '–' : added(figures, name, OPEN),
      name === OPEN ? '–' : kept(figures, name, OPEN),
      p99Ms,
    ]),
  };
}

function reach(framework: Framework, figures: readonly GuardFigures[]): Reach[] {
  const where = TITLES[framework];
  return [
    {
      what: `${where}: added by the check of a token seen before`,
      unit: 'µs',
      better: 'less',
      floor: 3,
      got: added(figures, SEEN, OPEN_SENT),
    },
    {
      what: `${where}: throughput kept with it`,
      unit: '%',
      better: 'more',
      floor: 85,
      got: kept(figures, SEEN, OPEN_SENT),
    },
    {
      what: `${where}: a token never seen against the bare signature check`,
      unit: '×',
      better: 'less',
      floor: 1.05,
      got: added(figures, UNSEEN, OPEN_SENT) / added(figures, RAW, OPEN_SENT),
    },
  ];
}

function chart(found: ReadonlyMap<Framework, readonly GuardFigures[]>): Chart {
  return {
    file: 'bench-guard',
    title: 'What a guard adds to a request',
    unit: 'µs of CPU per request, less is better',
    groups: [...found].map(([framework, figures]) => ({
      title: TITLES[framework],
      bars: figures
        .filter(({ name }) => name !== OPEN && name !== OPEN_SENT && name !== RAW)
        .map(({ name }) => ({
          label: name,
          value: Math.max(0, added(figures, name, OPEN)),
          ours: name === SEEN || name === UNSEEN,
        }))
        .toSorted((a, b) => a.value - b.value),
    })),
  };
}
