import { generateTimeOrderedId } from '@mapae/jwt';
import { insertAudit } from './audit.ts';
import { type Context, transact } from './context.ts';
import { writeEffects } from './effects.ts';
import { readInstant } from './instant.ts';
import { replaceToken } from './one-time-tokens.ts';
import { prepare } from './prepared.ts';
import { toUser } from './rows.ts';
import type { Store } from './store.ts';
import type { UserRow } from './tables.ts';

type Accounts = Pick<Store, 'createUser' | 'findUserByEmail' | 'findUser' | 'upgradePasswordHash'>;

const userById = prepare(({ db }, { id }: Pick<UserRow, 'id'>) =>
  db.selectFrom('users').selectAll().where('id', '=', id),
);

export function accounts(context: Context): Accounts {
  const { db } = context;
  return {
    async createUser({ email, passwordHash, name, locale, ip, verification }, effects, ifTaken) {
      return transact(context, async (step) => {
        const { now } = await readInstant(context, step);
        const row = await step
          .insertInto('users')
          .values({
            id: generateTimeOrderedId(now, context.random),
            email,
            email_verified_at: null,
            password_hash: passwordHash,
            credential_version: 1,
            name: name ?? null,
            picture: null,
            locale: locale ?? null,
            roles: '[]',
            created_at: now,
            disabled_at: null,
            sessions_cutoff: 0,
            tokens_cutoff: 0,
          })
          // the unique index decides a race, not a look beforehand
          .onConflict((conflict) => conflict.column('email').doNothing())
          .returningAll()
          .executeTakeFirst();
        if (verification !== undefined) {
          const { hash, lifetimeSeconds, isSent } = verification;
          const user = row === undefined || !isSent ? undefined : { id: row.id, credentialVersion: 1 };
          const token = { hash, purpose: 'verify-email', user, payload: undefined, lifetimeSeconds } as const;
          await replaceToken(step, token, now);
        }
        if (row === undefined) {
          const owner = await step.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst();
          if (owner !== undefined) await writeEffects(context, step, { now, user: owner, before: owner }, ifTaken);
          return { status: 'taken' };
        }
        const event = { event: 'sign-up', outcome: 'success', userId: row.id, actor: row.id, ip } as const;
        await insertAudit(step, now, [event]);
        await writeEffects(context, step, { now, user: row, before: row }, effects);
        return { status: 'created', user: toUser(row) };
      });
    },

    async findUserByEmail(email) {
      const row = await db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst();
      return row === undefined ? undefined : toUser(row);
    },

    async findUser(id) {
      const {
        rows: [row],
      } = await userById(context, db, { id });
      return row === undefined ? undefined : toUser(row);
    },

    async upgradePasswordHash(userId, credentialVersion, passwordHash) {
      await transact(context, async (step) => {
        await step
          .updateTable('users')
          .set({ password_hash: passwordHash })
          .where('id', '=', userId)
          .where('credential_version', '=', credentialVersion)
          .execute();
      });
    },
  };
}
