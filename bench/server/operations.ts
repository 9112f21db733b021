import type { Load, LoadReport } from '../harness/load.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { median } from '../harness/statistics.ts';

/** One server doing one thing. Every request is used once where `once` says so; else they are sent in turn. */
export interface Operation {
  readonly name: string;
  readonly server: Pick<ServerProcess<unknown>, 'usage'>;
  readonly port: number;
  readonly requests: readonly string[];
  readonly once: boolean;
  readonly connections: number;
}

export interface OperationFigures {
  readonly name: string;
  /** ms of the server's CPU per request, a value per round. */
  readonly cpuMs: readonly number[];
  /** Median time to an answer with one request under way, ms, a value per round. */
  readonly aloneMs: readonly number[];
  readonly throughput: number;
  readonly p99Ms: number;
  readonly statements: number;
}

export interface OperationPace {
  readonly rounds: number;
  /** Requests of an operation in a round. */
  readonly requests: number;
  readonly warmUp: number;
  /** Requests sent one after the other, in each round. */
  readonly alone: number;
}

/** How many requests that work only once have to be ready. */
export function requestsNeeded({ rounds, requests, warmUp, alone }: OperationPace): number {
  return warmUp + rounds * (requests + alone);
}

const LONGEST_MS = 30_000;

/** Contestants for one operation, in turn, round after round. */
export async function measureOperation(
  operations: readonly Operation[],
  load: Load,
  pace: OperationPace,
): Promise<OperationFigures[]> {
  const found = operations.map((operation) => ({
    operation,
    used: 0,
    cpuMs: [] as number[],
    aloneMs: [] as number[],
    loaded: [] as LoadReport[],
    statements: [] as number[],
  }));
  for (let round = -1; round < pace.rounds; round++) {
    for (const one of found) {
      const { operation } = one;
      const send = async (most: number, connections: number): Promise<LoadReport> => {
        const requests = operation.once ? operation.requests.slice(one.used, one.used + most) : operation.requests;
        if (operation.once && requests.length < most)
          throw new Error(`${operation.name}: too few requests were made ready`);
        one.used += most;
        const report = await load.run({
          port: operation.port,
          requests,
          connections,
          ms: LONGEST_MS,
          status: 200,
          most,
        });
        if (report.unexpected > 0)
          throw new Error(`${operation.name}: ${report.unexpected} of ${report.answered} were refused`);
        return report;
      };
      if (round === -1) {
        await send(pace.warmUp, operation.connections);
        continue;
      }
      const before = await operation.server.usage();
      const report = await send(pace.requests, operation.connections);
      const after = await operation.server.usage();
      one.cpuMs.push((after.cpuMicroseconds - before.cpuMicroseconds) / 1_000 / report.answered);
      one.statements.push((after.statements - before.statements) / report.answered);
      one.loaded.push(report);
      one.aloneMs.push((await send(pace.alone, 1)).p50Ms);
    }
  }
  return found.map(({ operation: { name }, cpuMs, aloneMs, loaded, statements }) => ({
    name,
    cpuMs,
    aloneMs,
    throughput: median(loaded.map(({ answered, seconds }) => answered / seconds)),
    p99Ms: median(loaded.map(({ p99Ms }) => p99Ms)),
    statements: median(statements),
  }));
}
