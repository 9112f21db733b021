import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult, SqliteDatabase } from 'kysely';
import { StoreFailed } from './store.ts';

/** Units that share one COMMIT at most: what waits behind them must not wait for long. */
const LARGEST_GROUP = 64;
/** Beyond what SQLite waits inside a call, the wait is a timer's, and others are served meanwhile. */
export const BUSY_RETRY_MS = 15;
export const BUSY_LIMIT_MS = 1_900;
/** Not looked at for so long, a lock found held is another spell. */
const SPELL_GAP_MS = 250;

/** What the driver needs of a database beside its statements. */
export interface GroupDatabase {
  readonly statements: SqliteDatabase;
  readonly raw: Pick<DatabaseSync, 'exec' | 'isTransaction' | 'close'>;
  isBusy(error: unknown): boolean;
  failed(error: unknown): StoreFailed;
  /** Hears each statement before it runs, the transaction's own too. */
  readonly trace: ((sql: string) => void) | undefined;
}

/**
 * Group commit: one connection, whose transaction is a savepoint. Units that are there when one ends, or that come with the
 * same turn of the event loop, go into one transaction; their answers leave after its COMMIT. A failed COMMIT fails all of them.
 *
 * `begin immediate`: what reads and then writes can't fail with SQLITE_BUSY_SNAPSHOT, and once begun it waits for nobody.
 * A statement outside of a unit never sees what is not committed.
 */
export class SqliteGroupDriver implements Driver {
  readonly #db: GroupDatabase;
  readonly #waiting: ((unit: Unit) => void)[] = [];
  #held = false;
  #group: Group | undefined;
  /** A spell of another process holding the lock. Those who queue behind don't wait the whole time once more. */
  #busy: { readonly since: number; seen: number } | undefined;

  constructor(db: GroupDatabase) {
    this.#db = db;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<Unit> {
    if (this.#held) return new Promise((resolve) => void this.#waiting.push(resolve));
    this.#held = true;
    return this.#newUnit();
  }

  async beginTransaction(unit: Unit): Promise<void> {
    const group = this.#group ?? (await this.#begin());
    this.#group = group;
    try {
      this.#exec('savepoint unit');
    } catch (error) {
      // nobody else may come to end it
      this.#commit(group);
      throw error;
    }
    unit.group = group;
  }

  async commitTransaction(unit: Unit): Promise<void> {
    const group = this.#groupOf(unit);
    this.#exec('release unit');
    unit.group = undefined;
    await this.#leave(unit, group);
    await group.committed;
  }

  async rollbackTransaction(unit: Unit): Promise<void> {
    const { group } = unit;
    if (group === undefined) return;
    unit.group = undefined;
    // a full disk or an I/O error rolls the whole transaction back, and what others had done in it is gone as well
    if (!this.#db.raw.isTransaction) this.#lose(group, new StoreFailed('SQLite rolled the transaction back'));
    else this.#exec('rollback to unit; release unit');
    await this.#leave(unit, group);
  }

  async releaseConnection(unit: Unit): Promise<void> {
    if (!unit.left) this.#passOn(unit);
  }

  async destroy(): Promise<void> {
    if (this.#db.raw.isTransaction) this.#db.raw.exec('rollback');
    this.#db.statements.close();
  }

  async #begin(): Promise<Group> {
    for (;;) {
      try {
        this.#exec('begin immediate');
        this.#busy = undefined;
        return new Group();
      } catch (error) {
        if (!this.#db.isBusy(error) || this.#hasWaited()) throw error;
      }
      await sleep(BUSY_RETRY_MS);
    }
  }

  /** The unit is done: the next one joins the group, or the group is committed where none comes. */
  async #leave(unit: Unit, group: Group): Promise<void> {
    group.size += 1;
    if (this.#waiting.length === 0) await nextTurn();
    // whoever goes next commits, once its unit is done
    if (this.#waiting.length === 0 || group.size >= LARGEST_GROUP) this.#commit(group);
    this.#passOn(unit);
  }

  #commit(group: Group): void {
    if (this.#group !== group) return;
    this.#group = undefined;
    try {
      this.#exec('commit');
      group.settle();
    } catch (error) {
      if (this.#db.raw.isTransaction) this.#db.raw.exec('rollback');
      group.settle(error);
    }
  }

  #lose(group: Group, error: StoreFailed): void {
    if (this.#group === group) this.#group = undefined;
    group.settle(error);
  }

  #passOn(unit: Unit): void {
    unit.left = true;
    const next = this.#waiting.shift();
    if (next === undefined) this.#held = false;
    else next(this.#newUnit());
  }

  #newUnit(): Unit {
    return new Unit(this.#db, () => {
      // a read by itself: what the group did so far is committed first, so that nobody sees what may still fail
      if (this.#group !== undefined) this.#commit(this.#group);
    });
  }

  #groupOf({ group }: Unit): Group {
    if (group === undefined || this.#group !== group) throw new StoreFailed('SQLite: the transaction is gone');
    return group;
  }

  #exec(sql: string): void {
    this.#db.trace?.(sql);
    try {
      this.#db.raw.exec(sql);
    } catch (error) {
      throw this.#db.failed(error);
    }
  }

  #hasWaited(): boolean {
    const now = performance.now();
    if (this.#busy === undefined || now - this.#busy.seen > SPELL_GAP_MS) this.#busy = { since: now, seen: now };
    this.#busy.seen = now;
    return now - this.#busy.since >= BUSY_LIMIT_MS;
  }
}

/** Units that share a COMMIT. */
class Group {
  size = 0;
  readonly committed: Promise<void>;
  readonly #settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void };

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.committed = promise;
    this.#settle = { resolve, reject };
    // a group whose only unit was rolled back has nobody who listens
    promise.catch(() => {});
  }

  settle(error?: unknown): void {
    if (error === undefined) this.#settle.resolve();
    else this.#settle.reject(error);
  }
}

/** A turn on the connection: a unit of work, or one statement by itself. */
class Unit implements DatabaseConnection {
  group: Group | undefined;
  left = false;
  readonly #db: GroupDatabase;
  readonly #settleFirst: () => void;

  constructor(db: GroupDatabase, settleFirst: () => void) {
    this.#db = db;
    this.#settleFirst = settleFirst;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    if (this.group === undefined) this.#settleFirst();
    // a statement that ended the transaction (a full disk) must not be followed by one that commits by itself
    else if (!this.#db.raw.isTransaction) throw new StoreFailed('SQLite rolled the transaction back');
    this.#db.trace?.(sql);
    const statement = this.#db.statements.prepare(sql);
    if (statement.reader) return { rows: statement.all(parameters) as R[] };
    const { changes, lastInsertRowid } = statement.run(parameters);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  // biome-ignore lint/correctness/useYield: Kysely asks for the member; no store streams rows
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('unreachable: no store streams rows');
  }
}
