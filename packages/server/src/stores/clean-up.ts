import { type Context, nowExpression, transact } from './context.ts';
import type { Step } from './dialect.ts';
import type { Store } from './store.ts';

/** What is over stays for a week: "why was I signed out" can still be answered, and no clock that was off by a day matters. */
const KEPT_MS = 7 * 86_400_000;

/**
 * Walks the sessions in order of their ids, a page at a time, and removes those that are over. An index by end would find
 * them sooner, but each refresh moves a session's end and would have to write it: the walk needs the primary key alone.
 */
export function cleanUp(context: Context): Pick<Store, 'removeOverSessions' | 'removeOverGrants'> {
  return {
    async removeOverGrants(after, limit) {
      const page = await context.db
        .selectFrom('grants')
        .select(['id', 'session_id', 'ended_at', 'idle_expires_at', nowExpression(context).as('now')])
        .where('id', '>', after ?? '')
        .orderBy('id')
        .limit(limit)
        .execute();
      // those of a session go with it
      const over = page.filter(({ session_id, ended_at, idle_expires_at, now }) => {
        const end = Math.min(ended_at ?? Number.POSITIVE_INFINITY, idle_expires_at ?? Number.POSITIVE_INFINITY);
        return session_id === null && end < now - KEPT_MS;
      });
      const ids = over.map(({ id }) => id);
      const removed = ids.length === 0 ? 0 : await transact(context, (step) => removeGrants(context, step, ids));
      return { removed, next: page.length < limit ? undefined : page.at(-1)?.id };
    },

    async removeOverSessions(after, limit) {
      const page = await context.db
        .selectFrom('sessions')
        .select(['id', 'ended_at', 'idle_expires_at', nowExpression(context).as('now')])
        .where('id', '>', after ?? '')
        .orderBy('id')
        .limit(limit)
        .execute();
      // the idle limit is never later than the absolute one
      const over = page.filter(
        (row) => Math.min(row.ended_at ?? row.idle_expires_at, row.idle_expires_at) < row.now - KEPT_MS,
      );
      const ids = over.map(({ id }) => id);
      const removed = ids.length === 0 ? 0 : await transact(context, (step) => removeSessions(context, step, ids));
      return { removed, next: page.length < limit ? undefined : page.at(-1)?.id };
    },
  };
}

async function removeGrants(context: Context, step: Step, ids: readonly string[]): Promise<number> {
  const free = await lockFree(context, step, 'grants', ids);
  if (free.length > 0) await step.deleteFrom('grants').where('id', 'in', free).execute();
  return free.length;
}

async function removeSessions(context: Context, step: Step, ids: readonly string[]): Promise<number> {
  const free = await lockFree(context, step, 'sessions', ids);
  if (free.length === 0) return 0;
  await step.deleteFrom('grants').where('session_id', 'in', free).execute();
  await step.deleteFrom('sessions').where('id', 'in', free).execute();
  return free.length;
}

/** Locks those that nobody else has locked: one that is just being looked at goes next time. */
async function lockFree(
  { dialect }: Context,
  step: Step,
  table: 'grants' | 'sessions',
  ids: readonly string[],
): Promise<readonly string[]> {
  const locked = await step
    .selectFrom(table)
    .select('id')
    .where('id', 'in', ids)
    .orderBy('id')
    .$if(dialect.rowLocks, (query) => query.forUpdate().skipLocked())
    .execute();
  return locked.map(({ id }) => id);
}
