import { cpus, release } from 'node:os';

/** What one benchmark found; written to `bench/results/<bench>.json` as it stands. */
export interface Result {
  readonly bench: string;
  readonly title: string;
  /** The command that makes it. */
  readonly command: string;
  /** ISO 8601. */
  readonly at: string;
  /** True for a short run that only shows that the benchmark works. */
  readonly quick: boolean;
  readonly machine: Machine;
  /** Versions of what it was measured against. */
  readonly peers: Readonly<Record<string, string>>;
  readonly tables: readonly Table[];
  readonly reach: readonly Reach[];
  readonly charts: readonly Chart[];
  /** How it was measured, a sentence each. */
  readonly notes: readonly string[];
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly openssl: string;
  readonly os: string;
}

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** A figure that was set as a goal before it was measured. */
export interface Reach {
  readonly what: string;
  /** Unit of the values: `×`, `µs`, `ms`, `%`, `B`, `MiB`, … */
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly floor: number;
  readonly aim?: number | undefined;
  /** Undefined where it could not be measured in this run; the note says why. */
  readonly got: number | undefined;
  readonly note?: string | undefined;
}

/** Horizontal bars. */
export interface Chart {
  /** File name in docs/pictures, without ending. */
  readonly file: string;
  readonly title: string;
  readonly unit: string;
  readonly groups: readonly {
    readonly title: string;
    readonly bars: readonly { readonly label: string; readonly value: number; readonly ours?: boolean }[];
  }[];
}

export function thisMachine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    node: process.version,
    openssl: process.versions.openssl,
    os: `${process.platform} ${release()}`,
  };
}

/** `aim`, `floor` or `missed`; `not measured` where there is no figure. */
export function judge({ got, floor, aim, better }: Reach): 'aim' | 'floor' | 'missed' | 'not measured' {
  if (got === undefined || Number.isNaN(got)) return 'not measured';
  const holds = (bound: number): boolean => (better === 'more' ? got >= bound : got <= bound);
  if (aim !== undefined && holds(aim)) return 'aim';
  return holds(floor) ? 'floor' : 'missed';
}
