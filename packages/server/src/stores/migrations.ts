import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { createAccessTokenTables } from './access-tokens.ts';
import { createAccountTables } from './account-tables.ts';
import { createCoreTables } from './core-tables.ts';
import type { StoreDialect } from './dialect.ts';
import { createLoginTables } from './login-tables.ts';
import { createRateLimits } from './rate-limits.ts';
import { createRefusals } from './refusal-tables.ts';
import { indexUserList } from './user-list.ts';

type Columns = StoreDialect['columns'];

/**
 * One step of the schema: a list of statements, none of which depends on what another one read. So they can be shown
 * before they are run (`mapae migrate --plan`); rows are changed by SQL, not by a loop here.
 */
export interface SchemaStep extends Migration {
  /**
   * Name of the step that a program must know to work on the schema as this one leaves it. Left out where whatever
   * worked before still works (a new table, a new column that may be null). docs/operations.md, "Two versions at once"
   */
  readonly floor?: string;
}

/** Names sort in order of time and never change: they are rows in the databases of others. */
export function migrations(columns: Columns): Record<string, SchemaStep> {
  return {
    '0001_start': { up: (db) => createFirstTables(db, columns) },
    '0010_accounts': { up: (db) => createAccountTables(db, columns) },
    '0011_rate_limits': {
      up: async (db) => {
        if (columns.unlogged !== undefined) await createRateLimits(db, columns);
      },
    },
    '0030_core': { up: (db) => createCoreTables(db, columns) },
    '0040_refusals': { up: (db) => createRefusals(db, columns.bytes) },
    '0050_access_tokens': { up: (db) => createAccessTokenTables(db, columns) },
    '0055_logins': { up: (db) => createLoginTables(db, columns) },
    '0069_user_list': { up: indexUserList },
  };
}

async function createFirstTables(db: Kysely<unknown>, columns: Columns): Promise<void> {
  await createUsers(db);
  await createSessions(db);
  await createGrants(db, columns.bytes);
  await createSigningKeys(db, columns.bytes);
  await createRevocations(db, columns);
  await createMeta(db, columns.bytes);
}

async function createUsers(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('users')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('email', 'text', (c) => c.notNull().unique())
    .addColumn('email_verified_at', 'bigint')
    .addColumn('password_hash', 'text')
    .addColumn('credential_version', 'bigint', (c) => c.notNull())
    .addColumn('name', 'text')
    .addColumn('roles', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('disabled_at', 'bigint')
    .addColumn('sessions_cutoff', 'bigint', (c) => c.notNull())
    .addColumn('tokens_cutoff', 'bigint', (c) => c.notNull())
    .execute();
}

async function createSessions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('sessions')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id'))
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('last_used_at', 'bigint', (c) => c.notNull())
    .addColumn('idle_expires_at', 'bigint', (c) => c.notNull())
    .addColumn('absolute_expires_at', 'bigint', (c) => c.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('end_reason', 'text')
    .addColumn('device', 'text')
    .addColumn('user_agent', 'text')
    .addColumn('ip', 'text')
    .addColumn('amr', 'text', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('sessions_of_user').on('sessions').columns(['user_id', 'created_at']).execute();
  // the newest session of all, for a cut-off of everyone
  await db.schema.createIndex('sessions_by_time').on('sessions').column('created_at').execute();
}

async function createGrants(db: Kysely<unknown>, bytes: RawBuilder<unknown>): Promise<void> {
  await db.schema
    .createTable('grants')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('session_id', 'text', (c) => c.references('sessions.id'))
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id'))
    .addColumn('client_id', 'text', (c) => c.notNull())
    .addColumn('scope', 'text', (c) => c.notNull())
    .addColumn('delivery', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('counter', 'bigint', (c) => c.notNull())
    .addColumn('rotated_at', 'bigint', (c) => c.notNull())
    .addColumn('retry_key_hash', bytes)
    .addColumn('current_presented_at', 'bigint')
    .addColumn('secret_id', 'text', (c) => c.notNull())
    .addColumn('ended_at', 'bigint')
    .execute();
  await db.schema.createIndex('grants_of_session').on('grants').column('session_id').execute();
  await db.schema.createIndex('grants_of_user').on('grants').column('user_id').execute();
}

async function createSigningKeys(db: Kysely<unknown>, bytes: RawBuilder<unknown>): Promise<void> {
  await db.schema
    .createTable('signing_keys')
    .addColumn('kid', 'text', (c) => c.primaryKey().notNull())
    .addColumn('alg', 'text', (c) => c.notNull())
    .addColumn('public_jwk', 'text', (c) => c.notNull())
    .addColumn('sealed_private_jwk', bytes, (c) => c.notNull())
    .addColumn('secret_id', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute();
}

async function createRevocations(db: Kysely<unknown>, columns: Columns): Promise<void> {
  await db.schema
    .createTable('revocations')
    .addColumn('seq', columns.sequence)
    // two publishers at once would be stopped here, if ever the lock failed
    .addColumn('number', 'bigint', (c) => c.unique())
    .addColumn('code', 'integer', (c) => c.notNull())
    .addColumn('blind_id', columns.bytes, (c) => c.notNull())
    .addColumn('before', 'bigint', (c) => c.notNull())
    .addColumn('until', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('revocations_by_end').on('revocations').column('until').execute();
  await db.schema
    .createIndex('revocations_unpublished')
    .on('revocations')
    .column('seq')
    .where(sql.ref('number'), 'is', null)
    .execute();
}

async function createMeta(db: Kysely<unknown>, bytes: RawBuilder<unknown>): Promise<void> {
  await db.schema
    .createTable('meta')
    .addColumn('id', 'integer', (c) => c.primaryKey().notNull())
    .addColumn('epoch', bytes, (c) => c.notNull())
    .addColumn('number', 'bigint', (c) => c.notNull())
    .addColumn('sessions_cutoff', 'bigint', (c) => c.notNull())
    .addColumn('tokens_cutoff', 'bigint', (c) => c.notNull())
    .addColumn('access_token_seconds', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('client_cutoffs')
    .addColumn('client_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('sessions_cutoff', 'bigint', (c) => c.notNull())
    .addColumn('tokens_cutoff', 'bigint', (c) => c.notNull())
    .execute();
}
