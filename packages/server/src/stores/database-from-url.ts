import type { Database } from './database.ts';
import { postgres } from './postgres.ts';
import { sqlite } from './sqlite.ts';

/** Where a database is. */
export type DatabaseAddress =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly url: string };

/** Two letters or more: `C:\data` is a path. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i;

/**
 * Reads the address of a database, as a setting gives it.
 *
 * @param url  `postgres://…`, `postgresql://…`, `sqlite:<path>`, `:memory:` or a plain path of a SQLite file.
 * @throws {TypeError} for another scheme or an empty path. The message names the scheme only: the rest may hold a password.
 */
export function databaseFromUrl(url: string): Database {
  const address = parseDatabaseUrl(url);
  return address.kind === 'postgres' ? postgres(address.url) : sqlite(address.path);
}

/** What {@link databaseFromUrl} understands. @throws {TypeError} as there. */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  const scheme = SCHEME.exec(url)?.[1]?.toLowerCase();
  switch (scheme) {
    case 'postgres':
    case 'postgresql':
      return { kind: 'postgres', url };
    case 'sqlite':
      return { kind: 'sqlite', path: sqlitePath(url.slice('sqlite:'.length)) };
    case undefined:
      return { kind: 'sqlite', path: sqlitePath(url) };
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
