import { type KeySchedule, planRotation } from '../keys/plan-rotation.ts';
import { insertAudit } from './audit.ts';
import { type Context, transact } from './context.ts';
import type { Db, Step } from './dialect.ts';
import { readInstant } from './instant.ts';
import { toSigningKey } from './rows.ts';
import { checkNotDropped } from './secrets.ts';
import type { SigningKeyRow } from './signing-key-store.ts';
import type { Store } from './store.ts';

/** A verifier's clock may be off by this, and a server notices a change within as much again. */
const SLACK_MS = 360_000;
/** Verifiers that were away for less are told which keys were taken out of force. */
const REMOVED_MS = 7 * 86_400_000;

type SigningKeys = Pick<
  Store,
  | 'listSigningKeys'
  | 'ensureSigningKeys'
  | 'rotateSigningKeys'
  | 'removeSigningKeys'
  | 'resealSigningKeys'
  | 'listRemovedKeys'
>;

export function signingKeys(context: Context): SigningKeys {
  return {
    listSigningKeys: () => list(context.db),

    async ensureSigningKeys(keys) {
      return transact(context, async (step) => {
        await context.dialect.lock(step, 'signingKeys', 'exclusive');
        const there = new Set((await list(step)).map((key) => key.alg));
        const missing = keys.filter((key) => !there.has(key.alg));
        if (missing.length > 0) await insert(context, step, missing);
        return list(step);
      });
    },

    async rotateSigningKeys({ spare, rotationMs, leadMs, due }) {
      return transact(context, async (step) => {
        await context.dialect.lock(step, 'signingKeys', 'exclusive');
        const { now, accessTokenSeconds } = await readInstant(context, step);
        const rows = (await list(step)).filter(({ alg }) => alg === spare.alg);
        const schedule: KeySchedule = { rotationMs, leadMs, lagMs: accessTokenSeconds * 1000 + SLACK_MS };
        const plan = planRotation(rows, now, schedule, due);
        if (plan.promote) await promote(step, rows, now);
        if (plan.drop.length > 0) await step.deleteFrom('signing_keys').where('kid', 'in', plan.drop).execute();
        if (plan.needsNext) await insertNext(context, step, spare, now);
        return { promoted: plan.promote, keys: await list(step) };
      });
    },

    async removeSigningKeys(kids, spares) {
      return transact(context, async (step) => {
        await context.dialect.lock(step, 'signingKeys', 'exclusive');
        const { now } = await readInstant(context, step);
        const removed = (await list(step)).filter(({ kid }) => kids.includes(kid));
        if (removed.length === 0) return [];
        const gone = removed.map(({ kid }) => kid);
        await step.deleteFrom('signing_keys').where('kid', 'in', gone).execute();
        await step
          .insertInto('removed_keys')
          .values(gone.map((kid) => ({ kid, removed_at: now })))
          .execute();
        const told = { outcome: 'success', userId: undefined, actor: undefined } as const;
        await insertAudit(step, now, [{ ...told, event: 'keys-removed', reason: gone.join(' ') }]);
        for (const alg of new Set(removed.map((key) => key.alg))) await refill(context, step, { alg, spares, now });
        return gone;
      });
    },

    async resealSigningKeys(keys) {
      await transact(context, async (step) => {
        await context.dialect.lock(step, 'signingKeys', 'exclusive');
        await checkNotDropped(
          context,
          step,
          keys.map(({ secretId }) => secretId),
        );
        for (const { kid, sealedPrivateJwk, secretId } of keys) {
          await step
            .updateTable('signing_keys')
            .set({ sealed_private_jwk: sealedPrivateJwk, secret_id: secretId })
            .where('kid', '=', kid)
            .execute();
        }
      });
    },

    async listRemovedKeys() {
      const { now } = await readInstant(context, context.db);
      const rows = await context.db
        .selectFrom('removed_keys')
        .select('kid')
        .where('removed_at', '>', now - REMOVED_MS)
        .orderBy('removed_at')
        .execute();
      return rows.map(({ kid }) => kid);
    },
  };
}

async function promote(step: Step, rows: readonly SigningKeyRow[], now: number): Promise<void> {
  const move = async (from: SigningKeyRow['state'], to: SigningKeyRow['state']): Promise<void> => {
    const kids = rows.filter(({ state }) => state === from).map(({ kid }) => kid);
    if (kids.length === 0) return;
    await step.updateTable('signing_keys').set({ state: to, since: now }).where('kid', 'in', kids).execute();
  };
  await move('active', 'retiring');
  await move('next', 'active');
}

async function insertNext(context: Context, step: Step, spare: SigningKeyRow, now: number): Promise<void> {
  // times are the database's: the lead counts from when others can read the row
  await insert(context, step, [{ ...spare, state: 'next', createdAt: now, since: now }]);
}

async function insert(context: Context, step: Step, keys: readonly SigningKeyRow[]): Promise<void> {
  await checkNotDropped(
    context,
    step,
    keys.map(({ secretId }) => secretId),
  );
  await step.insertInto('signing_keys').values(keys.map(toRow)).execute();
}

/** One active and one next key again: what was next signs at once, and spares take the places that are empty. */
async function refill(
  context: Context,
  step: Step,
  { alg, spares, now }: { readonly alg: string; readonly spares: readonly SigningKeyRow[]; readonly now: number },
): Promise<void> {
  const left = (await list(step)).filter((key) => key.alg === alg);
  const own = spares.filter((key) => key.alg === alg);
  if (!left.some(({ state }) => state === 'active')) await promote(step, left, now);
  for (const state of ['active', 'next'] as const) {
    const there = (await list(step)).some((key) => key.alg === alg && key.state === state);
    const spare = there ? undefined : own.shift();
    if (spare !== undefined) await insert(context, step, [{ ...spare, state, createdAt: now, since: now }]);
  }
}

async function list(db: Db | Step): Promise<readonly SigningKeyRow[]> {
  const rows = await db.selectFrom('signing_keys').selectAll().orderBy('created_at').orderBy('kid').execute();
  return rows.map(toSigningKey);
}

function toRow(key: SigningKeyRow) {
  return {
    kid: key.kid,
    alg: key.alg,
    public_jwk: key.publicJwk,
    sealed_private_jwk: key.sealedPrivateJwk,
    secret_id: key.secretId,
    state: key.state,
    created_at: key.createdAt,
    since: key.since,
  };
}
