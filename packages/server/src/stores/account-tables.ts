import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { StoreDialect } from './dialect.ts';

/** Profile, one-time tokens, outbox and audit log. */
export async function createAccountTables(db: Kysely<unknown>, columns: StoreDialect['columns']): Promise<void> {
  await db.schema.alterTable('users').addColumn('picture', 'text').execute();
  await db.schema.alterTable('users').addColumn('locale', 'text').execute();
  await createOneTimeTokens(db, columns.bytes);
  await createOutbox(db, columns.bytes);
  await createAuditEvents(db, columns.sequence);
}

async function createOneTimeTokens(db: Kysely<unknown>, bytes: RawBuilder<unknown>): Promise<void> {
  await db.schema
    .createTable('one_time_tokens')
    .addColumn('hash', bytes, (c) => c.primaryKey().notNull())
    .addColumn('purpose', 'text', (c) => c.notNull())
    .addColumn('user_id', 'text', (c) => c.references('users.id'))
    .addColumn('credential_version', 'bigint')
    .addColumn('payload', 'text')
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute();
  // one of a kind for each user: asking again replaces it
  await db.schema
    .createIndex('one_time_tokens_of_user')
    .unique()
    .on('one_time_tokens')
    .columns(['user_id', 'purpose'])
    .execute();
  await db.schema.createIndex('one_time_tokens_by_end').on('one_time_tokens').column('expires_at').execute();
}

async function createOutbox(db: Kysely<unknown>, bytes: RawBuilder<unknown>): Promise<void> {
  await db.schema
    .createTable('outbox')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('user_id', 'text')
    .addColumn('sealed', bytes, (c) => c.notNull())
    .addColumn('secret_id', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('due_at', 'bigint', (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('outbox_by_due').on('outbox').column('due_at').execute();
  await db.schema.createIndex('outbox_of_user').on('outbox').column('user_id').execute();
}

async function createAuditEvents(db: Kysely<unknown>, sequence: RawBuilder<unknown>): Promise<void> {
  await db.schema
    .createTable('audit_events')
    .addColumn('number', sequence)
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('event', 'text', (c) => c.notNull())
    .addColumn('outcome', 'text', (c) => c.notNull())
    // no reference: what happened stays when the user is gone
    .addColumn('user_id', 'text')
    .addColumn('actor', 'text')
    .addColumn('session_id', 'text')
    .addColumn('client_id', 'text')
    .addColumn('ip', 'text')
    .addColumn('reason', 'text')
    .execute();
  await db.schema
    .createIndex('audit_events_of_user')
    .on('audit_events')
    .columns(['user_id', 'number'])
    .where(sql.ref('user_id'), 'is not', null)
    .execute();
  await db.schema.createIndex('audit_events_by_time').on('audit_events').column('at').execute();
}
