import { type RawBuilder, sql } from 'kysely';
import type { Db, Step, StoreDialect } from './dialect.ts';

/** Tries of a step that others were in the way of. With locks taken in one order the second is not needed. */
const TRIES = 3;

/** What the parts of a store share. */
export interface Context {
  readonly db: Db;
  readonly dialect: StoreDialect;
  readonly issuer: string;
  readonly random: (bytes: number) => Uint8Array;
  /** Milliseconds since 1970; or an expression of them, by the database's clock. */
  readonly now: (() => number) | RawBuilder<number>;
}

/** Now by the store's clock, as an expression of whole milliseconds. */
export function nowExpression({ now }: Context): RawBuilder<number> {
  // the cast, because PostgreSQL takes a bare parameter for text
  return typeof now === 'function' ? sql<number>`cast(${Math.floor(now())} as bigint)` : now;
}

/**
 * Does a step whole or not at all. Resolves after the commit.
 *
 * Locks are taken in one order everywhere: named locks, user, session, grant.
 *
 * @param work  May run again from the start when a deadlock or a serialization failure threw it out; must have no
 *   effect but on the database.
 */
export async function transact<T>(context: Context, work: (step: Step) => Promise<T>): Promise<T> {
  return retryConflicts(context, () => context.db.transaction().execute(work));
}

/** Does what is one step by itself, again where a deadlock or a serialization failure threw it out. */
export async function retryConflicts<T>(context: Context, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === TRIES || !context.dialect.isConflict(error)) throw error;
    }
  }
}
