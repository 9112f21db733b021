import type { Dialect, Kysely, RawBuilder, Transaction } from 'kysely';
import type { Tables } from './tables.ts';

export type Db = Kysely<Tables>;
export type Step = Transaction<Tables>;

/** Names of the locks that whole-database steps take. Numbers are for ever: two versions may run side by side. */
export const LOCKS = {
  /** Shared by what starts or ends a user's sessions, exclusive for what moves a cut-off of everyone or a client. */
  cutoffs: 1,
  publish: 2,
  signingKeys: 3,
  migrate: 4,
  secrets: 5,
} as const;

export type Lock = keyof typeof LOCKS;

/** All in which SQLite and PostgreSQL differ for a store. */
export interface StoreDialect {
  readonly kysely: Dialect;
  /** The same database for a migration, which may take minutes. Its resources are those of `kysely`, freed with it. */
  readonly patient: Dialect;
  /** A database of their own for rate limits, which wait for no disk. Where there is none, an unlogged table in this one. */
  readonly limits?: Dialect;
  /** Whether statements run in this process's own thread, and hold everybody up for as long. */
  readonly isEmbedded: boolean;
  /** Whether rows are locked one by one. If not, a step has the whole database to itself. */
  readonly rowLocks: boolean;
  /** Now by the database's clock, as an expression of milliseconds since 1970 that is evaluated when the statement runs; or the process's clock. */
  readonly now: RawBuilder<number> | (() => number);
  /** Takes a lock until the end of the step. Must be a statement of its own: the next one sees what the holder left. */
  lock(step: Step, name: Lock, mode: 'exclusive' | 'shared'): Promise<void>;
  /** A value that differs from the last whenever something was committed in between. */
  version(db: Db): Promise<string>;
  hasTable(db: Db | Step, name: string): Promise<boolean>;
  /** Whether a step failed only because another was in its way, so that doing it again is the answer. */
  isConflict(error: unknown): boolean;
  /** Whether `presentRefreshCounter` is a function in the database. */
  readonly refreshFunction: boolean;
  readonly columns: {
    readonly bytes: RawBuilder<unknown>;
    readonly sequence: RawBuilder<unknown>;
    /** The word for a table whose rows a crash may lose; undefined where rate limits have a database of their own. */
    readonly unlogged?: RawBuilder<unknown>;
    /** Statements that make what only this database has. */
    readonly functions: readonly RawBuilder<unknown>[];
  };
}
