import { generateTimeOrderedId } from '@mapae/jwt';
import type { Effects } from './account-store.ts';
import { insertAudit } from './audit.ts';
import { plainBytes } from './bytes.ts';
import { type Context, transact } from './context.ts';
import type { Step } from './dialect.ts';
import { writeEffects } from './effects.ts';
import { removeExpired } from './expired.ts';
import { readInstant } from './instant.ts';
import { lockUser } from './locks.ts';
import type { KeptTokens, Login, LoginStore, NewLogin, NewLoginUser } from './login-store.ts';
import { updateUser, voidTokens } from './one-time-tokens.ts';
import { toUser } from './rows.ts';
import { checkNotDropped } from './secrets.ts';
import { endEverySession } from './sessions.ts';
import type { LoginRow, UserRow } from './tables.ts';

export function logins(context: Context): LoginStore {
  const { db } = context;
  return {
    async findLogin(issuer, subject) {
      const row = await db
        .selectFrom('logins')
        .selectAll()
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const user = await db.selectFrom('users').selectAll().where('id', '=', row.user_id).executeTakeFirst();
      return user === undefined ? undefined : { login: toLogin(row), user: toUser(user) };
    },

    async listLogins(userId) {
      const rows = await db.selectFrom('logins').selectAll().where('user_id', '=', userId).orderBy('id').execute();
      return rows.map(toLogin);
    },

    createUserWithLogin: (user, login, effects) => createUserWithLogin(context, { user, login, effects }),
    addLogin: (of, login, effects) => addLogin(context, of, { login, effects }),
    claimUser: (of, login, effects) => claimUser(context, of, { login, effects }),
    removeLogin: (userId, loginId, effects) => removeLogin(context, userId, { loginId, effects }),

    async noteLogin(loginId, { email, tokens }) {
      await transact(context, async (step) => {
        const { now } = await readInstant(context, step);
        if (tokens !== undefined) await checkNotDropped(context, step, [tokens.secretId]);
        await step
          .updateTable('logins')
          .set({
            last_used_at: now,
            email: email ?? null,
            sealed_tokens: tokens?.sealed ?? null,
            secret_id: tokens?.secretId ?? null,
          })
          .where('id', '=', loginId)
          .execute();
      });
    },

    async findSealedTokens(userId, provider) {
      const row = await db
        .selectFrom('logins')
        .selectAll()
        .where('user_id', '=', userId)
        .where('provider', '=', provider)
        .where('sealed_tokens', 'is not', null)
        .orderBy('last_used_at', 'desc')
        .executeTakeFirst();
      return row === undefined ? undefined : toKeptTokens(row);
    },

    async listTokensUnder(secretId, after, limit) {
      const rows = await db
        .selectFrom('logins')
        .selectAll()
        .where('secret_id', '=', secretId)
        .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.flatMap((row) => toKeptTokens(row) ?? []);
    },

    async resealTokens(tokens) {
      await transact(context, async (step) => {
        await checkNotDropped(
          context,
          step,
          tokens.map(({ secretId }) => secretId),
        );
        for (const { loginId, before, sealed, secretId } of tokens) {
          await step
            .updateTable('logins')
            .set({ sealed_tokens: sealed, secret_id: secretId })
            .where('id', '=', loginId)
            // a sign-in may have brought newer ones
            .where('sealed_tokens', '=', before)
            .execute();
        }
      });
    },

    async spendOnce(hash, lifetimeSeconds) {
      return transact(context, async (step) => {
        const { now } = await readInstant(context, step);
        await removeExpired(step, 'spent', now);
        const { numInsertedOrUpdatedRows } = await step
          .insertInto('spent')
          .values({ hash, expires_at: now + lifetimeSeconds * 1_000 })
          .onConflict((conflict) => conflict.column('hash').doNothing())
          .executeTakeFirst();
        return numInsertedOrUpdatedRows === 1n;
      });
    },
  };
}

interface WithLogin {
  readonly login: NewLogin;
  readonly effects: Effects | undefined;
}

/** A step whose insertions met another's: it is undone whole. */
class Taken extends Error {}

async function createUserWithLogin(
  context: Context,
  { user, login, effects }: WithLogin & { readonly user: NewLoginUser },
): ReturnType<LoginStore['createUserWithLogin']> {
  try {
    return await transact(context, async (step) => {
      const { now } = await readInstant(context, step);
      const row = await step
        .insertInto('users')
        .values(newUserRow(context, user, now))
        .onConflict((conflict) => conflict.column('email').doNothing())
        .returningAll()
        .executeTakeFirst();
      if (row === undefined) return { status: 'email-taken' };
      if ((await insertLogin(context, step, row.id, { login, now })) === undefined) throw new Taken();
      await insertAudit(step, now, [
        {
          event: 'sign-up',
          outcome: 'success',
          userId: row.id,
          actor: row.id,
          ip: user.ip,
          reason: login.provider,
        },
      ]);
      await writeEffects(context, step, { now, user: row, before: row }, effects);
      return { status: 'created', user: toUser(row) };
    });
  } catch (error) {
    if (error instanceof Taken) return { status: 'login-taken' };
    throw error;
  }
}

function newUserRow(context: Context, user: NewLoginUser, now: number): UserRow {
  return {
    id: generateTimeOrderedId(now, context.random),
    email: user.email,
    email_verified_at: user.emailVerified ? now : null,
    password_hash: null,
    credential_version: 1,
    name: user.name ?? null,
    picture: user.picture ?? null,
    locale: user.locale ?? null,
    roles: '[]',
    created_at: now,
    disabled_at: null,
    sessions_cutoff: 0,
    tokens_cutoff: 0,
    first_signed_in_at: null,
  };
}

async function addLogin(
  context: Context,
  { userId, credentialVersion }: { readonly userId: string; readonly credentialVersion: number },
  { login, effects }: WithLogin,
): ReturnType<LoginStore['addLogin']> {
  return transact(context, async (step) => {
    const user = await lockUser(context, step, userId, 'exclusive');
    if (user?.credential_version !== credentialVersion || user.disabled_at !== null)
      return { status: 'credential-changed' };
    const { now } = await readInstant(context, step);
    const row = await insertLogin(context, step, userId, { login, now });
    if (row === undefined) return { status: 'taken' };
    await writeEffects(context, step, { now, user, before: user }, effects);
    return { status: 'added', login: toLogin(row), user: toUser(user) };
  });
}

async function claimUser(
  context: Context,
  { userId, credentialVersion }: { readonly userId: string; readonly credentialVersion: number },
  { login, effects }: WithLogin,
): ReturnType<LoginStore['claimUser']> {
  try {
    return await transact(context, async (step) => {
      await context.dialect.lock(step, 'cutoffs', 'shared');
      const user = await lockUser(context, step, userId, 'exclusive');
      const free = user?.email_verified_at === null && user.disabled_at === null && user.roles === '[]';
      if (user === undefined || !free || user.credential_version !== credentialVersion)
        return { status: 'not-claimable' };
      const instant = await readInstant(context, step);
      const cutoff = await endEverySession(context, step, user, { reason: 'claimed', instant });
      await voidTokens(step, userId);
      await step.deleteFrom('outbox').where('user_id', '=', userId).execute();
      await step.deleteFrom('logins').where('user_id', '=', userId).execute();
      const after = await updateUser(step, user, {
        password_hash: null,
        credential_version: user.credential_version + 1,
        email_verified_at: instant.now,
        name: null,
        picture: null,
        sessions_cutoff: cutoff,
      });
      if ((await insertLogin(context, step, userId, { login, now: instant.now })) === undefined) throw new Taken();
      await writeEffects(context, step, { now: instant.now, user: after, before: user }, effects);
      return { status: 'claimed', user: toUser(after) };
    });
  } catch (error) {
    if (error instanceof Taken) return { status: 'taken' };
    throw error;
  }
}

async function removeLogin(
  context: Context,
  userId: string,
  { loginId, effects }: { readonly loginId: string; readonly effects: Effects | undefined },
): ReturnType<LoginStore['removeLogin']> {
  return transact(context, async (step) => {
    // of two that take away two logins at once, the second sees what the first left
    const user = await lockUser(context, step, userId, 'exclusive');
    const all = await step.selectFrom('logins').select('id').where('user_id', '=', userId).execute();
    if (user === undefined || !all.some(({ id }) => id === loginId)) return 'unknown';
    if (user.password_hash === null && all.length === 1) return 'last';
    const { now } = await readInstant(context, step);
    await step.deleteFrom('logins').where('id', '=', loginId).execute();
    await writeEffects(context, step, { now, user, before: user }, effects);
    return 'removed';
  });
}

/** @returns undefined where the login has an owner. */
async function insertLogin(
  context: Context,
  step: Step,
  userId: string,
  { login, now }: { readonly login: NewLogin; readonly now: number },
): Promise<LoginRow | undefined> {
  if (login.tokens !== undefined) await checkNotDropped(context, step, [login.tokens.secretId]);
  return (
    step
      .insertInto('logins')
      .values({
        id: generateTimeOrderedId(now, context.random),
        user_id: userId,
        provider: login.provider,
        issuer: login.issuer,
        subject: login.subject,
        email: login.email ?? null,
        sealed_tokens: login.tokens?.sealed ?? null,
        secret_id: login.tokens?.secretId ?? null,
        created_at: now,
        last_used_at: now,
      })
      // the unique index decides a race, not a look beforehand
      .onConflict((conflict) => conflict.columns(['issuer', 'subject']).doNothing())
      .returningAll()
      .executeTakeFirst()
  );
}

function toLogin(row: LoginRow): Login {
  return {
    id: row.id,
    userId: row.user_id,
    provider: row.provider,
    issuer: row.issuer,
    subject: row.subject,
    email: row.email ?? undefined,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  };
}

function toKeptTokens(row: LoginRow): KeptTokens | undefined {
  if (row.sealed_tokens === null || row.secret_id === null) return undefined;
  const { id: loginId, issuer, subject, secret_id: secretId } = row;
  return { loginId, issuer, subject, secretId, sealed: plainBytes(row.sealed_tokens) };
}
