import { getRequest, type Load } from '../harness/load.ts';
import { median } from '../harness/statistics.ts';
import type { Api } from './api-processes.ts';
import type { Contestant } from './contestant.ts';
import { measureLetIn } from './let-in.ts';

export interface Contender {
  readonly contestant: Contestant;
  /** The one process that everything but throughput is measured at. */
  readonly api: Api;
  /** Requests of several people, as they stand on the wire. */
  readonly requests: readonly string[];
}

export interface RequestFigures {
  readonly kind: Contestant['kind'];
  /** CPU per request, µs: of the API, and of what it asks; undefined where the latter can't be read. */
  readonly cpu: number;
  readonly besideCpu: number | undefined;
  readonly statements: number;
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly wireBytes: number;
}

export interface RequestPace {
  readonly rounds: number;
  readonly ms: number;
  readonly warmUpMs: number;
}

const CONNECTIONS = 32;

type Sample = Omit<RequestFigures, 'kind'>;

/** All of them in turn, round after round. */
export async function measureRequests(
  contenders: readonly Contender[],
  load: Load,
  pace: RequestPace,
): Promise<RequestFigures[]> {
  const samples = contenders.map((): Sample[] => []);
  for (let round = -1; round < pace.rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      const sample = await measureOnce(contender, load, round === -1 ? pace.warmUpMs : pace.ms);
      if (round >= 0) samples[index]?.push(sample);
    }
  }
  return contenders.map(({ contestant: { kind } }, index) => {
    const own = samples[index] ?? [];
    const middle = (name: keyof Sample): number => median(own.map((sample) => sample[name] ?? Number.NaN));
    return {
      kind,
      cpu: middle('cpu'),
      besideCpu: own.some(({ besideCpu }) => besideCpu === undefined) ? undefined : middle('besideCpu'),
      statements: middle('statements'),
      perSecond: middle('perSecond'),
      p99Ms: middle('p99Ms'),
      wireBytes: middle('wireBytes'),
    };
  });
}

async function measureOnce({ contestant, api, requests }: Contender, load: Load, ms: number): Promise<Sample> {
  const plan = { port: api.ready.port, requests, connections: CONNECTIONS, ms, status: 200 };
  const { before, report, after } = await measureLetIn(contestant.title, async () => ({
    before: await used(contestant, api),
    report: await load.run(plan),
    after: await used(contestant, api),
  }));
  const each = (from: number, to: number): number => (to - from) / report.answered;
  return {
    cpu: each(before.cpu, after.cpu),
    besideCpu:
      before.besideCpu === undefined || after.besideCpu === undefined
        ? undefined
        : each(before.besideCpu, after.besideCpu),
    statements: each(before.statements, after.statements),
    perSecond: report.answered / report.seconds,
    p99Ms: report.p99Ms,
    wireBytes: report.wireBytes,
  };
}

interface Used {
  readonly cpu: number;
  readonly besideCpu: number | undefined;
  readonly statements: number;
}

async function used(contestant: Contestant, api: Api): Promise<Used> {
  const { cpuMicroseconds, statements } = await api.usage();
  return {
    cpu: cpuMicroseconds,
    besideCpu: await contestant.besideMicroseconds(),
    statements: statements + (await contestant.besideStatements()),
  };
}

/** A request for the guarded route with these headers. */
export const requestWith = (headers: Readonly<Record<string, string>>): string => getRequest('/', headers);
