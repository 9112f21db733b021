import type { AccountStore, Effects, NewOneTimeToken, OneTimePurpose, Redemption } from './account-store.ts';
import { insertAudit } from './audit.ts';
import { type Context, nowExpression, transact } from './context.ts';
import type { Step } from './dialect.ts';
import { writeEffects } from './effects.ts';
import { removeExpired } from './expired.ts';
import { type Instant, readInstant } from './instant.ts';
import { lockUser } from './locks.ts';
import { insertMails } from './outbox.ts';
import { toUser } from './rows.ts';
import { endEverySession } from './sessions.ts';
import type { OneTimeTokenRow, UserRow } from './tables.ts';
import { raiseTokensCutoff } from './tokens-cutoff.ts';

type Tokens = Pick<
  AccountStore,
  | 'issueOneTimeToken'
  | 'findOneTimeTokenOwner'
  | 'verifyEmail'
  | 'resetPassword'
  | 'changeEmail'
  | 'claimAdmin'
  | 'hasRole'
>;

/** Keeps a token in the place of the one before, of the same user and purpose, by a step that has locked the user or made it. */
export async function replaceToken(step: Step, token: NewOneTimeToken, now: number): Promise<void> {
  const { user: owner } = token;
  await removeExpired(step, 'one_time_tokens', now);
  await step
    .deleteFrom('one_time_tokens')
    .where('purpose', '=', token.purpose)
    .where('user_id', owner === undefined ? 'is' : '=', owner?.id ?? null)
    .execute();
  await step
    .insertInto('one_time_tokens')
    .values({
      hash: token.hash,
      purpose: token.purpose,
      user_id: owner?.id ?? null,
      credential_version: owner?.credentialVersion ?? null,
      payload: token.payload ?? null,
      expires_at: now + token.lifetimeSeconds * 1_000,
    })
    .execute();
}

export function oneTimeTokens(context: Context): Tokens {
  return {
    async issueOneTimeToken(token, { mails = [], audit = [] } = {}) {
      return transact(context, async (step) => {
        const { user: owner } = token;
        const user = owner === undefined ? undefined : await lockUser(context, step, owner.id, 'exclusive');
        if (owner !== undefined && user?.credential_version !== owner.credentialVersion) return 'credential-changed';
        const { now } = await readInstant(context, step);
        await replaceToken(step, token, now);
        await insertMails(context, step, now, mails);
        await insertAudit(step, now, audit);
        return 'issued';
      });
    },

    async findOneTimeTokenOwner(hash, purpose) {
      const row = await context.db
        .selectFrom('one_time_tokens')
        .innerJoin('users', 'users.id', 'one_time_tokens.user_id')
        .selectAll('users')
        .where('hash', '=', hash)
        .where('purpose', '=', purpose)
        .where('expires_at', '>', nowExpression(context))
        .where('users.disabled_at', 'is', null)
        .whereRef('users.credential_version', '=', 'one_time_tokens.credential_version')
        .executeTakeFirst();
      return row === undefined ? undefined : toUser(row);
    },

    verifyEmail: (hash, effects) =>
      redeem(context, { hash, purpose: 'verify-email', effects }, async (step, { user, instant }) =>
        updateUser(step, user, { email_verified_at: user.email_verified_at ?? instant.now }),
      ),

    resetPassword: (hash, passwordHash, effects) =>
      redeem(context, { hash, purpose: 'reset-password', effects }, async (step, { user, instant }) => {
        const cutoff = await endEverySession(context, step, user, { reason: 'password-reset', instant });
        await voidTokens(step, user.id);
        return updateUser(step, user, {
          password_hash: passwordHash,
          credential_version: user.credential_version + 1,
          // the link came to that address
          email_verified_at: user.email_verified_at ?? instant.now,
          sessions_cutoff: cutoff,
        });
      }),

    async changeEmail(hash, effects) {
      let taken = false;
      const redemption = await redeem(
        context,
        { hash, purpose: 'change-email', effects },
        async (step, { user, token, instant }) => {
          taken = await isTaken(step, token.payload ?? '', user.id);
          if (taken) return undefined;
          const cutoff = await endEverySession(context, step, user, { reason: 'email-changed', instant });
          await voidTokens(step, user.id);
          return updateUser(step, user, {
            email: token.payload ?? user.email,
            email_verified_at: instant.now,
            credential_version: user.credential_version + 1,
            sessions_cutoff: cutoff,
          });
        },
      );
      return taken ? { status: 'taken' } : redemption;
    },

    async claimAdmin(hash, userId, effects) {
      return transact(context, async (step) => {
        await context.dialect.lock(step, 'cutoffs', 'shared');
        const user = await lockUser(context, step, userId, 'exclusive');
        const instant = await readInstant(context, step);
        const token = await takeToken(step, { hash, purpose: 'first-admin' }, instant.now);
        if (user === undefined || token === undefined || user.disabled_at !== null) return { status: 'unknown' };
        const roles = [...new Set([...(JSON.parse(user.roles) as string[]), 'admin'])];
        const cutoff = await raiseTokensCutoff(context, step, userId, instant);
        const after = await updateUser(step, user, { roles: JSON.stringify(roles), tokens_cutoff: cutoff });
        await writeEffects(context, step, { now: instant.now, user: after, before: user }, effects);
        return { status: 'done', user: toUser(after), before: toUser(user) };
      });
    },

    async hasRole(role) {
      const rows = await context.db
        .selectFrom('users')
        .select('roles')
        .where('roles', 'like', `%${JSON.stringify(role)}%`)
        .where('disabled_at', 'is', null)
        .limit(10)
        .execute();
      return rows.some(({ roles }) => (JSON.parse(roles) as string[]).includes(role));
    },
  };
}

interface Presented {
  readonly hash: Uint8Array;
  readonly purpose: OneTimePurpose;
}

interface Redeeming {
  readonly user: UserRow;
  readonly token: OneTimeTokenRow;
  readonly instant: Instant;
}

/**
 * Spends a token and makes its change, in one step.
 *
 * @param change  Answers with the user after it; undefined leaves the user alone. The token is spent either way.
 */
async function redeem(
  context: Context,
  { effects, ...presented }: Presented & { readonly effects: Effects | undefined },
  change: (step: Step, redeeming: Redeeming) => Promise<UserRow | undefined>,
): Promise<Redemption> {
  return transact(context, async (step) => {
    // whose it is never changes, so it may be read before the locks, which go from the user down
    const owner = await step
      .selectFrom('one_time_tokens')
      .select('user_id')
      .where('hash', '=', presented.hash)
      .executeTakeFirst();
    if (owner === undefined || owner.user_id === null) return { status: 'unknown' };
    await context.dialect.lock(step, 'cutoffs', 'shared');
    const user = await lockUser(context, step, owner.user_id, 'exclusive');
    const instant = await readInstant(context, step);
    const token = await takeToken(step, presented, instant.now);
    if (user === undefined || token === undefined || user.disabled_at !== null) return { status: 'unknown' };
    // the password or address was changed after the link went out
    if (token.credential_version !== user.credential_version) return { status: 'unknown' };
    const after = await change(step, { user, token, instant });
    if (after === undefined) return { status: 'unknown' };
    await writeEffects(context, step, { now: instant.now, user: after, before: user }, effects);
    return { status: 'done', user: toUser(after), before: toUser(user) };
  });
}

/** Removes and answers in one statement: of any number at once one gets it. */
async function takeToken(step: Step, { hash, purpose }: Presented, now: number): Promise<OneTimeTokenRow | undefined> {
  const token = await step
    .deleteFrom('one_time_tokens')
    .where('hash', '=', hash)
    .where('purpose', '=', purpose)
    .returningAll()
    .executeTakeFirst();
  return token !== undefined && token.expires_at > now ? token : undefined;
}

/** Links on their way are void once what they were asked under has changed. */
export async function voidTokens(step: Step, userId: string): Promise<void> {
  await step.deleteFrom('one_time_tokens').where('user_id', '=', userId).execute();
}

async function isTaken(step: Step, email: string, userId: string): Promise<boolean> {
  const other = await step
    .selectFrom('users')
    .select('id')
    .where('email', '=', email)
    .where('id', '!=', userId)
    .executeTakeFirst();
  return other !== undefined;
}

export async function updateUser(step: Step, user: UserRow, changes: Partial<UserRow>): Promise<UserRow> {
  await step.updateTable('users').set(changes).where('id', '=', user.id).execute();
  return { ...user, ...changes };
}
