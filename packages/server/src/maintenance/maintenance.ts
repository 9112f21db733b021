import { existsSync } from 'node:fs';
import { Kysely, sql } from 'kysely';
import { measureSkew } from '../clock-check.ts';
import { parseDatabaseUrl } from '../stores/database-from-url.ts';
import type { StoreDialect } from '../stores/dialect.ts';
import { openNodeSqlite } from '../stores/node-sqlite.ts';
import { openPool, postgresDialect } from '../stores/postgres.ts';
import { migrate, type PlannedStep, planMigration, readSchema, type SchemaState } from '../stores/schema.ts';
import { sqliteDialect } from '../stores/sqlite.ts';
import { StoreFailed } from '../stores/store.ts';
import type { Tables } from '../stores/tables.ts';

/** A database as its operator sees it, beside the servers that run on it. */
export interface Maintenance {
  readonly kind: 'sqlite' | 'postgres';
  readSchema(): Promise<SchemaState>;
  /** What {@link migrate} would do now. Runs nothing, takes no lock. */
  planMigration(): Promise<readonly PlannedStep[]>;
  /**
   * Brings the schema up to date, in one transaction; of several at once one does it.
   *
   * @returns Names of the steps that this call applied.
   * @throws {SchemaMismatch} `schema/ahead`
   */
  migrate(): Promise<readonly string[]>;
  examine(): Promise<Examination>;
  close(): Promise<void>;
}

/** How a database is set up, for `mapae doctor`. */
export interface Examination {
  /** Milliseconds by which this machine's clock is ahead of the database's; 0 where both are one. */
  readonly aheadMs: number;
  /** Settings under which an acknowledged commit can be lost in a crash of the database, `name=value`. */
  readonly lossy: readonly string[];
  /** Standbys that follow, by how; none for SQLite. */
  readonly standbys: { readonly synchronous: number; readonly asynchronous: number };
}

/**
 * Connects to a database without changing anything in it.
 *
 * @param url  As `databaseFromUrl` takes it.
 * @param options.create  Makes a SQLite file that is not there. Default: false.
 * @throws {StoreFailed} where it can't be reached, or there is none.
 */
export async function openMaintenance(
  url: string,
  { create = false }: { readonly create?: boolean } = {},
): Promise<Maintenance> {
  const address = parseDatabaseUrl(url);
  if (address.kind === 'sqlite' && !create && !existsSync(address.path)) {
    throw new StoreFailed(`there is no database file at ${address.path}`);
  }
  const dialect: StoreDialect =
    address.kind === 'sqlite'
      ? sqliteDialect(await openNodeSqlite(address.path))
      : postgresDialect(await openPool(address.url));
  const db = new Kysely<Tables>({ dialect: dialect.patient });
  return {
    kind: address.kind,
    readSchema: () => readSchema(db, dialect),
    planMigration: () => planMigration(db, dialect),
    migrate: () => migrate(db, dialect),
    examine: () => (address.kind === 'sqlite' ? Promise.resolve(EMBEDDED) : examinePostgres(db)),
    close: () => db.destroy(),
  };
}

/** The store opens each SQLite file with `synchronous = full`, by the clock of this machine. */
const EMBEDDED: Examination = { aheadMs: 0, lossy: [], standbys: { synchronous: 0, asynchronous: 0 } };

async function examinePostgres(db: Kysely<Tables>): Promise<Examination> {
  const readState = async () => {
    const { rows } = await sql<{
      now: number;
    }>`select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(db);
    return { now: rows[0]?.now ?? 0, epoch: new Uint8Array(), number: 0 };
  };
  const settings = await sql<{ setting: string }>`
    select name || '=' || setting as setting from pg_settings
    where (name in ('fsync', 'full_page_writes') and setting = 'off') or (name = 'synchronous_commit' and setting in ('off', 'local'))`.execute(
    db,
  );
  const standbys = await sql<{ sync: boolean; n: number }>`
    select sync_state in ('sync', 'quorum') as sync, count(*) as n from pg_stat_replication group by 1`.execute(db);
  const number = (sync: boolean): number => standbys.rows.find((row) => row.sync === sync)?.n ?? 0;
  return {
    aheadMs: await measureSkew({ readState }),
    lossy: settings.rows.map(({ setting }) => setting),
    standbys: { synchronous: number(true), asynchronous: number(false) },
  };
}
