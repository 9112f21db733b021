import type { NewAuditEvent } from './account-store.ts';
import type { Context } from './context.ts';
import type { Step } from './dialect.ts';
import type { Instant } from './instant.ts';
import { insertRevocation } from './revocation-rows.ts';
import type { EndedBy, EndReason } from './session-store.ts';
import type { GrantRow, SessionRow } from './tables.ts';
import { raiseTokensCutoff } from './tokens-cutoff.ts';

/**
 * Ends a session that this step has locked, with its grants, and writes its revocation. One that has ended stays as it
 * is: its revocation is there.
 */
export async function endLockedSession(
  context: Context,
  step: Step,
  session: Pick<SessionRow, 'id' | 'ended_at'>,
  end: { readonly reason: EndReason; readonly instant: Instant },
): Promise<void> {
  if (session.ended_at !== null) return;
  const { now } = end.instant;
  await step
    .updateTable('sessions')
    .set({ ended_at: now, end_reason: end.reason })
    .where('id', '=', session.id)
    .execute();
  await step
    .updateTable('grants')
    .set({ ended_at: now })
    .where('session_id', '=', session.id)
    .where('ended_at', 'is', null)
    .execute();
  await insertRevocation(context, step, end.instant, { code: 1, value: session.id, before: 0 });
}

/**
 * Ends a grant that outlives its session, locked by this step. Its access tokens carry no `sid`: the tokens of its user that
 * were made until now are refused, and those of sessions are made anew by a refresh.
 */
export async function endLockedGrant(
  context: Context,
  step: Step,
  grant: Pick<GrantRow, 'id' | 'user_id' | 'ended_at'>,
  instant: Instant,
): Promise<void> {
  if (grant.ended_at !== null) return;
  await step.updateTable('grants').set({ ended_at: instant.now }).where('id', '=', grant.id).execute();
  await raiseTokensCutoff(context, step, grant.user_id, instant);
}

/** The event of the audit log for a session that was ended with others. */
export function sessionEnded(ended: {
  readonly userId: string;
  readonly sessionId: string;
  readonly reason: EndReason;
  /** Undefined for the server itself. */
  readonly by: EndedBy | undefined;
}): NewAuditEvent {
  const { userId, sessionId, reason, by } = ended;
  return { event: 'session-ended', outcome: 'success', userId, actor: by?.actor, sessionId, ip: by?.ip, reason };
}
