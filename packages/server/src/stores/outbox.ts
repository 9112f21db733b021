import { generateTimeOrderedId } from '@mapae/jwt';
import type { AccountStore, NewMail, QueuedMail } from './account-store.ts';
import { plainBytes } from './bytes.ts';
import { type Context, transact } from './context.ts';
import type { Step } from './dialect.ts';
import { readInstant } from './instant.ts';
import type { OutboxRow } from './tables.ts';

export function outbox(context: Context): Pick<AccountStore, 'enqueueMails' | 'claimMails' | 'settleMail'> {
  return {
    async enqueueMails(mails) {
      await transact(context, async (step) => {
        await insertMails(context, step, (await readInstant(context, step)).now, mails);
      });
    },

    async claimMails(limit, leaseSeconds) {
      return transact(context, async (step) => {
        const { now } = await readInstant(context, step);
        const due = await step
          .selectFrom('outbox')
          .selectAll()
          .where('due_at', '<=', now)
          .orderBy('due_at')
          .orderBy('id')
          .limit(limit)
          // what another process is claiming is left to it
          .$if(context.dialect.rowLocks, (query) => query.forUpdate().skipLocked())
          .execute();
        if (due.length === 0) return [];
        await step
          .updateTable('outbox')
          .set((e) => ({ due_at: now + leaseSeconds * 1_000, attempts: e('attempts', '+', 1) }))
          .where(
            'id',
            'in',
            due.map(({ id }) => id),
          )
          .execute();
        return due.map((row) => toQueuedMail(row, now));
      });
    },

    async settleMail(id, outcome) {
      await transact(context, async (step) => {
        if (outcome === 'sent' || outcome === 'failed') {
          await step.deleteFrom('outbox').where('id', '=', id).execute();
          return;
        }
        const { now } = await readInstant(context, step);
        await step
          .updateTable('outbox')
          .set({ due_at: now + outcome.retrySeconds * 1_000 })
          .where('id', '=', id)
          .execute();
      });
    },
  };
}

/** Writes mails in the step of what they tell. */
export async function insertMails(context: Context, step: Step, now: number, mails: readonly NewMail[]): Promise<void> {
  for (const mail of mails) {
    await step
      .insertInto('outbox')
      .values({
        id: generateTimeOrderedId(now, context.random),
        user_id: mail.userId ?? null,
        sealed: mail.sealed,
        secret_id: mail.secretId,
        created_at: now,
        due_at: now,
        attempts: 0,
      })
      .execute();
  }
}

function toQueuedMail(row: OutboxRow, now: number): QueuedMail {
  return {
    id: row.id,
    userId: row.user_id ?? undefined,
    sealed: plainBytes(row.sealed),
    secretId: row.secret_id,
    attempt: row.attempts + 1,
    ageMs: now - row.created_at,
  };
}
