import { sql } from 'kysely';
import { insertAudit } from './audit.ts';
import { type Context, transact } from './context.ts';
import type { Step } from './dialect.ts';
import { readInstant } from './instant.ts';
import type { SecretAgreement } from './secret-store.ts';
import { type Store, StoreFailed } from './store.ts';

/** A server that was not heard of for so long is not waited for. Six heartbeats. */
const LIVE_MS = 30_000;
const FORGOTTEN_MS = 300_000;

type Secrets = Pick<Store, 'announceReplica' | 'forgetReplica' | 'wantSecret' | 'dropSecret' | 'readSecrets'>;

export function secrets(context: Context): Secrets {
  return {
    async announceReplica({ id, secretIds, startedAt }) {
      return transact(context, async (step) => {
        await context.dialect.lock(step, 'secrets', 'exclusive');
        const { now } = await readInstant(context, step);
        await step
          .deleteFrom('replicas')
          .where('seen_at', '<', now - FORGOTTEN_MS)
          .execute();
        const row = { secret_ids: JSON.stringify(secretIds), started_at: startedAt, seen_at: now };
        await step
          .insertInto('replicas')
          .values({ id, ...row })
          .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
          .execute();
        const [first] = secretIds;
        await step
          .updateTable('meta')
          .set({ secret_id: first ?? null })
          .where('secret_id', 'is', null)
          .execute();
        await moveSecret(step, now);
        return readAgreement(step);
      });
    },

    async forgetReplica(id) {
      await transact(context, async (step) => {
        await step.deleteFrom('replicas').where('id', '=', id).execute();
      });
    },

    async wantSecret(id) {
      return transact(context, async (step) => {
        await context.dialect.lock(step, 'secrets', 'exclusive');
        const { now } = await readInstant(context, step);
        await step.updateTable('meta').set({ wanted_secret_id: id }).execute();
        await moveSecret(step, now);
        return readAgreement(step);
      });
    },

    async dropSecret(id, successor) {
      await transact(context, async (step) => {
        await context.dialect.lock(step, 'secrets', 'exclusive');
        const { now } = await readInstant(context, step);
        const { numInsertedOrUpdatedRows } = await step
          .insertInto('dropped_secrets')
          .values({ id, dropped_at: now })
          .onConflict((conflict) => conflict.column('id').doNothing())
          .executeTakeFirst();
        const told = { outcome: 'success', userId: undefined, actor: undefined } as const;
        if (numInsertedOrUpdatedRows === 1n)
          await insertAudit(step, now, [{ ...told, event: 'secret-dropped', reason: id }]);
        await step.updateTable('meta').set({ secret_id: successor, wanted_secret_id: successor }).execute();
      });
    },

    async readSecrets() {
      return transact(context, async (step) => {
        const { now } = await readInstant(context, step);
        const replicas = await step.selectFrom('replicas').selectAll().orderBy('started_at').execute();
        const grants = await sql<{ id: string; n: number }>`
          select secret_id as id, cast(count(*) as bigint) as n from grants where ended_at is null group by secret_id`.execute(
          step,
        );
        const sealed = await sql<{ id: string; n: number }>`
          select secret_id as id, cast(count(*) as bigint) as n from (
            select secret_id from signing_keys
            union all select secret_id from outbox
            union all select secret_id from logins where secret_id is not null
          ) as sealed group by secret_id`.execute(step);
        return {
          ...(await readAgreement(step)),
          replicas: replicas.map(({ id, secret_ids, started_at, seen_at }) => ({
            id,
            secretIds: parseIds(secret_ids),
            startedAt: started_at,
            seenAt: seen_at,
            live: seen_at > now - LIVE_MS,
          })),
          grants: grants.rows.map(({ id, n }) => ({ secretId: id, count: n })),
          sealed: sealed.rows.map(({ id, n }) => ({ secretId: id, count: n })),
        };
      });
    },
  };
}

/**
 * A server that has not heard yet that a secret was dropped must not seal anything that lasts under it.
 *
 * @throws {StoreFailed} where one of them was.
 */
export async function checkNotDropped(context: Context, step: Step, secretIds: readonly string[]): Promise<void> {
  // held until the commit: whoever drops the secret now sees what is sealed here, and sees to it
  await context.dialect.lock(step, 'secrets', 'shared');
  const ids = [...new Set(secretIds)];
  if (ids.length === 0) return;
  const dropped = await step.selectFrom('dropped_secrets').select('id').where('id', 'in', ids).execute();
  if (dropped.length > 0) throw new StoreFailed('the secret of what was sealed has been dropped');
}

/** The secret that is wanted comes into use when each live server has said that it accepts it. */
async function moveSecret(step: Step, now: number): Promise<void> {
  const meta = await step.selectFrom('meta').select(['secret_id', 'wanted_secret_id']).executeTakeFirstOrThrow();
  const wanted = meta.wanted_secret_id;
  if (wanted === null || wanted === meta.secret_id) return;
  const live = await step
    .selectFrom('replicas')
    .select('secret_ids')
    .where('seen_at', '>', now - LIVE_MS)
    .execute();
  if (live.length === 0 || live.some(({ secret_ids }) => !parseIds(secret_ids).includes(wanted))) return;
  await step.updateTable('meta').set({ secret_id: wanted }).execute();
}

async function readAgreement(step: Step): Promise<SecretAgreement> {
  const meta = await step.selectFrom('meta').select(['secret_id', 'wanted_secret_id']).executeTakeFirstOrThrow();
  const dropped = await step.selectFrom('dropped_secrets').select('id').execute();
  return {
    inUse: meta.secret_id ?? undefined,
    wanted: meta.wanted_secret_id ?? undefined,
    dropped: dropped.map(({ id }) => id),
  };
}

function parseIds(json: string): readonly string[] {
  const ids: unknown = JSON.parse(json);
  if (Array.isArray(ids) && ids.every((id) => typeof id === 'string')) return ids;
  throw new Error('unreachable: a list in the database is none');
}
