import type { BenchOptions } from './benches.ts';
import { canPin } from './harness/cores.ts';
import { startLoad } from './harness/load.ts';
import { installPeers, peerVersions } from './harness/peers.ts';
import { type Chart, type Reach, type Result, type Table, thisMachine } from './harness/result.ts';
import { median, pairedRatio } from './harness/statistics.ts';
import { type Cast, startCast } from './server/cast.ts';
import {
  BETTER_AUTH,
  OIDC_PROVIDER,
  POSTGRES,
  refreshes,
  refreshesBySize,
  SQLITE,
  sessionReads,
  signIns,
} from './server/contests.ts';
import { type Installed, measureInstalls } from './server/install-sizes.ts';
import { measureOperation, type OperationFigures, type OperationPace, requestsNeeded } from './server/operations.ts';
import { measureStarts, type StartFigures } from './server/starts.ts';

const FEW_SESSIONS = 10_000;
const FULL: OperationPace = { rounds: 5, requests: 1_200, warmUp: 2_000, alone: 150 };
const QUICK: OperationPace = { rounds: 1, requests: 60, warmUp: 60, alone: 10 };
const FULL_SIGN_IN: OperationPace = { rounds: 3, requests: 24, warmUp: 8, alone: 6 };
const QUICK_SIGN_IN: OperationPace = { rounds: 1, requests: 4, warmUp: 1, alone: 1 };

/** The authorization server against two others: what is asked of it most, how it starts, what it weighs. */
export async function run({ quick, sessions, progress }: BenchOptions): Promise<Result> {
  installPeers();
  const pace = quick ? QUICK : FULL;
  const manySessions = quick ? 20_000 : sessions;
  const load = await startLoad(1);
  let cast: Cast | undefined;
  try {
    // half for the contest, half for the comparison by size
    cast = await startCast({
      tokens: 2 * requestsNeeded(pace) + 10,
      fewSessions: Math.max(FEW_SESSIONS, 2 * requestsNeeded(pace) + 10),
      manySessions,
      progress,
    });
    progress('refresh');
    const refresh = await measureOperation(await refreshes(cast), load, pace);
    const [few, many] = [
      `Mapae, PostgreSQL, few sessions`,
      `Mapae, PostgreSQL, ${manySessions.toLocaleString('en-US')} sessions`,
    ];
    const bySize = await measureOperation(await refreshesBySize(cast, few, many), load, pace);
    progress('session read');
    const reads = await measureOperation(await sessionReads(cast), load, pace);
    progress('sign-in');
    const signIn = await measureOperation(await signIns(cast), load, quick ? QUICK_SIGN_IN : FULL_SIGN_IN);
    const loaded = await loadedMebibytes(cast);
    progress('start');
    const starts = await measureStarts(
      [
        { name: SQLITE, start: cast.startSqlite, path: '/.well-known/oauth-authorization-server' },
        { name: OIDC_PROVIDER, start: cast.startOidcProvider, path: '/.well-known/openid-configuration' },
        { name: BETTER_AUTH, start: cast.startBetterAuth, path: '/api/auth/ok' },
      ],
      quick ? 1 : 7,
    );
    progress('install');
    const installed = measureInstalls();
    return {
      bench: 'server',
      title: 'Authorization server',
      command: sessions === 1_000_000 ? 'npm run bench -- server' : `npm run bench -- server --sessions ${sessions}`,
      at: new Date().toISOString(),
      quick,
      machine: thisMachine(),
      peers: peerVersions(['oidc-provider', 'better-auth']),
      tables: [
        operationTable('Refresh with rotation (ES256)', refresh),
        operationTable('Session read', reads),
        operationTable('Sign-in by password', signIn),
        operationTable(`Refresh with ${manySessions.toLocaleString('en-US')} sessions in PostgreSQL`, bySize),
        startTable(starts, loaded),
        installTable(installed),
      ],
      reach: [
        ...operationReach(refresh, reads, signIn),
        ...sizeReach(bySize, few, many),
        ...startReach(starts, loaded),
        ...installReach(installed),
      ],
      charts: [chart(refresh, reads, signIn)],
      notes: [
        'Each server accepted a good credential and refused a bad one in this run before it was timed; a refresh is a real rotation, each token presented once.',
        'CPU is that of the server process; what PostgreSQL uses is not in it. “Alone” is the median time to an answer with one request under way.',
        'Statements are counted where the database driver takes them, `begin` and `commit` too; for oidc-provider, calls of its store.',
        'Ours runs as it is published, with durable databases: SQLite `synchronous=FULL`, PostgreSQL with its defaults. better-auth with WAL and `synchronous=NORMAL`, its limits of requests off; oidc-provider with one Map as its store.',
        'Session read: `GET /v1/me`, `GET /api/auth/get-session`.',
        canPin
          ? 'Servers on core 0, the load on core 1.'
          : 'Processes were not kept to cores: there is no `taskset`, or one core only.',
      ],
    };
  } finally {
    await load.stop();
    await cast?.stop();
  }
}

async function loadedMebibytes({ sqlite, oidcProvider, betterAuth }: Cast): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (const [name, server] of [
    [SQLITE, sqlite.server],
    [OIDC_PROVIDER, oidcProvider],
    [BETTER_AUTH, betterAuth.server],
  ] as const)
    found.set(name, (await server.usage()).rssBytes / 1_048_576);
  return found;
}

function operationTable(title: string, figures: readonly OperationFigures[]): Table {
  return {
    title,
    columns: ['', 'CPU ms per request', 'statements per request', 'requests/s', 'alone, ms', 'p99 ms under load'],
    rows: figures.map(({ name, cpuMs, statements, throughput, aloneMs, p99Ms }) => [
      name,
      median(cpuMs),
      statements,
      throughput,
      median(aloneMs),
      p99Ms,
    ]),
  };
}

function startTable(starts: readonly StartFigures[], loaded: ReadonlyMap<string, number>): Table {
  return {
    title: 'Start and memory',
    columns: ['', 'to the first answer, ms', 'RSS idle, MiB', 'RSS loaded, MiB'],
    rows: starts.map(({ name, firstAnswerMs, idleMebibytes }) => [
      name,
      firstAnswerMs,
      idleMebibytes,
      loaded.get(name) ?? '–',
    ]),
  };
}

function installTable(installed: readonly Installed[]): Table {
  return {
    title: '`npm install` into an empty folder',
    columns: ['', 'MiB', 'packages'],
    rows: installed.map(({ name, mebibytes, packages }) => [name, mebibytes, String(packages)]),
  };
}

const cpuOf = (figures: readonly OperationFigures[], name: string): readonly number[] | undefined =>
  figures.find((one) => one.name === name)?.cpuMs;

function operationReach(
  refresh: readonly OperationFigures[],
  reads: readonly OperationFigures[],
  signIn: readonly OperationFigures[],
): Reach[] {
  const less = (what: string, unit: string, floor: number, got: number | undefined): Reach => ({
    what,
    unit,
    better: 'less',
    floor,
    got,
  });
  const cpu = (figures: readonly OperationFigures[], name: string): number | undefined => {
    const values = cpuOf(figures, name);
    return values === undefined ? undefined : median(values);
  };
  const ratio = (figures: readonly OperationFigures[], theirs: string): number | undefined => {
    const [our, their] = [cpuOf(figures, SQLITE), cpuOf(figures, theirs)];
    return our === undefined || their === undefined ? undefined : pairedRatio(our, their);
  };
  return [
    less('refresh with rotation, SQLite: CPU', 'ms', 0.25, cpu(refresh, SQLITE)),
    less('refresh with rotation, PostgreSQL: CPU', 'ms', 0.25, cpu(refresh, POSTGRES)),
    less('refresh against oidc-provider in memory', '×', 0.25 / 0.36, ratio(refresh, OIDC_PROVIDER)),
    less('session read: CPU', 'ms', 0.15, cpu(reads, SQLITE)),
    less('session read against better-auth', '×', 0.15 / 0.89, ratio(reads, BETTER_AUTH)),
    less('sign-in by password: CPU', 'ms', 12, cpu(signIn, SQLITE)),
    less('sign-in against better-auth', '×', 12 / 119, ratio(signIn, BETTER_AUTH)),
  ];
}

function sizeReach(bySize: readonly OperationFigures[], few: string, many: string): Reach[] {
  const alone = (name: string): readonly number[] => bySize.find((one) => one.name === name)?.aloneMs ?? [];
  const note = bySize.length === 0 ? 'there is no PostgreSQL here' : undefined;
  return [
    {
      what: `refresh: time to an answer, ${many.replace(/^.*, (?=[\d,]+ sessions$)/, '')} against few`,
      unit: '×',
      better: 'less',
      floor: 1.3,
      got: bySize.length === 0 ? undefined : pairedRatio(alone(many), alone(few)),
      note,
    },
  ];
}

function startReach(starts: readonly StartFigures[], loaded: ReadonlyMap<string, number>): Reach[] {
  const our = starts.find(({ name }) => name === SQLITE);
  return [
    { what: 'start to the first answer', unit: 'ms', better: 'less', floor: 250, got: our?.firstAnswerMs },
    { what: 'RSS idle', unit: 'MiB', better: 'less', floor: 80, got: our?.idleMebibytes },
    { what: 'RSS loaded', unit: 'MiB', better: 'less', floor: 160, got: loaded.get(SQLITE) },
  ];
}

function installReach(installed: readonly Installed[]): Reach[] {
  const find = (name: string): Installed | undefined => installed.find((one) => one.name === name);
  const goal = (what: string, unit: string, floor: number, got: number | undefined): Reach => ({
    what,
    unit,
    better: 'less',
    floor,
    got,
  });
  return [
    goal('install of @mapae/verifier', 'MiB', 1, find('@mapae/verifier')?.mebibytes),
    goal('packages of @mapae/verifier', '', 2, find('@mapae/verifier')?.packages),
    goal('install of @mapae/server', 'MiB', 10, find('@mapae/server')?.mebibytes),
    goal('packages of @mapae/server', '', 15, find('@mapae/server')?.packages),
    goal('install of mapae', 'MiB', 30, find('mapae')?.mebibytes),
  ];
}

function chart(...[refresh, reads, signIn]: readonly (readonly OperationFigures[])[]): Chart {
  const bars = (figures: readonly OperationFigures[] = []) =>
    figures.map(({ name, cpuMs }) => ({ label: name, value: median(cpuMs), ours: name.startsWith('Mapae') }));
  return {
    file: 'bench-server',
    title: 'Authorization server',
    unit: 'ms of CPU per request, less is better',
    groups: [
      { title: 'Refresh with rotation', bars: bars(refresh) },
      { title: 'Session read', bars: bars(reads) },
      { title: 'Sign-in by password', bars: bars(signIn) },
    ],
  };
}
