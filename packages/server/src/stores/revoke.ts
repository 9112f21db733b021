import { insertAudit } from './audit.ts';
import { type Context, transact } from './context.ts';
import type { Step } from './dialect.ts';
import { readInstant } from './instant.ts';
import { lockSession, lockUser } from './locks.ts';
import { revocationEvent } from './revocation-events.ts';
import { CODES, insertRevocation } from './revocation-rows.ts';
import type { NewRevocation } from './revocation-store.ts';
import { endLockedSession, sessionEnded } from './session-end.ts';
import type { EndedBy } from './session-store.ts';
import type { Store } from './store.ts';

/** How far ahead of the clock a cut-off may lie. Everything made after it would carry a time as far ahead. */
const AHEAD_MS = 300_000;

type Cutoff = 'sessions_cutoff' | 'tokens_cutoff';

interface Revoking {
  readonly revocation: NewRevocation;
  readonly by: EndedBy | undefined;
}

export function revoke(context: Context): Pick<Store, 'revoke'> {
  return {
    async revoke(revocation, by) {
      const { code, before } = revocation;
      const { target, of } = CODES[code];
      if (of === undefined && before !== 0) throw new TypeError('before: 0 for what is no cut-off');
      if (!Number.isSafeInteger(before) || before < 0) throw new TypeError('before: whole milliseconds since 1970');
      await transact(context, async (step) => {
        if (of !== undefined) return revokeBefore(context, step, { revocation, column: `${of}_cutoff`, by });
        if (target === 'session') return revokeSession(context, step, { revocation, by });
        const instant = await readInstant(context, step);
        await insertRevocation(context, step, instant, revocation);
        await insertAudit(step, instant.now, [revocationEvent(revocation, by)]);
      });
    },
  };
}

/** A session whose tokens are refused must not go on handing out new ones: it ends. */
async function revokeSession(context: Context, step: Step, { revocation, by }: Revoking): Promise<void> {
  const owner = await step
    .selectFrom('sessions')
    .select('user_id')
    .where('id', '=', revocation.value)
    .executeTakeFirst();
  if (owner !== undefined) await lockUser(context, step, owner.user_id, 'shared');
  const session = await lockSession(context, step, revocation.value);
  const instant = await readInstant(context, step);
  if (session === undefined || session.ended_at !== null) await insertRevocation(context, step, instant, revocation);
  else await endLockedSession(context, step, session, { reason: 'admin', instant });
  // of one that had ended, the end is in the log
  if (session === undefined) await insertAudit(step, instant.now, [revocationEvent(revocation, by)]);
  else if (session.ended_at === null)
    await insertAudit(step, instant.now, [
      sessionEnded({ userId: session.user_id, sessionId: session.id, reason: 'admin', by }),
    ]);
}

/** A cut-off is kept beside its row: what is made later must be later than it. */
async function revokeBefore(
  context: Context,
  step: Step,
  { revocation, column, by }: Revoking & { readonly column: Cutoff },
): Promise<void> {
  const { code, value, before } = revocation;
  const { target } = CODES[code];
  if (target === 'subject') await lockUser(context, step, value, 'exclusive');
  else await context.dialect.lock(step, 'cutoffs', 'exclusive');

  const instant = await readInstant(context, step);
  if (before > instant.now + AHEAD_MS) throw new TypeError('before: more than five minutes from now');
  if (target === 'subject') await raiseUser(step, revocation, column);
  else if (target === 'client') await raiseClient(step, revocation, column);
  else
    await step
      .updateTable('meta')
      .set({ [column]: before })
      .where(column, '<', before)
      .execute();
  await insertRevocation(context, step, instant, revocation);
  await insertAudit(step, instant.now, [revocationEvent(revocation, by)]);
}

async function raiseUser(step: Step, { value, before }: NewRevocation, column: Cutoff): Promise<void> {
  await step
    .updateTable('users')
    .set({ [column]: before })
    .where('id', '=', value)
    .where(column, '<', before)
    .execute();
}

async function raiseClient(step: Step, { value, before }: NewRevocation, column: Cutoff): Promise<void> {
  await step
    .insertInto('client_cutoffs')
    .values({ client_id: value, sessions_cutoff: 0, tokens_cutoff: 0 })
    .onConflict((conflict) => conflict.column('client_id').doNothing())
    .execute();
  await step
    .updateTable('client_cutoffs')
    .set({ [column]: before })
    .where('client_id', '=', value)
    .where(column, '<', before)
    .execute();
}
