import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult, TransactionSettings } from 'kysely';
import type { StoreDialect } from '../../src/stores/dialect.ts';
import { StoreFailed } from '../../src/stores/store.ts';

/** Counts statements and lets one of them fail, between Kysely and a real driver. */
export class Fault {
  #at = 0;
  #when: 'before' | 'after' = 'before';
  #count = 0;
  #always = false;
  /** Text of every statement since this was last emptied; begin and commit are not among them. */
  readonly statements: string[] = [];

  /** Whether every statement fails, as with a database that is gone. */
  failAlways(on: boolean): void {
    this.#always = on;
  }

  failAt(n: number, when: 'before' | 'after'): void {
    this.#at = n;
    this.#when = when;
    this.#count = 0;
  }

  count(): number {
    return this.#count;
  }

  async pass<T>(statement: () => Promise<T>): Promise<T> {
    this.#count += 1;
    if (this.#always) throw new StoreFailed('the database is gone');
    const due = this.#count === this.#at;
    if (due && this.#when === 'before') throw new StoreFailed('a fault before the statement');
    const result = await statement();
    if (due) throw new StoreFailed('a fault after the statement');
    return result;
  }
}

export function withFault(dialect: StoreDialect, fault: Fault): StoreDialect {
  return { ...dialect, kysely: faulty(dialect.kysely, fault) };
}

function faulty(dialect: Dialect, fault: Fault): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver: () => new FaultyDriver(dialect.createDriver(), fault),
  };
}

class FaultyDriver implements Driver {
  readonly #inner: Driver;
  readonly #fault: Fault;

  constructor(inner: Driver, fault: Fault) {
    this.#inner = inner;
    this.#fault = fault;
  }

  async init(): Promise<void> {
    await this.#inner.init();
  }

  async acquireConnection(): Promise<FaultyConnection> {
    return new FaultyConnection(await this.#inner.acquireConnection(), this.#fault);
  }

  async beginTransaction({ inner }: FaultyConnection, settings: TransactionSettings): Promise<void> {
    await this.#fault.pass(() => this.#inner.beginTransaction(inner, settings));
  }

  async commitTransaction({ inner }: FaultyConnection): Promise<void> {
    await this.#fault.pass(() => this.#inner.commitTransaction(inner));
  }

  async rollbackTransaction({ inner }: FaultyConnection): Promise<void> {
    // after a commit there is nothing left to roll back, and SQLite says so
    await this.#inner.rollbackTransaction(inner).catch(() => {});
  }

  async releaseConnection({ inner }: FaultyConnection): Promise<void> {
    await this.#inner.releaseConnection(inner);
  }

  async destroy(): Promise<void> {
    await this.#inner.destroy();
  }
}

class FaultyConnection implements DatabaseConnection {
  readonly inner: DatabaseConnection;
  readonly #fault: Fault;

  constructor(inner: DatabaseConnection, fault: Fault) {
    this.inner = inner;
    this.#fault = fault;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    this.#fault.statements.push(query.sql);
    return this.#fault.pass(() => this.inner.executeQuery<R>(query));
  }

  streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.inner.streamQuery<R>(query, chunkSize);
  }
}
