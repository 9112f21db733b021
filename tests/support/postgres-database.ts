import { randomBytes } from 'node:crypto';
import pg from 'pg';

/**
 * An empty database in the PostgreSQL that tests/global-setup.ts started.
 *
 * @returns Its address.
 */
export async function createPostgresDatabase(): Promise<string> {
  const url = process.env['TEST_POSTGRES_URL'];
  if (url === undefined) throw new Error('no PostgreSQL here: install it, or name one in TEST_POSTGRES_URL');
  const name = `test_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const own = new URL(url);
  own.pathname = `/${name}`;
  return own.href;
}
