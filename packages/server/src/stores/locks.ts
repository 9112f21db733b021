import type { Context } from './context.ts';
import type { Step } from './dialect.ts';
import type { GrantRow, SessionRow, UserRow } from './tables.ts';

// Reading and locking rows, in the order that every step keeps: user, session, grant. Where rows can't be locked one by
// one, the step has the database to itself already.

/** `shared` keeps the row as it is and lets others share it; `exclusive` is for changing it, or what hangs on it. */
export async function lockUser(
  context: Context,
  step: Step,
  id: string,
  mode: 'shared' | 'exclusive',
): Promise<UserRow | undefined> {
  return step
    .selectFrom('users')
    .selectAll()
    .where('id', '=', id)
    .$if(context.dialect.rowLocks && mode === 'shared', (query) => query.forShare())
    .$if(context.dialect.rowLocks && mode === 'exclusive', (query) => query.forUpdate())
    .executeTakeFirst();
}

export async function lockSession(context: Context, step: Step, id: string): Promise<SessionRow | undefined> {
  return step
    .selectFrom('sessions')
    .selectAll()
    .where('id', '=', id)
    .$if(context.dialect.rowLocks, (query) => query.forUpdate())
    .executeTakeFirst();
}

export async function lockGrant(context: Context, step: Step, id: string): Promise<GrantRow | undefined> {
  return step
    .selectFrom('grants')
    .selectAll()
    .where('id', '=', id)
    .$if(context.dialect.rowLocks, (query) => query.forUpdate())
    .executeTakeFirst();
}
