import { type Kysely, type RawBuilder, sql } from 'kysely';

/** Refusals that are counted before they are events, and whether somebody has ever signed in. */
export async function createRefusals(db: Kysely<unknown>, bytes: RawBuilder<unknown>): Promise<void> {
  await db.schema.alterTable('audit_events').addColumn('count', 'bigint').execute();
  await db.schema.alterTable('audit_events').addColumn('since', 'bigint').execute();
  await db.schema
    .createTable('refusals')
    .addColumn('key', bytes, (c) => c.primaryKey().notNull())
    .addColumn('event', 'text', (c) => c.notNull())
    .addColumn('user_id', 'text')
    .addColumn('ip', 'text')
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('since', 'bigint', (c) => c.notNull())
    .addColumn('count', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex('refusals_of_user')
    .on('refusals')
    .column('user_id')
    .where(sql.ref('user_id'), 'is not', null)
    .execute();
  await db.schema.createIndex('refusals_by_time').on('refusals').column('since').execute();
  await db.schema.alterTable('users').addColumn('first_signed_in_at', 'bigint').execute();
  // whoever was there before has: nobody is told of a first device that isn't one
  await sql`update users set first_signed_in_at = created_at`.execute(db);
}
