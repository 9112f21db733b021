import { sql } from 'kysely';
import { equalBytes, plainBytes } from './bytes.ts';
import { type Context, nowExpression, transact } from './context.ts';
import type { Step } from './dialect.ts';
import { readInstant } from './instant.ts';
import type { FeedPosition, PublishedRevocation } from './revocation-store.ts';
import type { Store } from './store.ts';

/** Rows numbered in one step, and rows read by one statement: neither keeps others waiting for long. */
const SLICE = 2_000;

type Revocations = Pick<Store, 'publishRevocations' | 'readRevocations' | 'snapshotRevocations' | 'pruneRevocations'>;

export function revocations(context: Context): Revocations {
  return {
    async publishRevocations() {
      while (await hasUnpublished(context)) await transact(context, (step) => publishSlice(context, step));
      return readPosition(context);
    },

    readRevocations: (after, limit) => readPublished(context, { after, limit }),

    snapshotRevocations: () => snapshot(context),

    async pruneRevocations(limit) {
      return transact(context, async (step) => {
        const past = step
          .selectFrom('revocations')
          .select('seq')
          .where('until', '<', nowExpression(context))
          .where('number', 'is not', null)
          .orderBy('until')
          .limit(limit);
        const { numDeletedRows } = await step.deleteFrom('revocations').where('seq', 'in', past).executeTakeFirst();
        return Number(numDeletedRows);
      });
    },
  };
}

async function hasUnpublished({ db }: Context): Promise<boolean> {
  const row = await db.selectFrom('revocations').select('seq').where('number', 'is', null).limit(1).executeTakeFirst();
  return row !== undefined;
}

async function readPosition(context: Context): Promise<FeedPosition> {
  const { epoch, number } = await readInstant(context, context.db);
  return { epoch, number };
}

/** Numbers what is committed. What commits later, even if inserted earlier, gets a later number: nothing is skipped. */
async function publishSlice(context: Context, step: Step): Promise<void> {
  await context.dialect.lock(step, 'publish', 'exclusive');
  const { number } = await step.selectFrom('meta').select('number').executeTakeFirstOrThrow();
  const { numUpdatedRows } = await step
    .updateTable('revocations')
    .from((from) =>
      from
        .selectFrom('revocations')
        .select(['seq', sql<number>`row_number() over (order by seq)`.as('place')])
        .where('number', 'is', null)
        .orderBy('seq')
        .limit(SLICE)
        .as('unpublished'),
    )
    .set({ number: sql<number>`${sql.ref('unpublished.place')} + ${sql.lit(number)}` })
    .whereRef('revocations.seq', '=', 'unpublished.seq')
    .executeTakeFirst();
  await step
    .updateTable('meta')
    .set({ number: number + Number(numUpdatedRows) })
    .execute();
}

interface Range {
  readonly after: number;
  readonly upTo?: number;
  /** Leaves out rows past their end at this time. */
  readonly aliveAt?: number;
  readonly limit: number;
}

async function readPublished({ db }: Context, range: Range): Promise<readonly PublishedRevocation[]> {
  const { after, upTo, aliveAt, limit } = range;
  const rows = await db
    .selectFrom('revocations')
    .select(['number', 'code', 'blind_id', 'before', 'until'])
    .where('number', '>', after)
    .$if(upTo !== undefined, (query) => query.where('number', '<=', upTo ?? 0))
    .$if(aliveAt !== undefined, (query) => query.where('until', '>=', aliveAt ?? 0))
    .orderBy('number')
    .limit(limit)
    .$narrowType<{ number: number }>()
    .execute();
  return rows.map(({ number, code, blind_id, before, until }) => ({
    number,
    code,
    id: plainBytes(blind_id),
    before,
    until,
  }));
}

/**
 * Reads slice by slice, so that a long list holds nobody up, and still sees one state: a published row never changes,
 * and all up to a position that was read are there. Only pruning takes rows away, and those are past their end. Should
 * the database have gone back meanwhile (a restore, a failover), it starts again.
 */
async function snapshot(context: Context): ReturnType<Store['snapshotRevocations']> {
  for (;;) {
    const start = await readInstant(context, context.db);
    const rows: PublishedRevocation[] = [];
    for (let after = 0; ; ) {
      const slice = await readPublished(context, { after, upTo: start.number, aliveAt: start.now, limit: SLICE });
      rows.push(...slice);
      const last = slice.at(-1);
      if (last === undefined || slice.length < SLICE) break;
      after = last.number;
    }
    const end = await readPosition(context);
    if (equalBytes(end.epoch, start.epoch) && end.number >= start.number) {
      return { position: { epoch: start.epoch, number: start.number }, rows };
    }
  }
}
