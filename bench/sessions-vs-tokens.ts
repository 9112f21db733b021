import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../tests/support/postgres.ts';
import type { BenchOptions } from './benches.ts';
import { startLoad } from './harness/load.ts';
import { installPeers, peerVersions } from './harness/peers.ts';
import { type Result, thisMachine } from './harness/result.ts';
import { prove, startApi } from './sessions/api-processes.ts';
import type { Contestant } from './sessions/contestant.ts';
import { type FeltFigures, followSlow } from './sessions/felt.ts';
import { measureMemory } from './sessions/memory.ts';
import { measureProcesses } from './sessions/processes.ts';
import { startRedis } from './sessions/redis.ts';
import { charts, notes, type RowFigures, tables } from './sessions/report.ts';
import { type Contender, measureRequests, requestWith } from './sessions/requests.ts';
import { mapaeCast, oidcProviderCast } from './sessions/servers-cast.ts';
import { KINDS } from './sessions/settings.ts';
import { storesCast } from './sessions/stores-cast.ts';

const PEERS = [
  ...['express', 'express-session', 'session-file-store', 'better-sqlite3-session-store', 'better-sqlite3'],
  ...['connect-pg-simple', 'pg', 'connect-redis', 'redis', 'better-auth', 'oidc-provider'],
];
const FULL = {
  requests: { rounds: 5, ms: 400, warmUpMs: 1_500 },
  processes: { rounds: 3, ms: 400, warmUpMs: 1_000, felt: 3 },
  /** More people than connections: nobody's requests are under way together, and what is asked about one is not shared. */
  signedIn: 64,
  people: 2_000,
  /** What better-auth's documentation writes, and what tokens here live. */
  slowSeconds: 300,
};
const QUICK = {
  requests: { rounds: 1, ms: 60, warmUpMs: 60 },
  processes: { rounds: 1, ms: 60, warmUpMs: 60, felt: 1 },
  signedIn: 4,
  people: 60,
  slowSeconds: 40,
};

const OPEN: Contestant = {
  kind: 'open',
  title: 'open route',
  isOurs: false,
  api: { kind: 'open', place: '', cookieSeconds: 0, issuer: '', audience: '', client: { id: '', secret: '' } },
  signIn: () => Promise.reject(new Error('unreachable: nobody signs in at an open route')),
  credentials: async () => [{}],
  fill: async () => [],
  besideMicroseconds: async () => 0,
  besideStatements: async () => 0,
};

/** Who is signed in: looked up in five stores, asked of two servers, or read from the token. */
export async function run({ quick, progress }: BenchOptions): Promise<Result> {
  installPeers();
  const pace = quick ? QUICK : FULL;
  const folder = mkdtempSync(join(tmpdir(), 'mapae-bench-'));
  const running: { stop(): Promise<void> }[] = [];
  const keep = <T extends { stop(): Promise<void> } | undefined>(one: T): T => {
    if (one !== undefined) running.unshift(one);
    return one;
  };
  try {
    progress('stores and servers');
    const load = keep(await startLoad(1));
    const freeLoad = keep(await startLoad('any'));
    // its defaults, but for shared memory: files of its own, not the machine's
    const postgres = keep(await startPostgres(['dynamic_shared_memory_type=mmap']));
    const redis = keep(await startRedis(folder));
    const provider = redis === undefined ? undefined : keep(await oidcProviderCast(redis, pace.slowSeconds));
    const mapae = keep(await mapaeCast(folder));
    const stores = await storesCast({ folder, postgres, redis, cookieSeconds: pace.slowSeconds });
    const all = [OPEN, ...stores, ...(provider?.contestants ?? []), ...mapae.contestants];
    const contestants = KINDS.flatMap((kind) => all.filter((one) => one.kind === kind));
    const proven: Omit<Contender, 'requests'>[] = [];
    for (const contestant of contestants) {
      progress(`${contestant.title}: a good credential and bad ones`);
      const api = keep(await startApi(contestant, 0));
      await prove(contestant, api.ready.port);
      proven.push({ contestant, api });
    }
    progress(`${pace.signedIn} people sign in everywhere`);
    const contenders: Contender[] = [];
    for (const { contestant, api } of proven) {
      const headers = await contestant.credentials(api.ready.port, pace.signedIn);
      contenders.push({ contestant, api, requests: headers.map(requestWith) });
    }
    // minutes by their own settings: followed while the rest is measured
    const slow = contenders
      .filter(({ contestant }) => contestant.slow !== undefined)
      .map(({ contestant, api }) => ({ kind: contestant.kind, felt: settled(followSlow(contestant, [api])) }));
    progress('requests');
    const requests = await measureRequests(contenders, load, pace.requests);
    const rows: RowFigures[] = [];
    for (const contender of contenders) {
      const { contestant } = contender;
      progress(`${contestant.title}: 1, 2 and 4 processes`);
      const processes = await measureProcesses(contestant, freeLoad, { ...pace.processes, people: pace.signedIn });
      progress(`${contestant.title}: memory`);
      const memory = await measureMemory(contender, load, pace.people);
      const own = requests.find(({ kind }) => kind === contestant.kind);
      if (own === undefined) throw new Error('unreachable: each was measured');
      rows.push({ contestant, requests: own, processes, memory, slow: undefined });
    }
    progress('what is slow by its settings');
    const felt = new Map<string, FeltFigures>();
    for (const { kind, felt: following } of slow) felt.set(kind, await unsettled(following));
    const complete = rows.map((row) => ({ ...row, slow: felt.get(row.contestant.kind) }));
    return {
      bench: 'sessions-vs-tokens',
      title: 'Sessions against tokens',
      command: 'npm run bench -- sessions-vs-tokens',
      at: new Date().toISOString(),
      quick,
      machine: thisMachine(),
      peers: peerVersions(PEERS),
      tables: tables(complete),
      reach: [],
      charts: charts(complete),
      notes: notes({ people: pace.people, slowSeconds: pace.slowSeconds, kinds: contestants.map(({ kind }) => kind) }),
    };
  } finally {
    for (const one of running) await one.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Settled<T> = Promise<{ readonly value: T } | { readonly error: unknown }>;

/** A failure waits until somebody asks, instead of ending the program meanwhile. */
function settled<T>(promise: Promise<T>): Settled<T> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

async function unsettled<T>(promise: Settled<T>): Promise<T> {
  const outcome = await promise;
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}
