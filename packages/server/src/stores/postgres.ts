import type { Database } from './database.ts';
export function postgres(_url: string): Database {
  throw new TypeError('PostgreSQL comes with the next commit');
}
