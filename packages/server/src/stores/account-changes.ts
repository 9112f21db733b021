import type { AccountStore } from './account-store.ts';
import { type Context, transact } from './context.ts';
import { writeEffects } from './effects.ts';
import { readInstant } from './instant.ts';
import { lockUser } from './locks.ts';
import { updateUser, voidTokens } from './one-time-tokens.ts';
import { settleRefusalsOf } from './refusals.ts';
import { toGrant, toUser } from './rows.ts';
import { endEverySession, insertSession } from './sessions.ts';
import { raiseTokensCutoff } from './tokens-cutoff.ts';

type Changes = Pick<
  AccountStore,
  'updateProfile' | 'changePassword' | 'deleteUser' | 'setSuspended' | 'changeRoles' | 'findGrantOfSession'
>;

export function accountChanges(context: Context): Changes {
  return {
    async updateProfile(userId, changes, effects) {
      return transact(context, async (step) => {
        const user = await lockUser(context, step, userId, 'exclusive');
        if (user === undefined) return undefined;
        const { now } = await readInstant(context, step);
        const after = Object.keys(changes).length === 0 ? user : await updateUser(step, user, changes);
        await writeEffects(context, step, { now, user: after, before: user }, effects);
        return toUser(after);
      });
    },

    async changePassword({ passwordHash, start }, effects) {
      return transact(context, async (step) => {
        await context.dialect.lock(step, 'cutoffs', 'shared');
        const user = await lockUser(context, step, start.userId, 'exclusive');
        if (user !== undefined && user.disabled_at !== null) return { status: 'disabled' };
        if (user?.credential_version !== start.credentialVersion) return { status: 'credential-changed' };
        const instant = await readInstant(context, step, start.clientId);
        const cutoff = await endEverySession(context, step, user, { reason: 'password-changed', instant });
        await voidTokens(step, user.id);
        const after = await updateUser(step, user, {
          password_hash: passwordHash,
          credential_version: user.credential_version + 1,
          sessions_cutoff: cutoff,
        });
        const started = await insertSession(context, step, start, { user: after, instant });
        await writeEffects(context, step, { now: instant.now, user: after, before: user }, effects);
        return started;
      });
    },

    async deleteUser(userId, credentialVersion, effects) {
      return transact(context, async (step) => {
        const user = await lockUser(context, step, userId, 'exclusive');
        if (user?.credential_version !== credentialVersion) return 'credential-changed';
        const instant = await readInstant(context, step);
        await endEverySession(context, step, user, { reason: 'deleted', instant });
        await voidTokens(step, userId);
        await step.deleteFrom('outbox').where('user_id', '=', userId).execute();
        await step.deleteFrom('access_tokens').where('user_id', '=', userId).execute();
        await step.deleteFrom('logins').where('user_id', '=', userId).execute();
        await step.deleteFrom('grants').where('user_id', '=', userId).execute();
        await step.deleteFrom('sessions').where('user_id', '=', userId).execute();
        await settleRefusalsOf(step, instant.now, userId);
        await step.updateTable('audit_events').set({ ip: null }).where('user_id', '=', userId).execute();
        await step.deleteFrom('users').where('id', '=', userId).execute();
        await writeEffects(context, step, { now: instant.now, user, before: user }, effects);
        return 'deleted';
      });
    },

    async setSuspended(userId, suspended, effects) {
      return transact(context, async (step) => {
        const user = await lockUser(context, step, userId, 'exclusive');
        if (user === undefined) return undefined;
        if (suspended === (user.disabled_at !== null)) return toUser(user);
        const instant = await readInstant(context, step);
        const after = suspended
          ? await updateUser(step, user, {
              disabled_at: instant.now,
              sessions_cutoff: await endEverySession(context, step, user, { reason: 'suspended', instant }),
            })
          : await updateUser(step, user, { disabled_at: null });
        if (suspended) await voidTokens(step, userId);
        await writeEffects(context, step, { now: instant.now, user: after, before: user }, effects);
        return toUser(after);
      });
    },

    async changeRoles(userId, roles, effects) {
      return transact(context, async (step) => {
        const user = await lockUser(context, step, userId, 'exclusive');
        if (user === undefined) return undefined;
        if (user.roles === JSON.stringify(roles)) return toUser(user);
        const instant = await readInstant(context, step);
        const cutoff = await raiseTokensCutoff(context, step, userId, instant);
        const after = await updateUser(step, user, { roles: JSON.stringify(roles), tokens_cutoff: cutoff });
        await writeEffects(context, step, { now: instant.now, user: after, before: user }, effects);
        return toUser(after);
      });
    },

    async findGrantOfSession(sessionId) {
      const row = await context.db
        .selectFrom('grants')
        .selectAll()
        .where('session_id', '=', sessionId)
        .where('ended_at', 'is', null)
        .orderBy('id', 'desc')
        .executeTakeFirst();
      return row === undefined ? undefined : toGrant(row);
    },
  };
}
