import type { Effects } from './account-store.ts';
import { insertAudit } from './audit.ts';
import type { Context } from './context.ts';
import type { Step } from './dialect.ts';
import { insertMails } from './outbox.ts';
import { toUser } from './rows.ts';
import type { UserRow } from './tables.ts';

export interface Changed {
  readonly now: number;
  readonly user: UserRow;
  readonly before: UserRow;
}

/** Writes what goes with a change, in its step. */
export async function writeEffects(
  context: Context,
  step: Step,
  { now, user, before }: Changed,
  effects: Effects | undefined,
): Promise<void> {
  if (effects === undefined) return;
  const { mails = [], audit = [] } = effects(toUser(user), toUser(before));
  await insertMails(context, step, now, mails);
  await insertAudit(step, now, audit);
}
