import { generateTimeOrderedId } from '@mapae/jwt';
import type { Effects, NewAuditEvent } from './account-store.ts';
import { insertAudit } from './audit.ts';
import { type Context, nowExpression, transact } from './context.ts';
import type { Step } from './dialect.ts';
import { writeEffects } from './effects.ts';
import { type Instant, readInstant } from './instant.ts';
import { lockSession, lockUser } from './locks.ts';
import { newGrant } from './new-grant.ts';
import { prepare } from './prepared.ts';
import { insertRevocation } from './revocation-rows.ts';
import { toGrant, toSession, toUser } from './rows.ts';
import { endLockedSession } from './session-end.ts';
import { makeRoom } from './session-limit.ts';
import type { EndedBy, EndReason, SessionStart, SessionStarted } from './session-store.ts';
import type { Store } from './store.ts';
import type { SessionRow, UserRow } from './tables.ts';
import { tokensFrom } from './tokens-from.ts';

type Sessions = Pick<
  Store,
  'startSession' | 'listSessions' | 'findSession' | 'findSessionWithUser' | 'endSession' | 'endAllSessions'
>;

export function sessions(context: Context): Sessions {
  return {
    startSession: (start, effects) => startSession(context, start, effects),
    endAllSessions: (userId, reason, by) => endAllSessions(context, userId, { reason, by }),

    async listSessions(userId) {
      const now = nowExpression(context);
      const rows = await context.db
        .selectFrom('sessions')
        .innerJoin('users', 'users.id', 'sessions.user_id')
        .innerJoin('meta', (join) => join.onTrue())
        .selectAll('sessions')
        .where('sessions.user_id', '=', userId)
        .where('sessions.ended_at', 'is', null)
        .where('users.disabled_at', 'is', null)
        .where('sessions.idle_expires_at', '>', now)
        .where('sessions.absolute_expires_at', '>', now)
        .whereRef('sessions.created_at', '>', 'users.sessions_cutoff')
        .whereRef('sessions.created_at', '>', 'meta.sessions_cutoff')
        .orderBy('sessions.created_at', 'desc')
        .orderBy('sessions.id', 'desc')
        .execute();
      return rows.map(toSession);
    },

    async findSession(sessionId) {
      const {
        rows: [row],
      } = await sessionById(context, context.db, { id: sessionId });
      return row === undefined ? undefined : toSession(cutOff(row, row.of_user, row.of_everyone));
    },

    async findSessionWithUser(sessionId) {
      const {
        rows: [row],
      } = await sessionWithUserById(context, context.db, { id: sessionId });
      if (row === undefined) return undefined;
      const user = { ...row, id: row.user_id, created_at: row.user_since, sessions_cutoff: row.of_user };
      return { session: toSession(cutOff(row, row.of_user, row.of_everyone)), user: toUser(user) };
    },

    async endSession(userId, sessionId, reason, by) {
      return transact(context, async (step) => {
        await lockUser(context, step, userId, 'shared');
        const session = await lockSession(context, step, sessionId);
        if (session?.user_id !== userId) return 'unknown';
        const instant = await readInstant(context, step);
        if (session.ended_at === null)
          await insertAudit(step, instant.now, [ended('session-ended', session, reason, by)]);
        await endLockedSession(context, step, session, { reason, instant });
        return 'ended';
      });
    },
  };
}

const sessionById = prepare(({ db }, { id }: Pick<SessionRow, 'id'>) =>
  db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .innerJoin('meta', (join) => join.onTrue())
    .selectAll('sessions')
    .select(['users.sessions_cutoff as of_user', 'meta.sessions_cutoff as of_everyone'])
    .where('sessions.id', '=', id),
);

const sessionWithUserById = prepare(({ db }, { id }: Pick<SessionRow, 'id'>) =>
  db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .innerJoin('meta', (join) => join.onTrue())
    .selectAll('sessions')
    .select(['email', 'email_verified_at', 'password_hash', 'credential_version', 'name', 'picture', 'locale', 'roles'])
    .select(['users.created_at as user_since', 'disabled_at', 'users.tokens_cutoff', 'first_signed_in_at'])
    .select(['users.sessions_cutoff as of_user', 'meta.sessions_cutoff as of_everyone'])
    .where('sessions.id', '=', id),
);

/** A cut-off of everyone writes no session's row: what it ended is seen by its time. */
function cutOff(session: SessionRow, ofUser: number, ofEveryone: number): SessionRow {
  if (session.ended_at !== null) return session;
  if (session.created_at <= ofEveryone) return { ...session, ended_at: ofEveryone, end_reason: 'restored' };
  if (session.created_at <= ofUser) return { ...session, ended_at: ofUser, end_reason: 'admin' };
  return session;
}

async function startSession(
  context: Context,
  start: SessionStart,
  effects: Effects | undefined,
): ReturnType<Store['startSession']> {
  return transact(context, async (step) => {
    await context.dialect.lock(step, 'cutoffs', 'shared');
    const user = await lockUser(context, step, start.userId, 'exclusive');
    if (user !== undefined && user.disabled_at !== null) return { status: 'disabled' };
    if (user?.credential_version !== start.credentialVersion) return { status: 'credential-changed' };

    const instant = await readInstant(context, step, start.clientId);
    const started = await insertSession(context, step, start, { user, instant });
    await insertAudit(step, instant.now, [
      {
        event: 'sign-in',
        outcome: 'success',
        userId: user.id,
        actor: user.id,
        sessionId: started.session.id,
        clientId: start.clientId,
        ip: start.ip,
        reason: start.amr.join(' '),
      },
    ]);
    if (user.first_signed_in_at === null)
      await step.updateTable('users').set({ first_signed_in_at: instant.now }).where('id', '=', user.id).execute();
    await writeEffects(context, step, { now: instant.now, user, before: user }, effects);
    return started;
  });
}

/** Starts a session of a user that this step has locked, whose credential it has checked. */
export async function insertSession(
  context: Context,
  step: Step,
  start: SessionStart,
  { user, instant }: { readonly user: UserRow; readonly instant: Instant },
): Promise<SessionStarted> {
  if (start.sessionLimit !== undefined) await makeRoom(context, step, user.id, { limit: start.sessionLimit, instant });
  // strictly after every cut-off there was, also where the clock stands still or went back
  const time = Math.max(instant.now, user.sessions_cutoff + 1, instant.sessionsCutoff + 1);
  const session = newSession(context, start, { time, instant });
  const grant = newGrant(context, start, { time, rotatedAt: instant.now, sessionId: session.id });
  await step.insertInto('sessions').values(session).execute();
  await step.insertInto('grants').values(grant).execute();
  return {
    status: 'started',
    session: toSession(session),
    grant: toGrant(grant),
    user: toUser(user),
    epoch: instant.epoch,
    now: instant.now,
    tokensFrom: tokensFrom(user, instant, session.last_used_at),
  };
}

interface Birth {
  readonly time: number;
  readonly instant: Instant;
}

function newSession(context: Context, start: SessionStart, { time, instant }: Birth): SessionRow {
  const absolute = instant.now + start.absoluteSeconds * 1000;
  return {
    id: generateTimeOrderedId(time, context.random),
    user_id: start.userId,
    created_at: time,
    last_used_at: time,
    idle_expires_at: Math.min(instant.now + start.idleSeconds * 1000, absolute),
    absolute_expires_at: absolute,
    ended_at: null,
    end_reason: null,
    device: start.device ?? null,
    user_agent: start.userAgent ?? null,
    ip: start.ip ?? null,
    amr: JSON.stringify(start.amr),
  };
}

async function endAllSessions(
  context: Context,
  userId: string,
  { reason, by }: { readonly reason: EndReason; readonly by: EndedBy | undefined },
): ReturnType<Store['endAllSessions']> {
  return transact(context, async (step) => {
    const user = await lockUser(context, step, userId, 'exclusive');
    const instant = await readInstant(context, step);
    const of = { id: userId, sessions_cutoff: user?.sessions_cutoff ?? 0 };
    const cutoff = await endEverySession(context, step, of, { reason, instant });
    await insertAudit(step, instant.now, [ended('sessions-ended', { user_id: userId }, reason, by)]);
    return { cutoff };
  });
}

/**
 * Ends every session of a user that this step has locked, and writes the cut-off as a revocation.
 *
 * @returns The cut-off, which is on the user's row as well.
 */
export async function endEverySession(
  context: Context,
  step: Step,
  { id, sessions_cutoff }: Pick<UserRow, 'id' | 'sessions_cutoff'>,
  { reason, instant }: { readonly reason: EndReason; readonly instant: Instant },
): Promise<number> {
  const newest = Math.max(await newestSession(step, id), await newestOffline(step, id));
  const cutoff = Math.max(instant.now, newest, sessions_cutoff);
  await step.updateTable('users').set({ sessions_cutoff: cutoff }).where('id', '=', id).execute();
  await step
    .updateTable('sessions')
    .set({ ended_at: instant.now, end_reason: reason })
    .where('user_id', '=', id)
    .where('ended_at', 'is', null)
    .execute();
  await step
    .updateTable('grants')
    .set({ ended_at: instant.now })
    .where('user_id', '=', id)
    .where('ended_at', 'is', null)
    .execute();
  await insertRevocation(context, step, instant, { code: 4, value: id, before: cutoff });
  return cutoff;
}

function ended(
  event: 'session-ended' | 'sessions-ended',
  session: Pick<SessionRow, 'user_id'> & Partial<SessionRow>,
  reason: EndReason,
  by: EndedBy | undefined,
): NewAuditEvent {
  return {
    event: reason === 'sign-out' ? 'sign-out' : event,
    outcome: 'success',
    userId: session.user_id,
    actor: by?.actor,
    sessionId: session.id,
    ip: by?.ip,
    reason,
  };
}

/** When the counter of a grant without a session last moved: no token of it is later. 0 where there is none. */
async function newestOffline(step: Step, userId: string): Promise<number> {
  const row = await step
    .selectFrom('grants')
    .select((e) => e.fn.max('rotated_at').as('time'))
    .where('user_id', '=', userId)
    .where('session_id', 'is', null)
    .executeTakeFirst();
  return row?.time ?? 0;
}

/** Time of the newest session, of a user or of all, 0 where there is none. */
export async function newestSession(step: Step, userId?: string): Promise<number> {
  const row = await step
    .selectFrom('sessions')
    .select((e) => e.fn.max('created_at').as('time'))
    .$if(userId !== undefined, (query) => query.where('user_id', '=', userId ?? ''))
    .executeTakeFirst();
  return row?.time ?? 0;
}
