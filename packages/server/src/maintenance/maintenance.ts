import { existsSync } from 'node:fs';
import { Kysely } from 'kysely';
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
  close(): Promise<void>;
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
    close: () => db.destroy(),
  };
}
