import type { NewAuditEvent } from './account-store.ts';
import { insertAudit } from './audit.ts';
import { equalBytes } from './bytes.ts';
import { type Context, retryConflicts, transact } from './context.ts';
import type { Step } from './dialect.ts';
import { writeEffects } from './effects.ts';
import type { Grant, RefreshPresentation, RefreshVerdict } from './grant-store.ts';
import { type Instant, readInstant } from './instant.ts';
import { type Judgement, judgeRefresh, type RefreshRow } from './judge-refresh.ts';
import { lockGrant, lockSession, lockUser } from './locks.ts';
import { prepare } from './prepared.ts';
import { grantChanges, type Passed, sessionChanges } from './refresh-changes.ts';
import { callRefreshFunction } from './refresh-function.ts';
import { toGrant, toSession, toUser } from './rows.ts';
import { endLockedGrant, endLockedSession } from './session-end.ts';
import type { Store } from './store.ts';
import type { GrantRow, SessionRow, UserRow } from './tables.ts';
import { tokensFrom } from './tokens-from.ts';

type Grants = Pick<Store, 'findGrant' | 'presentRefreshCounter'>;

export function grants(context: Context): Grants {
  return {
    async findGrant(grantId) {
      const row = await context.db.selectFrom('grants').selectAll().where('id', '=', grantId).executeTakeFirst();
      return row === undefined ? undefined : toGrant(row);
    },
    async presentRefreshCounter(presentation) {
      const verdict = context.dialect.refreshFunction ? await callFunction(context, presentation) : undefined;
      return verdict ?? transact(context, (step) => present(context, step, presentation));
    },
  };
}

/** @returns undefined for what a step of its own has to judge again and act on: a replay, and a target that it is not for. */
async function callFunction(context: Context, presentation: RefreshPresentation): Promise<RefreshVerdict | undefined> {
  const { rows } = await retryConflicts(context, () =>
    // on a connection that is there already: how long the request waited is read for the call, and getting one can take a while
    context.db
      .connection()
      .execute((connection) =>
        callRefreshFunction(
          presentation,
          typeof context.now === 'function' ? Math.floor(context.now()) : undefined,
        ).execute(connection),
      ),
  );
  const [row] = rows;
  // no such grant, or not for this: the step that judges again says which
  if (row === undefined) return undefined;
  const { verdict } = row;
  switch (verdict) {
    case 'advanced':
    case 'same':
    case 'retry': {
      const { grant_row: grant, session_row: session, user_row: user } = row;
      if (grant === null || user === null) throw new Error('unreachable: a verdict that passes has its rows');
      return {
        status: verdict,
        grant: toGrant(grant),
        session: session === null ? undefined : toSession(session),
        user: toUser(user),
        now: row.taken_at,
        tokensFrom: row.tokens_from,
      };
    }
    case 'replayed':
      return undefined;
    default:
      return { status: verdict };
  }
}

/** A grant with all that decides over it, locked. */
interface Locked {
  readonly user: UserRow;
  /** None where the grant outlives its session. */
  readonly session: SessionRow | undefined;
  readonly grant: GrantRow;
  readonly instant: Instant;
}

async function present(context: Context, step: Step, presentation: RefreshPresentation): Promise<RefreshVerdict> {
  const locked = await lockAll(context, step, presentation.grantId);
  if (locked === undefined) return { status: 'unknown' };
  if (!equalBytes(locked.instant.epoch, presentation.epoch)) return { status: 'epoch' };
  // nothing is spent by a request for what the grant is not for
  const beyond = findBeyond(toGrant(locked.grant), presentation.target);
  if (beyond !== undefined) return { status: beyond };
  const verdict = judgeRefresh(toRefreshRow(locked), presentation, locked.instant.now);
  return isPassed(verdict)
    ? pass(context, step, locked, { verdict, presentation })
    : refuse(context, step, locked, { verdict, presentation });
}

/** RFC 8707 §2.2, RFC 6749 §6: a refresh may ask for less than was granted, and for nothing else. */
function findBeyond(
  { resources, scope }: Grant,
  target: RefreshPresentation['target'],
): 'target' | 'scope' | undefined {
  if (target === undefined) return undefined;
  if (resources.length > 0 && !resources.includes(target.audience)) return 'target';
  return target.scopes.every((one) => scope.includes(one)) ? undefined : 'scope';
}

function isPassed(verdict: Judgement): verdict is Passed['verdict'] {
  return verdict === 'advanced' || verdict === 'same' || verdict === 'retry';
}

async function pass(
  context: Context,
  step: Step,
  { user, session, grant, instant }: Locked,
  passed: Passed,
): Promise<RefreshVerdict> {
  const grantAfter = await updateGrant(context, step, grant, grantChanges(grant, passed, instant.now));
  const sessionAfter =
    session && (await updateSession(context, step, session, sessionChanges(session, passed, instant.now)));
  return {
    status: passed.verdict,
    grant: toGrant(grantAfter),
    session: sessionAfter && toSession(sessionAfter),
    user: toUser(user),
    now: instant.now,
    tokensFrom: tokensFrom(user, instant, sessionAfter?.last_used_at ?? grantAfter.rotated_at),
  };
}

interface Refused {
  readonly verdict: Exclude<Judgement, Passed['verdict']>;
  readonly presentation: RefreshPresentation;
}

async function refuse(
  context: Context,
  step: Step,
  locked: Locked,
  { verdict, presentation }: Refused,
): Promise<RefreshVerdict> {
  if (verdict !== 'replayed') return { status: verdict };
  const { user, session, grant, instant } = locked;
  await insertAudit(step, instant.now, [replayed(locked, presentation.ip)]);
  await writeEffects(context, step, { now: instant.now, user, before: user }, presentation.ifReplayed);
  if (session === undefined) await endLockedGrant(context, step, grant, instant);
  else await endLockedSession(context, step, session, { reason: 'replayed', instant });
  return { status: 'replayed', grant: toGrant({ ...grant, ended_at: instant.now }) };
}

function replayed({ grant, session }: Locked, ip: string | undefined): NewAuditEvent {
  return {
    event: 'refresh-replayed',
    outcome: 'failure',
    userId: grant.user_id,
    actor: undefined,
    sessionId: session?.id,
    clientId: grant.client_id,
    ip,
  };
}

const unlockedGrant = prepare(({ db }, { id }: Pick<GrantRow, 'id'>) =>
  db.selectFrom('grants').selectAll().where('id', '=', id),
);

async function lockAll(context: Context, step: Step, grantId: string): Promise<Locked | undefined> {
  await context.dialect.lock(step, 'cutoffs', 'shared');
  // whose it is never changes, so this may be read before the locks, which go from the user down
  const {
    rows: [owner],
  } = await unlockedGrant(context, step, { id: grantId });
  if (owner === undefined) return undefined;
  const user = await lockUser(context, step, owner.user_id, 'shared');
  const session = owner.session_id === null ? undefined : await lockSession(context, step, owner.session_id);
  const grant = context.dialect.rowLocks ? await lockGrant(context, step, grantId) : owner;
  if (user === undefined || grant === undefined) return undefined;
  return { user, session, grant, instant: await readInstant(context, step, owner.client_id) };
}

function toRefreshRow({ user, session, grant, instant }: Locked): RefreshRow {
  const cutoff = Math.max(user.sessions_cutoff, instant.sessionsCutoff);
  const ended = grant.ended_at !== null || (session !== undefined && session.ended_at !== null);
  return {
    delivery: grant.delivery,
    counter: grant.counter,
    rotatedAt: grant.rotated_at,
    retryKeyHash: grant.retry_key_hash ?? undefined,
    currentPresentedAt: grant.current_presented_at ?? undefined,
    over: ended || user.disabled_at !== null || (session ?? grant).created_at <= cutoff,
    idleExpiresAt: (session ?? grant).idle_expires_at ?? 0,
    absoluteExpiresAt: (session ?? grant).absolute_expires_at ?? 0,
  };
}

// The same statements for every verdict: what it leaves as it is, is written as it was.

const writeGrant = prepare(({ db }, after: GrantRow & { readonly before: number }) =>
  db
    .updateTable('grants')
    .set({
      counter: after.counter,
      rotated_at: after.rotated_at,
      retry_key_hash: after.retry_key_hash,
      current_presented_at: after.current_presented_at,
      secret_id: after.secret_id,
      idle_expires_at: after.idle_expires_at,
    })
    .where('id', '=', after.id)
    // the row is locked; if it ever were not, two could not both advance it
    .where('counter', '=', after.before),
);

const writeSession = prepare(({ db }, after: SessionRow) =>
  db
    .updateTable('sessions')
    .set({ last_used_at: after.last_used_at, idle_expires_at: after.idle_expires_at, ip: after.ip })
    .where('id', '=', after.id),
);

async function updateGrant(
  context: Context,
  step: Step,
  grant: GrantRow,
  changes: Partial<GrantRow> | undefined,
): Promise<GrantRow> {
  if (changes === undefined) return grant;
  const after = { ...grant, ...changes };
  const { numAffectedRows } = await writeGrant(context, step, { ...after, before: grant.counter });
  if (numAffectedRows !== 1n) throw new Error('unreachable: a locked grant changed');
  return after;
}

async function updateSession(
  context: Context,
  step: Step,
  session: SessionRow,
  changes: Partial<SessionRow> | undefined,
): Promise<SessionRow> {
  if (changes === undefined) return session;
  const after = { ...session, ...changes };
  await writeSession(context, step, after);
  return after;
}
