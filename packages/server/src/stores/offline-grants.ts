import { insertAudit } from './audit.ts';
import { type Context, transact } from './context.ts';
import { readInstant } from './instant.ts';
import { lockGrant, lockUser } from './locks.ts';
import { newGrant } from './new-grant.ts';
import { toGrant, toUser } from './rows.ts';
import { endLockedGrant, endLockedSession, sessionEnded } from './session-end.ts';
import type { Store } from './store.ts';
import { tokensFrom } from './tokens-from.ts';

type OfflineGrants = Pick<Store, 'startOfflineGrant' | 'endGrant' | 'endOtherSessions'>;

export function offlineGrants(context: Context): OfflineGrants {
  return {
    async startOfflineGrant(start) {
      return transact(context, async (step) => {
        await context.dialect.lock(step, 'cutoffs', 'shared');
        const user = await lockUser(context, step, start.userId, 'exclusive');
        if (user === undefined || user.disabled_at !== null) return { status: 'disabled' };
        const instant = await readInstant(context, step, start.clientId);
        // its tokens have no `sid`: what a sessions cut-off compares is the grant's own time
        const time = Math.max(instant.now, user.sessions_cutoff + 1, instant.sessionsCutoff + 1);
        const absolute = instant.now + start.absoluteSeconds * 1000;
        const grant = newGrant(context, start, {
          time,
          rotatedAt: time,
          limits: {
            idleExpiresAt: Math.min(instant.now + start.idleSeconds * 1000, absolute),
            absoluteExpiresAt: absolute,
          },
        });
        await step.insertInto('grants').values(grant).execute();
        return {
          status: 'started',
          grant: toGrant(grant),
          user: toUser(user),
          epoch: instant.epoch,
          now: instant.now,
          tokensFrom: tokensFrom(user, instant, grant.rotated_at),
        };
      });
    },

    async endGrant(userId, grantId) {
      return transact(context, async (step) => {
        await lockUser(context, step, userId, 'exclusive');
        const grant = await lockGrant(context, step, grantId);
        // one with a session ends with it
        if (grant?.user_id !== userId || grant.session_id !== null) return 'unknown';
        await endLockedGrant(context, step, grant, await readInstant(context, step));
        return 'ended';
      });
    },

    async endOtherSessions(userId, sessionId, reason, by) {
      return transact(context, async (step) => {
        await lockUser(context, step, userId, 'exclusive');
        const instant = await readInstant(context, step);
        const others = await step
          .selectFrom('sessions')
          .select(['id', 'ended_at'])
          .where('user_id', '=', userId)
          .where('id', '<>', sessionId)
          .where('ended_at', 'is', null)
          .orderBy('id')
          .execute();
        for (const session of others) await endLockedSession(context, step, session, { reason, instant });
        await insertAudit(
          step,
          instant.now,
          others.map(({ id }) => sessionEnded({ userId, sessionId: id, reason, by })),
        );
        return others.length;
      });
    },
  };
}
