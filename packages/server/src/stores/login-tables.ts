import type { Kysely } from 'kysely';
import type { StoreDialect } from './dialect.ts';

/** Logins through other providers, and what is good once. */
export async function createLoginTables(db: Kysely<unknown>, { bytes }: StoreDialect['columns']): Promise<void> {
  await db.schema
    .createTable('logins')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id'))
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('issuer', 'text', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('email', 'text')
    .addColumn('sealed_tokens', bytes)
    .addColumn('secret_id', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('last_used_at', 'bigint', (c) => c.notNull())
    .execute();
  // only these two name a person. OpenID Connect Core §5.7
  await db.schema.createIndex('logins_by_subject').unique().on('logins').columns(['issuer', 'subject']).execute();
  await db.schema.createIndex('logins_of_user').on('logins').column('user_id').execute();
  await db.schema
    .createTable('spent')
    .addColumn('hash', bytes, (c) => c.primaryKey().notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('spent_by_end').on('spent').column('expires_at').execute();
}
