import { type Dialect, sql } from 'kysely';
import type { Database } from './database.ts';
import type { StoreDialect } from './dialect.ts';
import { openStore } from './kysely-store.ts';
import { openNodeSqlite } from './node-sqlite.ts';

/**
 * A store in one SQLite file, through Node's own SQLite: the embedded default.
 *
 * Steps of one process go one after another, those of several processes (a server and a command) wait for each other's
 * write lock. A commit is on the disk when it is answered (WAL, `synchronous = full`).
 *
 * @param path  Path of the file, made if missing for this user alone; its folder must exist. Or `:memory:`.
 */
export function sqlite(path: string): Database {
  return {
    async open(options) {
      const kysely = await openNodeSqlite(path);
      const limits = await openNodeSqlite(path === ':memory:' ? path : `${path}-limits`, 'off');
      return openStore(sqliteDialect(kysely, limits), options);
    },
  };
}

/** @param limits Where rate limits are kept; a store needs one, the schema doesn't. */
export function sqliteDialect(kysely: Dialect, limits?: Dialect): StoreDialect {
  return {
    kysely,
    patient: kysely,
    ...(limits === undefined ? {} : { limits }),
    isEmbedded: true,
    rowLocks: false,
    now: Date.now,
    // `begin immediate` holds the only write lock there is
    lock: () => Promise.resolve(),
    async version(db) {
      // the first counts the commits of others, the second the rows that this connection changed
      const query = sql<{ others: number; own: number }>`
        select data_version as others, total_changes() as own from pragma_data_version`;
      const { rows } = await query.execute(db);
      return `${rows[0]?.others}.${rows[0]?.own}`;
    },
    async hasTable(db, name) {
      const { rows } = await sql`select 1 from sqlite_master where type = 'table' and name = ${name}`.execute(db);
      return rows.length > 0;
    },
    isConflict: () => false,
    refreshFunction: false,
    columns: { bytes: sql`blob`, sequence: sql`integer primary key autoincrement`, functions: [] },
  };
}
