import { type Dialect, type Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql } from 'kysely';
import type { Database } from './database.ts';
import { LOCKS, type StoreDialect } from './dialect.ts';
import { openStore } from './kysely-store.ts';
import { type Limits, type PgPool, PostgresDriver } from './postgres-driver.ts';
import { createRefreshFunction } from './refresh-function.ts';
import { StoreFailed } from './store.ts';

const CONNECTIONS = 10;
const STEP: Limits = { stepMs: 2_000, statementMs: 1_800, idleMs: 5_000 };
const MIGRATION: Limits = { stepMs: 600_000, statementMs: 600_000, idleMs: 60_000 };
/** First half of the key of our advisory locks: `mpae` in ASCII. */
const LOCK_SPACE = 0x6d706165;
const INT8 = 20;
const SERIALIZATION_FAILURE = '40001';
const DEADLOCK_DETECTED = '40P01';

type Parser = (value: string) => unknown;

/**
 * A store in PostgreSQL (13 or newer), shared by as many server processes as wanted. Needs the package `pg` (an optional
 * peer).
 *
 * Durable as the database is set up: with `synchronous_commit` off, or a standby that follows asynchronously, what was
 * answered can be lost.
 *
 * @param url  `postgres://user:password@host:port/database`, as `pg` takes it.
 */
export function postgres(url: string): Database {
  return {
    open: async (options) => openStore(postgresDialect(await openPool(url)), options),
  };
}

/** Connects when a connection is first asked for. */
export async function openPool(url: string): Promise<PgPool> {
  const { Pool, types } = await importPg();
  const pool = new Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: STEP.stepMs,
    keepAlive: true,
    // what is one statement is a step of its own: the same limits and isolation hold for it
    // oxlint-disable-next-line typescript/no-misused-promises -- the pool waits for it, whatever its types say
    onConnect: async (client) => {
      await client.query(
        `set statement_timeout = ${STEP.statementMs}; set default_transaction_isolation = 'read committed'`,
      );
    },
    application_name: 'mapae',
    // numbers of this pool only: another user of pg in the process keeps its own parsers
    types: { getTypeParser: (oid: number) => (oid === INT8 ? Number : (types.getTypeParser(oid) as Parser)) },
  });
  // without a listener, a database that restarts while a connection is idle ends the process
  pool.on('error', () => {});
  // one that is lent out and cut under a query says so itself, beside failing the query; unheard, that ends the process
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

async function importPg(): Promise<typeof import('pg').default> {
  try {
    return (await import('pg')).default;
  } catch (error) {
    throw new Error('a PostgreSQL database needs the package pg: npm install pg', { cause: error });
  }
}

export function postgresDialect(pool: PgPool): StoreDialect {
  return {
    kysely: kyselyDialect(pool, STEP),
    patient: kyselyDialect(pool, MIGRATION),
    isEmbedded: false,
    rowLocks: true,
    now: sql<number>`floor(extract(epoch from clock_timestamp()) * 1000)::bigint`,
    async lock(step, name, mode) {
      const take = sql.raw(mode === 'shared' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock');
      await sql`select ${take}(${sql.lit(LOCK_SPACE)}, ${sql.lit(LOCKS[name])})`.execute(step);
    },
    async version(db) {
      // a commit leaves the list of transactions under way, or moves its upper end
      const { rows } = await sql<{ version: string }>`select pg_current_snapshot()::text as version`.execute(db);
      return rows[0]?.version ?? '';
    },
    async hasTable(db, name) {
      const { rows } = await sql<{ found: boolean }>`select to_regclass(${name}) is not null as found`.execute(db);
      return rows[0]?.found === true;
    },
    isConflict(error) {
      const cause = error instanceof StoreFailed ? error.cause : undefined;
      if (!(cause instanceof Error) || !('code' in cause)) return false;
      return cause.code === SERIALIZATION_FAILURE || cause.code === DEADLOCK_DETECTED;
    },
    refreshFunction: true,
    columns: {
      bytes: sql`bytea`,
      sequence: sql`bigserial primary key`,
      unlogged: sql`unlogged`,
      functions: [createRefreshFunction(LOCK_SPACE, LOCKS.cutoffs)],
    },
  };
}

function kyselyDialect(pool: PgPool, limits: Limits): Dialect {
  return {
    createAdapter: () => new LockedAdapter(),
    createDriver: () => new PostgresDriver(pool, limits),
    createIntrospector: (db: Kysely<unknown>) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

/** Migrations run under a lock of ours, which ends with their transaction even when that fails. */
class LockedAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}
