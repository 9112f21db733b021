import type { StoreDialect } from '../../src/stores/dialect.ts';
import { type Gate, withGate } from './gated-dialect.ts';

/** One statement that waits to be let go, a begin or commit included. */
export interface Parked {
  readonly name: string;
  go(): void;
}

/** Keeps each statement back until it is let go. */
export class ParkingLot {
  /** At most one: a request sends one statement at a time. */
  parked: Parked | undefined;
  inTransaction = false;
  #open = true;

  /** From now on statements wait. */
  close(): void {
    this.#open = false;
  }

  open(): void {
    this.#open = true;
    this.parked?.go();
  }

  async pass<T>(name: string, statement: () => Promise<T>): Promise<T> {
    if (!this.#open) {
      await new Promise<void>((resolve) => {
        this.parked = {
          name,
          go: () => {
            this.parked = undefined;
            resolve();
          },
        };
      });
    }
    return statement();
  }
}

export function withParking(dialect: StoreDialect, lot: ParkingLot): StoreDialect {
  const begin = dialect.rowLocks ? 'begin in PostgreSQL' : 'begin';
  const gate: Gate = {
    async pass(sql, statement) {
      const result = await lot.pass(sql === 'begin' ? begin : sql.slice(0, 40), statement);
      if (sql === 'begin' || sql === 'commit') lot.inTransaction = sql === 'begin';
      return result;
    },
    rolledBack() {
      lot.inTransaction = false;
    },
  };
  // a step that is held back must not be ended by the clock
  return { ...dialect, kysely: withGate(dialect.patient, gate) };
}
