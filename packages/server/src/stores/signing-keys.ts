import { type Context, transact } from './context.ts';
import type { Db, Step } from './dialect.ts';
import { toSigningKey } from './rows.ts';
import type { SigningKeyRow, Store } from './store.ts';

export function signingKeys(context: Context): Pick<Store, 'listSigningKeys' | 'ensureSigningKeys'> {
  return {
    listSigningKeys: () => list(context.db),

    async ensureSigningKeys(keys) {
      return transact(context, async (step) => {
        await context.dialect.lock(step, 'signingKeys', 'exclusive');
        const there = new Set((await list(step)).map((key) => key.alg));
        const missing = keys.filter((key) => !there.has(key.alg));
        if (missing.length > 0) await step.insertInto('signing_keys').values(missing.map(toRow)).execute();
        return list(step);
      });
    },
  };
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
  };
}
