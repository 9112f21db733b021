import { expect, test } from 'vitest';
import { createRefusals } from '../src/accounts/refusals.ts';
import { openStore } from '../src/stores/kysely-store.ts';
import { openNodeSqlite } from '../src/stores/node-sqlite.ts';
import { sqliteDialect } from '../src/stores/sqlite.ts';

test('L04, P05: wrong passwords that are judged together share a write, each is counted, and each waits until it is written', async () => {
  const writes: string[] = [];
  const hear = (sql: string): void => {
    if (sql.startsWith('insert into "refusals"')) writes.push(sql);
  };
  const dialect = sqliteDialect(await openNodeSqlite(':memory:', 'full', hear), await openNodeSqlite(':memory:'));
  const store = await openStore(dialect, { issuer: 'https://auth.example.test', clock: () => 1_767_225_600_000 });
  const refusals = createRefusals({ store, monotonic: () => performance.now(), log: () => {} });
  try {
    const keep = (count: number): Promise<unknown> =>
      Promise.all(
        Array.from({ length: count }, (_, n) =>
          refusals.keep({ event: 'sign-in', userId: undefined, ip: `192.0.2.${n % 2}`, reason: 'credentials' }),
        ),
      );
    await keep(20);
    expect(writes.length).toBe(1);
    await keep(10);
    expect(writes.length).toBe(2);
    expect(await store.settleRefusals(0, 10)).toBe(2);
    const told = await store.listAudit({ limit: 10, order: 'newest' });
    expect(told.map(({ count }) => count)).toEqual([15, 15]);
  } finally {
    await refusals.close();
    await store.close();
  }
});

test('I6: where they can not be written, each of them is told', async () => {
  const store = await openStore(sqliteDialect(await openNodeSqlite(':memory:'), await openNodeSqlite(':memory:')), {
    issuer: 'https://auth.example.test',
  });
  const refusals = createRefusals({ store, monotonic: () => performance.now(), log: () => {} });
  await store.close();
  const keep = () => refusals.keep({ event: 'sign-in', userId: undefined, ip: undefined, reason: 'credentials' });
  const settled = await Promise.allSettled([keep(), keep()]);
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await refusals.close();
});
