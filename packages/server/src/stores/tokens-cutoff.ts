import { sql } from 'kysely';
import type { Context } from './context.ts';
import type { Step } from './dialect.ts';
import type { Instant } from './instant.ts';
import { insertRevocation } from './revocation-rows.ts';

/**
 * Refuses every access token of a user that was made before this step, and none made after it. The step holds the user's
 * row, shared at least; what makes tokens holds it too.
 *
 * @returns The cut-off: later than the last one and than the last use of anything, so that it covers every token whose time
 *   came from a clock that was set back since.
 */
export async function raiseTokensCutoff(
  context: Context,
  step: Step,
  userId: string,
  instant: Instant,
): Promise<number> {
  const { rows } = await sql<{ cutoff: number; used: number | null; moved: number | null }>`
    select tokens_cutoff as cutoff,
      (select max(last_used_at) from sessions where user_id = ${userId}) as used,
      (select max(rotated_at) from grants where user_id = ${userId} and session_id is null) as moved
    from users where id = ${userId}`.execute(step);
  const [row] = rows;
  const cutoff = Math.max(instant.now, (row?.cutoff ?? 0) + 1, row?.used ?? 0, row?.moved ?? 0);
  await step.updateTable('users').set({ tokens_cutoff: cutoff }).where('id', '=', userId).execute();
  await insertRevocation(context, step, instant, { code: 7, value: userId, before: cutoff });
  return cutoff;
}
