import { insertAudit } from './audit.ts';
import { equalBytes } from './bytes.ts';
import { type Context, transact } from './context.ts';
import { readInstant } from './instant.ts';
import { cutOffEvent } from './revocation-events.ts';
import { insertRevocation } from './revocation-rows.ts';
import { newestSession } from './sessions.ts';
import type { Store } from './store.ts';

const EPOCH_BYTES = 16;

/** Makes the one row of `meta` where there is none, and keeps the longest access-token lifetime there ever was. */
export async function ensureMeta(context: Context, accessTokenSeconds: number): Promise<void> {
  await transact(context, async (step) => {
    await step
      .insertInto('meta')
      .values({
        id: 1,
        epoch: context.random(EPOCH_BYTES),
        number: 0,
        sessions_cutoff: 0,
        tokens_cutoff: 0,
        access_token_seconds: accessTokenSeconds,
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
    await step
      .updateTable('meta')
      .set({ access_token_seconds: accessTokenSeconds })
      .where('access_token_seconds', '<', accessTokenSeconds)
      .execute();
  });
}

/** The database went back in time. One row moves, however many sessions there are: what they are is seen by their time. */
export function epoch(context: Context): Pick<Store, 'changeEpoch'> {
  return {
    async changeEpoch(seen) {
      await transact(context, async (step) => {
        await context.dialect.lock(step, 'cutoffs', 'exclusive');
        const instant = await readInstant(context, step);
        if (!equalBytes(instant.epoch, seen)) return;
        const cutoff = Math.max(instant.now, await newestSession(step), instant.sessionsCutoff);
        await step
          .updateTable('meta')
          .set({ epoch: context.random(EPOCH_BYTES), sessions_cutoff: cutoff })
          .execute();
        await insertRevocation(context, step, instant, { code: 6, value: '', before: cutoff });
        const cause = { reason: 'restored', by: undefined } as const;
        await insertAudit(step, instant.now, [cutOffEvent('sessions', { kind: 'everyone' }, cause)]);
      });
    },
  };
}
