import type { NewAuditEvent } from './account-store.ts';
import { insertAudit } from './audit.ts';
import { equalBytes } from './bytes.ts';
import { type Context, transact } from './context.ts';
import type { Step } from './dialect.ts';
import { type Instant, readInstant } from './instant.ts';
import { judgeRefresh, type RefreshRow } from './judge-refresh.ts';
import { lockGrant, lockSession, lockUser } from './locks.ts';
import { toGrant, toSession, toUser } from './rows.ts';
import { endLockedSession } from './session-end.ts';
import { tokensFrom } from './sessions.ts';
import type { RefreshPresentation, RefreshVerdict, Store } from './store.ts';
import type { GrantRow, SessionRow, UserRow } from './tables.ts';

/** How old `last_used_at` may get before an answer `'same'`, which changes nothing else, writes it. */
const LAST_USED_MS = 60_000;

type Grants = Pick<Store, 'findGrant' | 'presentRefreshCounter'>;

export function grants(context: Context): Grants {
  return {
    async findGrant(grantId) {
      const row = await context.db.selectFrom('grants').selectAll().where('id', '=', grantId).executeTakeFirst();
      return row === undefined ? undefined : toGrant(row);
    },
    presentRefreshCounter: (presentation) => transact(context, (step) => present(context, step, presentation)),
  };
}

/** A grant with all that decides over it, locked. */
interface Locked {
  readonly user: UserRow;
  readonly session: SessionRow;
  readonly grant: GrantRow;
  readonly instant: Instant;
}

async function present(context: Context, step: Step, presentation: RefreshPresentation): Promise<RefreshVerdict> {
  const locked = await lockAll(context, step, presentation.grantId);
  if (locked === undefined) return { status: 'unknown' };
  if (!equalBytes(locked.instant.epoch, presentation.epoch)) return { status: 'epoch' };

  const verdict = judgeRefresh(toRefreshRow(locked), presentation, locked.instant.now);
  switch (verdict) {
    case 'late':
    case 'ended':
    case 'ahead':
      return { status: verdict };
    case 'replayed': {
      const { session, instant } = locked;
      await insertAudit(step, instant.now, [replayed(locked, presentation.ip)]);
      await endLockedSession(context, step, session, { reason: 'replayed', instant });
      return { status: 'replayed', grant: toGrant({ ...locked.grant, ended_at: instant.now }) };
    }
    case 'advanced':
    case 'same':
    case 'retry':
      return {
        status: verdict,
        grant: toGrant(await updateGrant(step, locked, { verdict, presentation })),
        session: toSession(await updateSession(step, locked, { verdict, presentation })),
        user: toUser(locked.user),
        now: locked.instant.now,
        tokensFrom: tokensFrom(locked.user, locked.instant),
      };
  }
}

function replayed({ grant, session }: Locked, ip: string | undefined): NewAuditEvent {
  return {
    event: 'refresh-replayed',
    outcome: 'failure',
    userId: grant.user_id,
    actor: undefined,
    sessionId: session.id,
    clientId: grant.client_id,
    ip,
  };
}

async function lockAll(context: Context, step: Step, grantId: string): Promise<Locked | undefined> {
  // whose it is never changes, so this may be read before the locks, which go from the user down
  const owner = await step
    .selectFrom('grants')
    .select(['user_id', 'session_id', 'client_id'])
    .where('id', '=', grantId)
    .executeTakeFirst();
  if (owner === undefined || owner.session_id === null) return undefined;
  const user = await lockUser(context, step, owner.user_id, 'shared');
  const session = await lockSession(context, step, owner.session_id);
  const grant = await lockGrant(context, step, grantId);
  if (user === undefined || session === undefined || grant === undefined) return undefined;
  return { user, session, grant, instant: await readInstant(context, step, owner.client_id) };
}

function toRefreshRow({ user, session, grant, instant }: Locked): RefreshRow {
  const cutoff = Math.max(user.sessions_cutoff, instant.sessionsCutoff);
  return {
    delivery: grant.delivery,
    counter: grant.counter,
    rotatedAt: grant.rotated_at,
    retryKeyHash: grant.retry_key_hash ?? undefined,
    currentPresentedAt: grant.current_presented_at ?? undefined,
    over:
      grant.ended_at !== null || session.ended_at !== null || user.disabled_at !== null || session.created_at <= cutoff,
    idleExpiresAt: session.idle_expires_at,
    absoluteExpiresAt: session.absolute_expires_at,
  };
}

interface Passed {
  readonly verdict: 'advanced' | 'same' | 'retry';
  readonly presentation: RefreshPresentation;
}

async function updateGrant(step: Step, { grant, instant }: Locked, passed: Passed): Promise<GrantRow> {
  const changes = grantChanges(grant, passed, instant.now);
  if (changes === undefined) return grant;
  const { numUpdatedRows } = await step
    .updateTable('grants')
    .set(changes)
    .where('id', '=', grant.id)
    // the row is locked; if it ever were not, two could not both advance it
    .where('counter', '=', grant.counter)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new Error('unreachable: a locked grant changed');
  return { ...grant, ...changes };
}

function grantChanges(grant: GrantRow, { verdict, presentation }: Passed, now: number): Partial<GrantRow> | undefined {
  switch (verdict) {
    case 'advanced':
      return {
        counter: grant.counter + 1,
        rotated_at: now,
        retry_key_hash: presentation.retryKeyHash ?? null,
        current_presented_at: null,
        secret_id: presentation.secretId,
      };
    case 'same':
      // from here on the one before is never a lost answer
      return grant.current_presented_at === null ? { current_presented_at: now } : undefined;
    case 'retry':
      return grant.retry_key_hash === null && presentation.retryKeyHash !== undefined
        ? { retry_key_hash: presentation.retryKeyHash }
        : undefined;
  }
}

async function updateSession(step: Step, { session, instant }: Locked, passed: Passed): Promise<SessionRow> {
  const { now } = instant;
  if (passed.verdict === 'same' && Math.abs(now - session.last_used_at) < LAST_USED_MS) return session;
  const changes = {
    last_used_at: Math.max(session.last_used_at, now),
    idle_expires_at: Math.min(now + passed.presentation.idleSeconds * 1000, session.absolute_expires_at),
    ip: passed.presentation.ip ?? session.ip,
  };
  await step.updateTable('sessions').set(changes).where('id', '=', session.id).execute();
  return { ...session, ...changes };
}
