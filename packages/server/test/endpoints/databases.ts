import { createPostgresDatabase } from '../../../../tests/support/postgres-database.ts';
import { databaseFromUrl } from '../../src/index.ts';
import { openServer, type UnderTest } from './server-under-test.ts';

/** Both databases, by name, for what has to hold on each. */
export const DATABASES: readonly (readonly [name: string, open: () => Promise<UnderTest>])[] = [
  ['SQLite', () => openServer()],
  ['PostgreSQL', async () => openServer({ database: databaseFromUrl(await createPostgresDatabase()) })],
];
