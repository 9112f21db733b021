import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
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

/** As long as the longest statement of a store may take, and then some. */
const QUIET_WITHIN_MS = 10_000;

/**
 * Takes every row out of a database with today's schema, once whatever the last test left under way has come to its end.
 *
 * @param client  A connection to it.
 */
export async function emptyDatabase(client: pg.Client): Promise<void> {
  const began = performance.now();
  // of a connection that was cut in the middle of a statement PostgreSQL may hear later, and commit until then
  while ((await countBusy(client)) > 0) {
    if (performance.now() - began > QUIET_WITHIN_MS) throw new Error('the last test is still at work in the database');
    await pause(5);
  }
  const { rows: tables } = await client.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public'
     and tablename !~ '^kysely_' and tablename <> 'schema_floor'`,
  );
  // to look into a table costs a tenth of emptying it, and most tests write to few
  const looks = tables.map(({ name }) => `select '${name}' as name where exists (select from ${name})`);
  const { rows: filled } = await client.query<{ name: string }>(looks.join(' union all '));
  if (filled.length > 0)
    await client.query(`truncate ${filled.map(({ name }) => name).join(', ')} restart identity cascade`);
}

/** Connections to the same database that are neither this one nor at rest. */
async function countBusy(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ busy: number }>(
    `select count(*)::int as busy from pg_stat_activity where datname = current_database()
     and backend_type = 'client backend' and pid <> pg_backend_pid() and state is distinct from 'idle'`,
  );
  return rows[0]?.busy ?? 0;
}
