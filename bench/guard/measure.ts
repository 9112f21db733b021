import { getRequest, type Load, type LoadReport } from '../harness/load.ts';
import { type ServerProcess, startServer } from '../harness/server-process.ts';
import { median, pairedRatio } from '../harness/statistics.ts';
import type { Credentials } from './credentials.ts';
import { type Framework, type GuardRow, PLAN } from './plan.ts';
import type { GuardReady } from './settings.ts';

export interface GuardPace {
  readonly rounds: number;
  readonly ms: number;
  /** Under load before each time that is measured: while others had their turn, the server was idle, and its engine shrank its heap. */
  readonly settleMs: number;
  readonly warmUpMs: number;
}

export interface GuardFigures {
  readonly name: string;
  /** CPU of the server per request, µs, a value per round. */
  readonly cpu: readonly number[];
  /** Requests a second, a value per round. */
  readonly throughput: readonly number[];
  readonly p99Ms: number;
}

const CONNECTIONS = 32;

/** All guards of one framework, in turn, round after round. */
export async function measureFramework(
  framework: Framework,
  credentials: Credentials,
  load: Load,
  pace: GuardPace,
): Promise<GuardFigures[]> {
  const program = new URL(`./servers/${framework}.ts`, import.meta.url);
  const servers: { row: GuardRow; server: ServerProcess<GuardReady>; requests: readonly string[] }[] = [];
  try {
    for (const row of PLAN[framework]) {
      const server = await startServer<GuardReady>(program, { ...credentials.settings, guard: row.guard }, { core: 0 });
      const requests = requestsFor(row, credentials, server.ready);
      servers.push({ row, server, requests });
      await prove(framework, row, credentials, server.ready.port, requests[0] ?? '');
    }
    const figures = servers.map(({ row: { name } }) => ({
      name,
      cpu: [] as number[],
      throughput: [] as number[],
      p99s: [] as number[],
    }));
    for (let round = -1; round < pace.rounds; round++) {
      for (let turn = 0; turn < servers.length; turn++) {
        // the turn moves on, so that nobody always runs behind the same neighbour
        const index = (turn + Math.max(0, round)) % servers.length;
        const served = servers[index];
        if (served === undefined) continue;
        const { row, server, requests } = served;
        const runFor = (ms: number): Promise<LoadReport> =>
          load.run({ port: server.ready.port, requests, connections: CONNECTIONS, ms, status: 200 });
        if (round >= 0 && pace.settleMs > 0) await runFor(pace.settleMs);
        const before = await server.usage();
        const report = await runFor(round === -1 ? pace.warmUpMs : pace.ms);
        const after = await server.usage();
        if (report.unexpected > 0)
          throw new Error(`${framework}, ${row.name}: ${report.unexpected} good requests were refused`);
        if (round === -1) continue;
        figures[index]?.cpu.push((after.cpuMicroseconds - before.cpuMicroseconds) / report.answered);
        figures[index]?.throughput.push(report.answered / report.seconds);
        figures[index]?.p99s.push(report.p99Ms);
      }
    }
    return figures.map(({ p99s, ...rest }) => ({ ...rest, p99Ms: median(p99s) }));
  } finally {
    await Promise.all(servers.map(({ server }) => server.stop()));
  }
}

function requestsFor({ credential }: GuardRow, credentials: Credentials, { header }: GuardReady): string[] {
  const bearer = (tokens: readonly string[]): string[] =>
    tokens.map((token) => getRequest('/', { authorization: `Bearer ${token}` }));
  switch (credential) {
    case 'none':
      return [getRequest('/')];
    case 'handed out':
      return [getRequest('/', header === undefined ? {} : { [header.name]: header.value })];
    case 'mapae seen':
      return bearer(credentials.seen);
    case 'mapae unseen':
      return bearer(credentials.unseen);
    default:
      return bearer(credentials.theirs[credential]);
  }
}

/** A guard is only timed after it let a good request in and refused one without, one with a changed and one with a dead credential. */
async function prove(
  framework: Framework,
  row: GuardRow,
  credentials: Credentials,
  port: number,
  good: string,
): Promise<void> {
  const ask = async (headers: Record<string, string>): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers });
    await response.arrayBuffer();
    return response.status;
  };
  const [, name = '', value = ''] = /\r\n(authorization|cookie): ([^\r]+)/.exec(good) ?? [];
  const who = `${framework}, ${row.name}`;
  if ((await ask(name === '' ? {} : { [name]: value })) !== 200) throw new Error(`${who} refused a good request`);
  if (row.guard === 'open' || row.guard === 'raw') return;
  const bad: Record<string, Record<string, string>> = {
    'no credential': {},
    'a changed credential': { [name]: changed(value) },
  };
  if (row.credential === 'mapae seen' || row.credential === 'mapae unseen')
    bad['a revoked token'] = { authorization: `Bearer ${credentials.revoked}` };
  else if (row.credential !== 'handed out' && row.credential !== 'none')
    bad['an expired token'] = { authorization: `Bearer ${credentials.expired[row.credential]}` };
  for (const [what, headers] of Object.entries(bad))
    if ((await ask(headers)) !== 401) throw new Error(`${who} did not refuse ${what}`);
}

/** The token, or the value of every cookie, with each letter moved on by one: nothing of it is right any more, and its form is. */
function changed(value: string): string {
  const moved = (text: string): string =>
    text.replace(/[a-yA-Y]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 1));
  return value.replace(/((?:^Bearer )|=)([^;]*)/g, (_, start: string, rest: string) => start + moved(rest));
}

/** What a guard adds to an open route, µs of CPU per request: the median of the rounds' differences. */
export function added(figures: readonly GuardFigures[], name: string, to: string): number {
  const [open, guard] = [to, name].map((wanted) => figures.find((one) => one.name === wanted)?.cpu ?? []);
  return median((guard ?? []).map((value, round) => value - (open?.[round] ?? Number.NaN)));
}

/** Share of an open route's throughput that is left, %. */
export function kept(figures: readonly GuardFigures[], name: string, of: string): number {
  const [open, guard] = [of, name].map((wanted) => figures.find((one) => one.name === wanted)?.throughput ?? []);
  return 100 * pairedRatio(guard ?? [], open ?? []);
}
