import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { AccountStore, Refusal } from './account-store.ts';
import { type Context, nowExpression, retryConflicts, transact } from './context.ts';
import type { Step } from './dialect.ts';
import { readInstant } from './instant.ts';
import type { RefusalRow } from './tables.ts';

/** What strangers cause is counted first and told later: a flood of it is a few rows, and none of it is lost. docs/adr/0042 */
export function refusals(context: Context): Pick<AccountStore, 'countRefusals' | 'settleRefusals'> {
  return {
    async countRefusals(given) {
      const [only, ...more] = given;
      if (only === undefined) return;
      // in one order everywhere, so that two of these don't wait for each other
      const rows = [only, ...more].map((one) => ({ ...one, key: keyOf(one) })).sort((a, b) => compare(a.key, b.key));
      await retryConflicts(context, () => count(context, rows));
    },

    async settleRefusals(olderThanSeconds, limit) {
      const due = await context.db
        .selectFrom('refusals')
        .select('key')
        .where('since', '<=', sql<number>`${nowExpression(context)} - ${sql.lit(olderThanSeconds * 1_000)}`)
        .limit(1)
        .execute();
      if (due.length === 0) return 0;
      return transact(context, async (step) => {
        const { now } = await readInstant(context, step);
        const keys = await step
          .selectFrom('refusals')
          .select('key')
          .where('since', '<=', now - olderThanSeconds * 1_000)
          .orderBy('since')
          .limit(limit)
          // what another process is settling, or counting, is left to it
          .$if(context.dialect.rowLocks, (query) => query.forUpdate().skipLocked())
          .execute();
        if (keys.length === 0) return 0;
        const taken = await step
          .deleteFrom('refusals')
          .where(
            'key',
            'in',
            keys.map(({ key }) => key),
          )
          .returningAll()
          .execute();
        await insertSettled(step, now, taken);
        return taken.length;
      });
    },
  };
}

/** Makes events of what a user was refused, in a step that writes another event of theirs. */
export async function settleRefusalsOf(step: Step, now: number, userId: string): Promise<void> {
  const taken = await step.deleteFrom('refusals').where('user_id', '=', userId).returningAll().execute();
  await insertSettled(step, now, taken);
}

async function count(context: Context, rows: readonly (Refusal & { readonly key: Uint8Array })[]): Promise<void> {
  await context.db
    .insertInto('refusals')
    .values(
      rows.map(({ key, event, userId, ip, reason, count: n }) => ({
        key,
        event,
        user_id: userId ?? null,
        ip: ip ?? null,
        reason,
        since: nowExpression(context),
        count: n,
      })),
    )
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet({ count: sql<number>`refusals.count + excluded.count` }),
    )
    .execute();
}

async function insertSettled(step: Step, now: number, rows: readonly RefusalRow[]): Promise<void> {
  if (rows.length === 0) return;
  await step
    .insertInto('audit_events')
    .values(
      rows
        .toSorted((a, b) => a.since - b.since)
        .map(({ event, user_id, ip, reason, since, count: n }) => ({
          at: now,
          event,
          outcome: 'failure' as const,
          user_id,
          actor: null,
          session_id: null,
          client_id: null,
          ip,
          reason,
          count: n,
          since,
        })),
    )
    .execute();
}

function keyOf({ event, userId, ip, reason }: Refusal): Uint8Array {
  const digest = createHash('sha256')
    .update(JSON.stringify([event, userId, ip, reason]))
    .digest();
  return new Uint8Array(digest.subarray(0, 16));
}

function compare(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}
