import { AsyncLocalStorage } from 'node:async_hooks';
import type { StoreDialect } from '../../src/stores/dialect.ts';
import { StoreFailed } from '../../src/stores/store.ts';
import { type Gate, withGate } from './gated-dialect.ts';

/** Before: the statement does not reach the database. After: it does, and its answer is lost. */
export type When = 'before' | 'after';

/** Counts statements and lets one of them fail. */
export class Fault implements Gate {
  readonly #watched = new AsyncLocalStorage<Watch>();
  #at = 0;
  #when: When = 'before';
  #count = 0;
  #always = false;
  /** Text of every statement since this was last emptied; begin and commit are not among them. */
  readonly statements: string[] = [];

  /** Whether every statement fails, as with a database that is gone. */
  failAlways(on: boolean): void {
    this.#always = on;
  }

  failAt(n: number, when: When): void {
    this.#at = n;
    this.#when = when;
    this.#count = 0;
  }

  count(): number {
    return this.#count;
  }

  /**
   * Lets the n-th statement fail of those that this work sends; what runs in the background is neither counted nor failed.
   *
   * @returns What the work did, and the text of the statement, where it was reached.
   */
  async during<T>(
    n: number,
    when: When,
    work: () => Promise<T>,
  ): Promise<{ readonly result: T; readonly hit?: string }> {
    const watch: Watch = { left: n, when };
    const result = await this.#watched.run(watch, work);
    return watch.hit === undefined ? { result } : { result, hit: watch.hit };
  }

  async pass<T>(sql: string, statement: () => Promise<T>): Promise<T> {
    if (sql !== 'begin' && sql !== 'commit') this.statements.push(sql);
    this.#count += 1;
    if (this.#always) throw new StoreFailed('the database is gone');
    const when = this.#count === this.#at ? this.#when : this.#reached(sql);
    if (when === 'before') throw new StoreFailed('a fault before the statement');
    const result = await statement();
    if (when === 'after') throw new StoreFailed('a fault after the statement');
    return result;
  }

  #reached(sql: string): When | undefined {
    const watch = this.#watched.getStore();
    if (watch === undefined) return undefined;
    watch.left -= 1;
    if (watch.left !== 0) return undefined;
    watch.hit = sql;
    return watch.when;
  }
}

interface Watch {
  left: number;
  readonly when: When;
  hit?: string;
}

export function withFault(dialect: StoreDialect, fault: Fault): StoreDialect {
  return { ...dialect, kysely: withGate(dialect.kysely, fault) };
}
