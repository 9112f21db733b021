import type { Load } from '../harness/load.ts';
import { median } from '../harness/statistics.ts';
import { type Api, askStatus, startApi } from './api-processes.ts';
import type { Contestant, Headers } from './contestant.ts';
import { type FeltFigures, measureFelt } from './felt.ts';
import { loadLetIn } from './let-in.ts';
import { requestWith } from './requests.ts';

export const PROCESSES = [1, 2, 4] as const;

export interface ProcessesFigures extends FeltFigures {
  /** Requests a second by number of processes; undefined where a second one does not know the first one's people. */
  readonly perSecond: Readonly<Record<(typeof PROCESSES)[number], number | undefined>>;
}

export interface ProcessesPace {
  readonly rounds: number;
  readonly ms: number;
  readonly warmUpMs: number;
  /** People signed in meanwhile. */
  readonly people: number;
  readonly felt: number;
}

const CONNECTIONS = 32;

/** The same API in one, two and four processes, on every core there is; its store or server stays one. */
export async function measureProcesses(
  contestant: Contestant,
  load: Load,
  { rounds, ms, warmUpMs, people, felt }: ProcessesPace,
): Promise<ProcessesFigures> {
  const most = Math.max(...PROCESSES);
  const first = await startApi(contestant, 'any');
  const apis: Api[] = [first];
  try {
    apis.push(...(await Promise.all(Array.from({ length: most - 1 }, () => startApi(contestant, 'any')))));
    const credentials = await contestant.credentials(first.ready.port, people);
    const shared = await areKnown(apis, credentials);
    const found = new Map<number, number[]>(PROCESSES.map((count) => [count, []]));
    for (let round = -1; round < rounds; round++)
      for (const count of PROCESSES) {
        if (count > 1 && !shared) continue;
        const perSecond = await throughput(
          contestant,
          apis.slice(0, count),
          credentials,
          load,
          round < 0 ? warmUpMs : ms,
        );
        if (round >= 0) found.get(count)?.push(perSecond);
      }
    const of = (count: number): number | undefined => {
      const values = found.get(count) ?? [];
      return values.length === 0 ? undefined : median(values);
    };
    const feels = contestant.kind === 'open' ? NOTHING : await measureFelt(contestant, shared ? apis : [first], felt);
    return { perSecond: { 1: of(1), 2: of(2), 4: of(4) }, ...feels };
  } finally {
    await Promise.all(apis.map((api) => api.stop()));
  }
}

const NOTHING: FeltFigures = { signOutMs: undefined, roleMs: undefined };

/** True where each process lets everybody in who signed in at the first. */
async function areKnown(apis: readonly Api[], credentials: readonly Headers[]): Promise<boolean> {
  for (const { ready } of apis)
    for (const headers of credentials) if ((await askStatus(ready.port, headers)) !== 200) return false;
  return true;
}

async function throughput(
  { title }: Contestant,
  apis: readonly Api[],
  credentials: readonly Headers[],
  load: Load,
  ms: number,
): Promise<number> {
  const ports = apis.map(({ ready }) => ready.port);
  const report = await loadLetIn(title, load, {
    ...{ port: ports[0] ?? 0, ports, ms, status: 200 },
    requests: credentials.map(requestWith),
    connections: CONNECTIONS,
  });
  return report.answered / report.seconds;
}
