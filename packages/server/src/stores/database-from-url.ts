import type { Database } from './database.ts';
import { postgres } from './postgres.ts';
import { sqlite } from './sqlite.ts';

/** Two letters or more: `C:\data` is a path. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i;

/**
 * Reads the address of a database, as a setting gives it.
 *
 * @param url  `postgres://…`, `postgresql://…`, `sqlite:<path>`, `:memory:` or a plain path of a SQLite file.
 * @throws {TypeError} for another scheme or an empty path. The message names the scheme only: the rest may hold a password.
 */
export function databaseFromUrl(url: string): Database {
  const scheme = SCHEME.exec(url)?.[1]?.toLowerCase();
  switch (scheme) {
    case 'postgres':
    case 'postgresql':
      return postgres(url);
    case 'sqlite':
      return sqlite(sqlitePath(url.slice('sqlite:'.length)));
    case undefined:
      return sqlite(sqlitePath(url));
    default:
      throw new TypeError(`database: no store for ${scheme}: (postgres:, sqlite: or a path)`);
  }
}

function sqlitePath(path: string): string {
  if (path === '') throw new TypeError('database: the path of the SQLite file is empty');
  // a host has no meaning for a file; sqlite:///srv/mapae.db is an absolute path
  if (/^\/\/[^/]/.test(path)) throw new TypeError('database: write sqlite:./data.db or sqlite:/srv/data.db');
  return path.replace(/^\/+/, '/');
}
