import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult, TransactionSettings } from 'kysely';

/** Stands between Kysely and a real driver: each statement, a begin or a commit included, goes through it. */
export interface Gate {
  /** @param sql Its text; `begin` and `commit` for those. */
  pass<T>(sql: string, statement: () => Promise<T>): Promise<T>;
  /** A transaction was rolled back. */
  rolledBack?(): void;
}

export function withGate(dialect: Dialect, gate: Gate): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver: () => new GatedDriver(dialect.createDriver(), gate),
  };
}

class GatedDriver implements Driver {
  readonly #inner: Driver;
  readonly #gate: Gate;

  constructor(inner: Driver, gate: Gate) {
    this.#inner = inner;
    this.#gate = gate;
  }

  async init(): Promise<void> {
    await this.#inner.init();
  }

  async acquireConnection(): Promise<GatedConnection> {
    return new GatedConnection(await this.#inner.acquireConnection(), this.#gate);
  }

  async beginTransaction({ inner }: GatedConnection, settings: TransactionSettings): Promise<void> {
    try {
      await this.#gate.pass('begin', () => this.#inner.beginTransaction(inner, settings));
    } catch (error) {
      // a real driver gives a connection up whose BEGIN failed; this one doesn't know, and it may have begun
      await this.#inner.rollbackTransaction(inner).catch(() => {});
      throw error;
    }
  }

  async commitTransaction({ inner }: GatedConnection): Promise<void> {
    await this.#gate.pass('commit', () => this.#inner.commitTransaction(inner));
  }

  async rollbackTransaction({ inner }: GatedConnection): Promise<void> {
    // after a commit whose answer was lost there is nothing left to roll back, and SQLite says so
    await this.#inner.rollbackTransaction(inner).catch(() => {});
    this.#gate.rolledBack?.();
  }

  async releaseConnection({ inner }: GatedConnection): Promise<void> {
    await this.#inner.releaseConnection(inner);
  }

  async destroy(): Promise<void> {
    await this.#inner.destroy();
  }
}

class GatedConnection implements DatabaseConnection {
  readonly inner: DatabaseConnection;
  readonly #gate: Gate;

  constructor(inner: DatabaseConnection, gate: Gate) {
    this.inner = inner;
    this.#gate = gate;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return this.#gate.pass(query.sql, () => this.inner.executeQuery<R>(query));
  }

  streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.inner.streamQuery<R>(query, chunkSize);
  }
}
