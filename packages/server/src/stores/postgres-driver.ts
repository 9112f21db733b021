import { CompiledQuery, type DatabaseConnection, type Driver, type QueryResult } from 'kysely';
import { StoreFailed } from './store.ts';

export interface Limits {
  /** A step in all, waiting for a connection included. */
  readonly stepMs: number;
  /** One statement, by the server's clock: a little sooner, so that the connection outlives most waits for a lock. */
  readonly statementMs: number;
  /** A process that stops in the middle of a step (frozen, cut off) frees its locks. */
  readonly idleMs: number;
}

const COMMIT = CompiledQuery.raw('commit');
const ROLLBACK = CompiledQuery.raw('rollback');

/** The part of pg's Pool that is used. */
export interface PgPool {
  connect(): Promise<PgClient>;
  end(): Promise<void>;
}

export interface PgClient {
  query(sql: string, parameters?: readonly unknown[]): Promise<PgResult>;
  /** Ends at once where a query is under way. */
  end(): Promise<void>;
  release(discard?: boolean): void;
}

interface PgResult {
  readonly command?: string;
  readonly rowCount?: number | null;
  readonly rows?: unknown[];
}

/**
 * Lends out pg's connections for a bounded time, `stepMs` from the moment one was asked for; then the connection is
 * cut, whatever it waits for, and its step fails. The server rolls back what it had not committed.
 *
 * Whatever goes wrong is a StoreFailed. After any doubt about a connection's state it is not used again.
 */
export class PostgresDriver implements Driver {
  readonly #pool: PgPool;
  readonly #limits: Limits;
  readonly #begin: CompiledQuery;

  constructor(pool: PgPool, limits: Limits) {
    this.#pool = pool;
    this.#limits = limits;
    // Steps lock, then read: each statement must see what was committed before it, whatever the database's default is.
    this.#begin = CompiledQuery.raw(
      `begin isolation level read committed; set local statement_timeout = ${limits.statementMs}; ` +
        `set local idle_in_transaction_session_timeout = ${limits.idleMs}`,
    );
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<Loan> {
    const asked = performance.now();
    const client = await this.#pool.connect().catch((error: unknown) => Promise.reject(failed(error)));
    return new Loan(client, Math.max(1, this.#limits.stepMs - (performance.now() - asked)));
  }

  async beginTransaction(loan: Loan): Promise<void> {
    await loan.settle(this.#begin);
  }

  async commitTransaction(loan: Loan): Promise<void> {
    // PostgreSQL answers the COMMIT of a step in which a statement failed with ROLLBACK
    if ((await loan.settle(COMMIT)) === 'ROLLBACK') throw new StoreFailed('PostgreSQL rolled a COMMIT back');
  }

  async rollbackTransaction(loan: Loan): Promise<void> {
    // what the step failed of is what its caller must hear, not that the rollback found the connection gone
    await loan.settle(ROLLBACK).catch(() => {});
  }

  async releaseConnection(loan: Loan): Promise<void> {
    loan.end();
  }

  async destroy(): Promise<void> {
    await this.#pool.end();
  }
}

/** A connection, until it is given back or its time is up. */
class Loan implements DatabaseConnection {
  readonly #client: PgClient;
  readonly #timer: NodeJS.Timeout;
  #doubtful = false;

  constructor(client: PgClient, limitMs: number) {
    this.#client = client;
    this.#timer = setTimeout(() => this.#cut(), limitMs);
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, rowCount } = await this.#send(query);
    // the rows are what the schema says they are: Kysely's own drivers trust it as well
    return { rows: (rows ?? []) as R[], numAffectedRows: BigInt(rowCount ?? 0) };
  }

  /** A statement that begins or ends a transaction: if it fails, who knows where the connection stands. */
  async settle(query: CompiledQuery): Promise<string | undefined> {
    try {
      return (await this.#send(query)).command;
    } catch (error) {
      this.#doubtful = true;
      throw error;
    }
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#client.release(this.#doubtful);
  }

  // biome-ignore lint/correctness/useYield: Kysely asks for the member; no store streams rows
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('unreachable: no store streams rows');
  }

  async #send(query: CompiledQuery): Promise<PgResult> {
    try {
      return await this.#client.query(query.sql, query.parameters);
    } catch (error) {
      throw failed(error);
    }
  }

  #cut(): void {
    this.#doubtful = true;
    this.#client.end().catch(() => {});
  }
}

/** Code and first line only: `detail` and `where` of pg's errors quote rows, password hashes included. */
function failed(error: unknown): StoreFailed {
  const message = error instanceof Error ? error.message : 'unknown';
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const cause = Object.assign(new Error(message), { code });
  return new StoreFailed(`PostgreSQL: ${code === undefined ? '' : `${code} `}${message}`, { cause });
}
