import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../tests/support/postgres.ts';
import type { BenchOptions } from './benches.ts';
import { makeCredentials } from './guard/credentials.ts';
import { canPin } from './harness/cores.ts';
import { getRequest, startLoad } from './harness/load.ts';
import { installPeers, peerVersions } from './harness/peers.ts';
import { type Result, thisMachine } from './harness/result.ts';
import { type ServerProcess, startServer } from './harness/server-process.ts';
import { median } from './harness/statistics.ts';
import { startRedis } from './sessions/redis.ts';
import { KINDS, type Kind, type SessionsReady, type SessionsSettings } from './sessions/settings.ts';

const TITLES: Readonly<Record<Kind, string>> = {
  open: 'open route',
  memory: 'session in memory',
  file: 'session in files',
  sqlite: 'session in SQLite',
  postgres: 'session in PostgreSQL',
  redis: 'session in Redis',
  token: 'Mapae token',
};

interface Row {
  readonly kind: Kind;
  readonly server: ServerProcess<SessionsReady>;
  readonly requests: readonly string[];
  readonly cpu: number[];
  readonly throughput: number[];
  readonly p99: number[];
  readonly calls: number[];
}

/** Who is signed in, looked up in five stores with each request, or read from the token. */
export async function run({ quick, progress }: BenchOptions): Promise<Result> {
  installPeers();
  const pace = quick ? { rounds: 1, ms: 100, warmUpMs: 100 } : { rounds: 5, ms: 500, warmUpMs: 1_500 };
  const users = quick ? 200 : 5_000;
  const folder = mkdtempSync(join(tmpdir(), 'mapae-bench-'));
  mkdirSync(join(folder, 'files'));
  progress('stores');
  const credentials = await makeCredentials(quick ? 5 : 100, 25);
  const load = await startLoad(1);
  const postgres = await startPostgres([]);
  const redis = await startRedis();
  const places: Readonly<Record<Kind, string | undefined>> = {
    open: '',
    memory: '',
    file: join(folder, 'files'),
    sqlite: join(folder, 'sessions.db'),
    postgres: postgres?.url,
    redis: redis?.url,
    token: '',
  };
  const rows: Row[] = [];
  try {
    for (const kind of KINDS) {
      const place = places[kind];
      if (place === undefined) continue;
      const mapae = { ...credentials.settings.mapae, cacheEntries: 10_000 };
      const server = await startServer<SessionsReady>(
        new URL('./sessions/servers/express.ts', import.meta.url),
        { kind, place, mapae, users } satisfies SessionsSettings,
        { core: 0, flags: ['--expose-gc'] },
      );
      const { cookie } = server.ready;
      const requests =
        kind === 'token'
          ? credentials.seen.map((token) => getRequest('/', { authorization: `Bearer ${token}` }))
          : [getRequest('/', cookie === '' ? {} : { cookie })];
      rows.push({ kind, server, requests, cpu: [], throughput: [], p99: [], calls: [] });
      await prove(kind, server.ready, credentials.seen[0] ?? '', credentials.revoked);
    }
    progress('requests');
    for (let round = -1; round < pace.rounds; round++) {
      for (const { kind, server, requests, cpu, throughput, p99, calls } of rows) {
        const before = await server.usage();
        const ms = round === -1 ? pace.warmUpMs : pace.ms;
        const report = await load.run({ port: server.ready.port, requests, connections: 32, ms, status: 200 });
        const after = await server.usage();
        if (report.unexpected > 0) throw new Error(`${TITLES[kind]} refused ${report.unexpected} good requests`);
        if (round === -1) continue;
        cpu.push((after.cpuMicroseconds - before.cpuMicroseconds) / report.answered);
        calls.push((after.statements - before.statements) / report.answered);
        throughput.push(report.answered / report.seconds);
        p99.push(report.p99Ms);
      }
    }
    progress('memory');
    const memory = new Map<Kind, number>();
    for (const { kind, server } of rows) memory.set(kind, await memoryPerUser(kind, server.ready.port, users));
    return {
      bench: 'sessions-vs-tokens',
      title: 'Sessions against tokens',
      command: 'npm run bench -- sessions-vs-tokens',
      at: new Date().toISOString(),
      quick,
      machine: thisMachine(),
      peers: peerVersions([
        'express',
        'express-session',
        'session-file-store',
        'better-sqlite3-session-store',
        'better-sqlite3',
        'connect-pg-simple',
        'connect-redis',
        'redis',
      ]),
      tables: [
        {
          title: 'A request of somebody who is signed in (Express 5)',
          columns: [
            '',
            'CPU µs per request',
            'calls of the store per request',
            'requests/s',
            'p99 ms',
            'bytes of the request',
            'MiB in the server per 100,000 signed in',
          ],
          rows: rows.map(({ kind, cpu, calls, throughput, p99, requests }) => [
            TITLES[kind],
            median(cpu),
            median(calls),
            median(throughput),
            median(p99),
            String(requests[0]?.length ?? 0),
            ((memory.get(kind) ?? 0) * 100_000) / 1_048_576,
          ]),
        },
      ],
      reach: [],
      charts: [
        {
          file: 'bench-sessions-vs-tokens',
          title: 'Who is calling?',
          unit: "µs of the server's CPU per request (Express 5), less is better",
          groups: [
            {
              title: 'session in a store, or token',
              bars: rows.map(({ kind, cpu }) => ({ label: TITLES[kind], value: median(cpu), ours: kind === 'token' })),
            },
          ],
        },
      ],
      notes: [
        'Each accepted a good credential and refused none and a wrong one in this run before it was timed; the token’s guard follows the revocation feed and refused a revoked token.',
        'CPU is that of the API process; what PostgreSQL and Redis use beside it is not in it.',
        'Where sessions win: fewer bytes per request, and what changes in the store is felt by the next request; with tokens a sign-out is felt when the feed has brought it (see Revocation).',
        `Memory: growth of the process with ${users.toLocaleString('en-US')} people signed in, scaled to 100,000; a store of its own keeps them elsewhere, and they take their room there.`,
        canPin
          ? 'The API on core 0, the load on core 1.'
          : 'Processes were not kept to cores: there is no `taskset`, or one core only.',
        ...(redis === undefined ? ['Redis is left out: there is no `redis-server` here.'] : []),
      ],
    };
  } finally {
    await Promise.all(rows.map(({ server }) => server.stop()));
    await load.stop();
    await credentials.stop();
    await postgres?.stop();
    await redis?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function prove(kind: Kind, { port, cookie }: SessionsReady, token: string, revoked: string): Promise<void> {
  const ask = async (headers: Record<string, string>): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers });
    await response.arrayBuffer();
    return response.status;
  };
  if (kind === 'open') return;
  const isToken = kind === 'token';
  const good: Record<string, string> = isToken ? { authorization: `Bearer ${token}` } : { cookie };
  const bad: Record<string, string> = isToken
    ? { authorization: `Bearer ${revoked}` }
    : { cookie: cookie.replace(/.{9}$/, 'xxxxxxxxx') };
  const answers = [await ask(good), await ask({}), await ask(bad)];
  if (answers.join() !== '200,401,401') throw new Error(`${TITLES[kind]} answered ${answers.join()}`);
}

/** Growth of the API's own memory, bytes per person signed in. */
async function memoryPerUser(kind: Kind, port: number, users: number): Promise<number> {
  // the token is with the person: there is nothing to fill
  if (kind === 'open' || kind === 'token') return 0;
  const bytes = async (path: string): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    if (response.status !== 200) throw new Error(`${TITLES[kind]}: ${path} was answered with ${response.status}`);
    return ((await response.json()) as { readonly bytes: number }).bytes;
  };
  const before = await bytes('/bytes');
  await bytes('/fill');
  return Math.max(0, (await bytes('/bytes')) - before) / users;
}
