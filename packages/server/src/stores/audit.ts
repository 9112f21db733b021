import { sql } from 'kysely';
import type { AccountStore, AuditEvent, NewAuditEvent } from './account-store.ts';
import { type Context, nowExpression, transact } from './context.ts';
import type { Step } from './dialect.ts';
import { readInstant } from './instant.ts';
import { refusals, settleRefusalsOf } from './refusals.ts';
import type { AuditRow } from './tables.ts';

const LONGEST_REASON = 200;
/** No step lasts longer than two seconds; an event's number is drawn inside one. */
const SETTLED_MS = 3_000;

type Audit = Pick<AccountStore, 'recordAudit' | 'listAudit' | 'pruneAudit' | 'countRefusals' | 'settleRefusals'>;

export function audit(context: Context): Audit {
  const { db } = context;
  return {
    ...refusals(context),

    async recordAudit(events) {
      await transact(context, async (step) => {
        await insertAudit(step, (await readInstant(context, step)).now, events);
      });
    },

    async listAudit({ limit, userId, event, order, cursor }) {
      const settled = order === 'settled';
      const rows = await db
        .selectFrom('audit_events')
        .selectAll()
        .orderBy('number', settled ? 'asc' : 'desc')
        .limit(limit)
        .$if(userId !== undefined, (query) => query.where('user_id', '=', userId ?? ''))
        .$if(event !== undefined, (query) => query.where('event', '=', event ?? 'sign-in'))
        .$if(cursor !== undefined, (query) => query.where('number', settled ? '>' : '<', cursor ?? 0))
        .$if(settled, (query) =>
          query.where('at', '<=', sql<number>`${nowExpression(context)} - ${sql.lit(SETTLED_MS)}`),
        )
        .execute();
      return rows.map(toAuditEvent);
    },

    async pruneAudit(olderThanSeconds, limit) {
      return transact(context, async (step) => {
        const { now } = await readInstant(context, step);
        const { numDeletedRows } = await step
          .deleteFrom('audit_events')
          .where('number', 'in', (query) =>
            query
              .selectFrom('audit_events')
              .select('number')
              .where('at', '<', now - olderThanSeconds * 1_000)
              .orderBy('at')
              .limit(limit),
          )
          .executeTakeFirstOrThrow();
        return Number(numDeletedRows);
      });
    },
  };
}

/** Writes events in a step, in their order. Under the lock of their user, numbers are in order of what happened. */
export async function insertAudit(step: Step, now: number, events: readonly NewAuditEvent[]): Promise<void> {
  for (const event of events) {
    // what this user was refused before comes before. Asked for in any case: the time doesn't tell whether there is a user
    await settleRefusalsOf(step, now, event.userId ?? '');
    await step
      .insertInto('audit_events')
      .values({
        at: now,
        event: event.event,
        outcome: event.outcome,
        user_id: event.userId ?? null,
        actor: event.actor ?? null,
        session_id: event.sessionId ?? null,
        client_id: event.clientId ?? null,
        ip: event.ip ?? null,
        reason: event.reason?.slice(0, LONGEST_REASON) ?? null,
        count: null,
        since: null,
      })
      .execute();
  }
}

function toAuditEvent(row: AuditRow & { readonly number: number }): AuditEvent {
  return {
    number: row.number,
    at: row.at,
    event: row.event,
    outcome: row.outcome,
    userId: row.user_id ?? undefined,
    actor: row.actor ?? undefined,
    sessionId: row.session_id ?? undefined,
    clientId: row.client_id ?? undefined,
    ip: row.ip ?? undefined,
    reason: row.reason ?? undefined,
    count: row.count ?? 1,
    since: row.since ?? undefined,
  };
}
