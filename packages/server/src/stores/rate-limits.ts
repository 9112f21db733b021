import { type Kysely, sql } from 'kysely';
import { type Context, nowExpression } from './context.ts';
import type { StoreDialect } from './dialect.ts';
import type { RateLimit, RateLimitVerdict } from './rate-limit-store.ts';
import type { Store } from './store.ts';

/** A table, or a database, of its own: losing it in a crash costs nothing but a few more tries, and so it waits for no disk. */
export interface LimitTables {
  rate_limits: {
    key: Uint8Array;
    /** When the bucket would be empty again, milliseconds: the whole state of a limit ("theoretical arrival time"). */
    empty_at: number;
  };
}

type LimitsDb = Kysely<LimitTables>;

/** Makes the table where there is none. */
export async function createRateLimits<T>(db: Kysely<T>, columns: StoreDialect['columns']): Promise<void> {
  const kind = columns.unlogged ?? sql``;
  await sql`create ${kind} table if not exists rate_limits (key ${columns.bytes} primary key not null, empty_at bigint not null)`.execute(
    db,
  );
  await sql`create index if not exists rate_limits_by_time on rate_limits (empty_at)`.execute(db);
}

/**
 * Generic cell rate algorithm: a bucket is one moment, moved on by each take. One statement judges and takes, so that replicas and
 * concurrent requests agree.
 */
export function rateLimits(
  context: Context,
  db: LimitsDb,
): Pick<Store, 'takeRateLimit' | 'giveBackRateLimit' | 'pruneRateLimits'> {
  return {
    async takeRateLimit({ key, burst, everyMs }: RateLimit): Promise<RateLimitVerdict> {
      const now = nowExpression(context);
      const depth = sql`cast(${burst * everyMs} as bigint)`;
      // further ahead than a full bucket can be, the clock was set back: that must not lock anybody out
      const from = sql`case when rate_limits.empty_at between ${now} and ${now} + ${depth} then rate_limits.empty_at else ${now} end`;
      const every = sql`cast(${everyMs} as bigint)`;
      const taken = await sql<{ empty_at: number }>`
        insert into rate_limits (key, empty_at) values (${key}, ${now} + ${every})
        on conflict (key) do update set empty_at = ${from} + ${every} where ${from} + ${every} - ${now} <= ${depth}
        returning empty_at`.execute(db);
      if (taken.rows.length > 0) return { taken: true };
      const { rows } = await sql<{ wait: number }>`
        select empty_at + ${every} - ${depth} - ${now} as wait from rate_limits where key = ${key}`.execute(db);
      return { taken: false, retryAfterMs: Math.max(1, rows[0]?.wait ?? 1) };
    },

    async giveBackRateLimit({ key, everyMs }) {
      await sql`update rate_limits set empty_at = empty_at - cast(${everyMs} as bigint) where key = ${key}`.execute(db);
    },

    async pruneRateLimits(limit) {
      const done = await sql`
        delete from rate_limits where key in
          (select key from rate_limits where empty_at < ${nowExpression(context)} limit ${limit})`.execute(db);
      return Number(done.numAffectedRows ?? 0n);
    },
  };
}
