import type { Breakage } from '../support/breakages.ts';
import type { Violation } from '../support/observer.ts';
import type { DatabaseKind } from './cluster.ts';

/** One experiment of the fault catalogue (SECURITY.md, "Invariants"). */
export interface Experiment {
  readonly id: string;
  readonly title: string;
  readonly databases: readonly DatabaseKind[];
  run(given: Given): Promise<Outcome>;
}

export interface Given {
  readonly seed: number;
  /** How long the trouble lasts; what comes before and after is not counted. */
  readonly seconds: number;
  readonly database: DatabaseKind;
  readonly breakage?: Breakage;
}

export interface Outcome {
  readonly requests: number;
  readonly violations: readonly Violation[];
  /** Why it could not be run here. */
  readonly skipped?: string;
}

export function skipped(reason: string): Outcome {
  return { requests: 0, violations: [], skipped: reason };
}
