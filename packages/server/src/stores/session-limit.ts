import { insertAudit } from './audit.ts';
import type { Context } from './context.ts';
import type { Step } from './dialect.ts';
import type { Instant } from './instant.ts';
import { endLockedSession, sessionEnded } from './session-end.ts';

/** As many as one sign-in can end in time: where a limit comes to somebody with thousands, the next sign-ins go on. */
const ENDED_AT_ONCE = 100;

/**
 * Makes room for one more session of a user that this step has locked for changing: whoever starts sessions of that user waits
 * for this one, so the limit holds whatever comes at once. Those that were not used for longest end, 100 of them with one start.
 *
 * @param limit  Sessions that may be alive, the new one counted.
 */
export async function makeRoom(
  context: Context,
  step: Step,
  userId: string,
  { limit, instant }: { readonly limit: number; readonly instant: Instant },
): Promise<void> {
  const beyond = await step
    .selectFrom('sessions')
    .select(['id', 'ended_at'])
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null)
    .where('idle_expires_at', '>', instant.now)
    .where('absolute_expires_at', '>', instant.now)
    .orderBy('last_used_at', 'desc')
    .orderBy('id', 'desc')
    .offset(limit - 1)
    // SQLite takes an offset behind a limit only
    .limit(10_000)
    .execute();
  const tooMany = beyond.slice(-ENDED_AT_ONCE);
  for (const session of tooMany) await endLockedSession(context, step, session, { reason: 'limit', instant });
  const events = tooMany.map(({ id }) => sessionEnded({ userId, sessionId: id, reason: 'limit', by: undefined }));
  await insertAudit(step, instant.now, events);
}
