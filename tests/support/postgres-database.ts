import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** Made by tests/global-setup.ts with today's schema and no row. */
export const TEMPLATE = 'mapae_template';

/**
 * A database of its own in the PostgreSQL that tests/global-setup.ts started.
 *
 * @param holds  Today's schema and no row, or nothing.
 * @returns Its address.
 */
export async function createPostgresDatabase(holds: 'schema' | 'nothing' = 'schema'): Promise<string> {
  const url = process.env['TEST_POSTGRES_URL'];
  if (url === undefined) throw new Error('no PostgreSQL here: install it, or name one in TEST_POSTGRES_URL');
  const template = holds === 'schema' && process.env['TEST_POSTGRES_TEMPLATE'] !== undefined;
  const name = `test_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  // copied as files: through the log, which PostgreSQL 15 and newer would take, it costs three times as much
  const { rows } = await client.query<{ version: string }>(`select current_setting('server_version_num') as version`);
  const strategy = Number(rows[0]?.version) >= 150_000 ? ' strategy file_copy' : '';
  await client.query(`create database ${name}${template ? ` template ${TEMPLATE}` : ''}${strategy}`);
  await client.end();
  const own = new URL(url);
  own.pathname = `/${name}`;
  return own.href;
}
