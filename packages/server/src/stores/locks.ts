import type { Context } from './context.ts';
import type { Step } from './dialect.ts';
import { prepare } from './prepared.ts';
import type { GrantRow, SessionRow, UserRow } from './tables.ts';

// Reading and locking rows, in the order that every step keeps: user, session, grant. Where rows can't be locked one by
// one, the step has the database to itself already.

interface Named {
  readonly id: string;
}

const userShared = prepare(({ db, dialect }, { id }: Named) =>
  db
    .selectFrom('users')
    .selectAll()
    .where('id', '=', id)
    .$if(dialect.rowLocks, (query) => query.forShare()),
);
const userExclusive = prepare(({ db, dialect }, { id }: Named) =>
  db
    .selectFrom('users')
    .selectAll()
    .where('id', '=', id)
    .$if(dialect.rowLocks, (query) => query.forUpdate()),
);
const session = prepare(({ db, dialect }, { id }: Named) =>
  db
    .selectFrom('sessions')
    .selectAll()
    .where('id', '=', id)
    .$if(dialect.rowLocks, (query) => query.forUpdate()),
);
const grant = prepare(({ db, dialect }, { id }: Named) =>
  db
    .selectFrom('grants')
    .selectAll()
    .where('id', '=', id)
    .$if(dialect.rowLocks, (query) => query.forUpdate()),
);

/** `shared` keeps the row as it is and lets others share it; `exclusive` is for changing it, or what hangs on it. */
export async function lockUser(
  context: Context,
  step: Step,
  id: string,
  mode: 'shared' | 'exclusive',
): Promise<UserRow | undefined> {
  const { rows } = await (mode === 'shared' ? userShared : userExclusive)(context, step, { id });
  return rows[0];
}

export async function lockSession(context: Context, step: Step, id: string): Promise<SessionRow | undefined> {
  const { rows } = await session(context, step, { id });
  return rows[0];
}

export async function lockGrant(context: Context, step: Step, id: string): Promise<GrantRow | undefined> {
  const { rows } = await grant(context, step, { id });
  return rows[0];
}
