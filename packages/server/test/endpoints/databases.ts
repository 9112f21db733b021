import { createPostgresDatabase } from '../../../../tests/support/postgres-database.ts';
import { type Database, databaseFromUrl } from '../../src/index.ts';
import type { Changed } from './server-under-test.ts';

/** Another one for each server. */
const POSTGRES: Database = {
  open: async (options) => databaseFromUrl(await createPostgresDatabase()).open(options),
};

/** Both databases, by name, for what has to hold on each. */
export const DATABASES: readonly (readonly [name: string, options: Changed])[] = [
  ['SQLite', {}],
  ['PostgreSQL', { database: POSTGRES }],
];
