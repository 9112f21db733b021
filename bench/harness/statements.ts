// Counts what a process asks its database, where the driver takes it: no matter which library is above.
import { DatabaseSync, StatementSync } from 'node:sqlite';

let statements = 0;

export const countedStatements = (): number => statements;

/** From now on each statement that is run through node:sqlite counts, `begin` and `commit` too. */
export function countSqliteStatements(): void {
  for (const [prototype, names] of [
    [StatementSync.prototype, ['run', 'get', 'all', 'iterate']],
    [DatabaseSync.prototype, ['exec']],
  ] as const)
    for (const name of names) count(prototype, name);
}

/** The same for pg. */
export async function countPostgresStatements(): Promise<void> {
  const { default: pg } = await import('pg');
  count(pg.Client.prototype, 'query');
}

function count(prototype: object, name: string): void {
  const original: unknown = Reflect.get(prototype, name);
  if (typeof original !== 'function') throw new Error(`the driver has no ${name}`);
  Reflect.set(prototype, name, function counted(this: unknown, ...args: unknown[]): unknown {
    statements++;
    const answer: unknown = Reflect.apply(original, this, args);
    return answer;
  });
}
