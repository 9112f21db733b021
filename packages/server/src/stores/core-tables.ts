import type { Kysely } from 'kysely';
import type { StoreDialect } from './dialect.ts';

type Columns = StoreDialect['columns'];

/** Grants that outlive their session, the schedule of signing keys, secrets that several servers agree on. */
export async function createCoreTables(db: Kysely<unknown>, columns: Columns): Promise<void> {
  await widenGrants(db);
  await scheduleSigningKeys(db);
  await createSecrets(db);
  for (const made of columns.functions) await made.execute(db);
}

async function widenGrants(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('grants')
    .addColumn('resources', 'text', (c) => c.notNull().defaultTo('[]'))
    .execute();
  await db.schema.alterTable('grants').addColumn('idle_expires_at', 'bigint').execute();
  await db.schema.alterTable('grants').addColumn('absolute_expires_at', 'bigint').execute();
}

async function scheduleSigningKeys(db: Kysely<unknown>): Promise<void> {
  // when it came to its state
  await db.schema
    .alterTable('signing_keys')
    .addColumn('since', 'bigint', (c) => c.notNull().defaultTo(0))
    .execute();
  await db.schema
    .createTable('removed_keys')
    .addColumn('kid', 'text', (c) => c.primaryKey().notNull())
    .addColumn('removed_at', 'bigint', (c) => c.notNull())
    .execute();
}

async function createSecrets(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('meta').addColumn('secret_id', 'text').execute();
  await db.schema.alterTable('meta').addColumn('wanted_secret_id', 'text').execute();
  await db.schema
    .createTable('dropped_secrets')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('dropped_at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('replicas')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('secret_ids', 'text', (c) => c.notNull())
    .addColumn('started_at', 'bigint', (c) => c.notNull())
    .addColumn('seen_at', 'bigint', (c) => c.notNull())
    .execute();
}
