import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type DialectAdapter,
  type Driver,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  type SqliteStatement,
} from 'kysely';
import { BUSY_LIMIT_MS, BUSY_RETRY_MS, type GroupDatabase, SqliteGroupDriver } from './sqlite-group-driver.ts';
import { StoreFailed } from './store.ts';

const CACHED_STATEMENTS = 256;
/** SQLite waits for a lock inside the call, and the whole process with it: only this long. */
const BUSY_IN_CALL_MS = 20;
/** https://sqlite.org/rescode.html; the low byte of an extended code is its primary code. */
const SQLITE_BUSY = 5;

/**
 * Opens a file (made for this user alone) or `:memory:`, durable at each commit unless `synchronous` says otherwise.
 *
 * @param trace  Hears each statement before it runs.
 */
export async function openNodeSqlite(
  path: string,
  synchronous: 'full' | 'off' = 'full',
  trace?: (sql: string) => void,
): Promise<SqliteDialect> {
  return retryBusy(Date.now() + BUSY_LIMIT_MS, () => {
    try {
      // SQLite would make it readable for all; its -wal and -shm take after it
      if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600));
      const raw = new DatabaseSync(path, { timeout: BUSY_IN_CALL_MS, enableForeignKeyConstraints: true });
      try {
        raw.exec(`pragma journal_mode = wal; pragma synchronous = ${synchronous}; pragma temp_store = memory;`);
      } catch (error) {
        raw.close();
        throw error;
      }
      return new NodeSqliteDialect(raw, trace);
    } catch (error) {
      throw failed(error);
    }
  });
}

/** The part of better-sqlite3's interface that Kysely asks for, over Node's own SQLite. */
class NodeSqlite implements SqliteDatabase {
  readonly #db: DatabaseSync;
  readonly #cache = new Map<string, SqliteStatement>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  prepare(sql: string): SqliteStatement {
    const hit = this.#cache.get(sql);
    if (hit !== undefined) return hit;
    const made = wrap(attempt(() => this.#db.prepare(sql)));
    if (this.#cache.size >= CACHED_STATEMENTS) {
      const oldest = this.#cache.keys().next();
      if (!oldest.done) this.#cache.delete(oldest.value);
    }
    this.#cache.set(sql, made);
    return made;
  }

  close(): void {
    this.#cache.clear();
    this.#db.close();
  }
}

function wrap(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => attempt(() => statement.all(...(parameters as SQLInputValue[]))),
    run: (parameters) => attempt(() => statement.run(...(parameters as SQLInputValue[]))),
    iterate: () => {
      throw new Error('unreachable: no store streams rows');
    },
  };
}

function attempt<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw failed(error);
  }
}

function failed(error: unknown): StoreFailed {
  const message = error instanceof Error ? error.message : 'unknown';
  return new StoreFailed(`SQLite: ${message}`, { cause: error });
}

function isBusy(error: unknown): boolean {
  const cause = error instanceof StoreFailed ? error.cause : undefined;
  if (!(cause instanceof Error) || !('errcode' in cause)) return false;
  return typeof cause.errcode === 'number' && (cause.errcode & 0xff) === SQLITE_BUSY;
}

/** Tries until it works, fails otherwise than by another's lock, or the deadline has passed. At least once. */
async function retryBusy<T>(deadline: number, call: () => T): Promise<T> {
  for (;;) {
    try {
      return call();
    } catch (error) {
      if (!isBusy(error) || Date.now() >= deadline) throw error;
    }
    await sleep(BUSY_RETRY_MS);
  }
}

class GroupAdapter extends SqliteAdapter {
  /** SQLite's DDL is transactional: said here, so that Kysely's Migrator takes part in our transaction. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }

  /** The driver's turns take the place of Kysely's lock: who waits has to be seen, so that it can share a commit. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

class NodeSqliteDialect extends SqliteDialect {
  readonly #driver: Driver;

  constructor(raw: DatabaseSync, trace: GroupDatabase['trace']) {
    const statements = new NodeSqlite(raw);
    super({ database: statements });
    const database: GroupDatabase = { statements, raw, isBusy, failed, trace };
    this.#driver = new SqliteGroupDriver(database);
  }

  /** One for all who share the connection: it is what makes them wait for each other. */
  override createDriver(): Driver {
    return this.#driver;
  }

  override createAdapter(): DialectAdapter {
    return new GroupAdapter();
  }
}
