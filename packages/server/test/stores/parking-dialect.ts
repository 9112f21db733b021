import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult, TransactionSettings } from 'kysely';
import type { StoreDialect } from '../../src/stores/dialect.ts';

/** One statement that waits to be let go, a begin or commit included. */
export interface Parked {
  readonly name: string;
  go(): void;
}

/** Keeps each statement back until it is let go, between Kysely and a real driver. */
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
  // a step that is held back must not be ended by the clock
  const { patient } = dialect;
  const kysely: Dialect = {
    createAdapter: () => patient.createAdapter(),
    createIntrospector: (db) => patient.createIntrospector(db),
    createQueryCompiler: () => patient.createQueryCompiler(),
    createDriver: () =>
      new ParkingDriver(patient.createDriver(), lot, dialect.rowLocks ? 'begin in PostgreSQL' : 'begin'),
  };
  return { ...dialect, kysely };
}

class ParkingDriver implements Driver {
  readonly #begin: string;
  readonly #inner: Driver;
  readonly #lot: ParkingLot;

  constructor(inner: Driver, lot: ParkingLot, begin: string) {
    this.#inner = inner;
    this.#lot = lot;
    this.#begin = begin;
  }

  async init(): Promise<void> {
    await this.#inner.init();
  }

  async acquireConnection(): Promise<ParkingConnection> {
    return new ParkingConnection(await this.#inner.acquireConnection(), this.#lot);
  }

  async beginTransaction({ inner }: ParkingConnection, settings: TransactionSettings): Promise<void> {
    await this.#lot.pass(this.#begin, () => this.#inner.beginTransaction(inner, settings));
    this.#lot.inTransaction = true;
  }

  async commitTransaction({ inner }: ParkingConnection): Promise<void> {
    await this.#lot.pass('commit', () => this.#inner.commitTransaction(inner));
    this.#lot.inTransaction = false;
  }

  async rollbackTransaction({ inner }: ParkingConnection): Promise<void> {
    await this.#inner.rollbackTransaction(inner);
    this.#lot.inTransaction = false;
  }

  async releaseConnection({ inner }: ParkingConnection): Promise<void> {
    await this.#inner.releaseConnection(inner);
  }

  async destroy(): Promise<void> {
    await this.#inner.destroy();
  }
}

class ParkingConnection implements DatabaseConnection {
  readonly inner: DatabaseConnection;
  readonly #lot: ParkingLot;

  constructor(inner: DatabaseConnection, lot: ParkingLot) {
    this.inner = inner;
    this.#lot = lot;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return this.#lot.pass(query.sql.slice(0, 40), () => this.inner.executeQuery<R>(query));
  }

  streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.inner.streamQuery<R>(query, chunkSize);
  }
}
