import { sql } from 'kysely';
import { insertAudit } from './audit.ts';
import { type Context, transact } from './context.ts';
import type { Step } from './dialect.ts';
import { type Instant, readInstant } from './instant.ts';
import { lockUser } from './locks.ts';
import { cutOffEvent } from './revocation-events.ts';
import { insertRevocation } from './revocation-rows.ts';
import type { RevocationCode } from './revocation-store.ts';
import type { CutOffTarget, EndedBy } from './session-store.ts';
import { endEverySession, newestSession } from './sessions.ts';
import type { Store } from './store.ts';
import { raiseTokensCutoff } from './tokens-cutoff.ts';

type CutOffs = Pick<Store, 'cutOff'>;

const CODE: Readonly<Record<'client' | 'everyone', Readonly<Record<'sessions' | 'tokens', RevocationCode>>>> = {
  client: { sessions: 5, tokens: 8 },
  everyone: { sessions: 6, tokens: 9 },
};

/** Ends what was made until now and nothing that is made after it, in the order of locks and not of clocks. */
export function cutOffs(context: Context): CutOffs {
  return {
    cutOff: (of, target, by) =>
      transact(context, (step) =>
        target.kind === 'subject'
          ? cutOffSubject(context, step, of, { userId: target.id, by })
          : cutOffMany(context, step, of, { target, by }),
      ),
  };
}

async function cutOffSubject(
  context: Context,
  step: Step,
  of: 'sessions' | 'tokens',
  { userId, by }: { readonly userId: string; readonly by: EndedBy | undefined },
): Promise<number> {
  const user = await lockUser(context, step, userId, 'exclusive');
  const instant = await readInstant(context, step);
  if (user === undefined) return instant.now;
  await insertAudit(step, instant.now, [cutOffEvent(of, { kind: 'subject', id: userId }, { reason: 'admin', by })]);
  return of === 'sessions'
    ? endEverySession(context, step, user, { reason: 'admin', instant })
    : raiseTokensCutoff(context, step, userId, instant);
}

/** Exclusive: no refresh and no sign-in is half way, so what they made is in the rows and what they will make is later. */
async function cutOffMany(
  context: Context,
  step: Step,
  of: 'sessions' | 'tokens',
  {
    target,
    by,
  }: {
    readonly target: Extract<CutOffTarget, { readonly kind: 'client' | 'everyone' }>;
    readonly by: EndedBy | undefined;
  },
): Promise<number> {
  await context.dialect.lock(step, 'cutoffs', 'exclusive');
  const value = target.kind === 'client' ? target.id : '';
  const instant = await readInstant(context, step, value);
  const cutoff = Math.max(instant.now, before(of, instant) + 1, await newestSession(step));
  const column = `${of}_cutoff` as const;
  if (target.kind === 'everyone') {
    await step
      .updateTable('meta')
      .set({ [column]: cutoff })
      .execute();
  } else {
    await sql`insert into client_cutoffs (client_id, sessions_cutoff, tokens_cutoff)
      values (${value}, ${of === 'sessions' ? cutoff : 0}, ${of === 'tokens' ? cutoff : 0})
      on conflict (client_id) do update set ${sql.ref(column)} = ${cutoff}`.execute(step);
  }
  await insertRevocation(context, step, instant, { code: CODE[target.kind][of], value, before: cutoff });
  await insertAudit(step, instant.now, [cutOffEvent(of, target, { reason: 'admin', by })]);
  return cutoff;
}

function before(of: 'sessions' | 'tokens', { sessionsCutoff, tokensCutoff }: Instant): number {
  return of === 'sessions' ? sessionsCutoff : tokensCutoff;
}
