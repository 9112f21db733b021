import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresDatabase, emptyDatabase } from '../../../../tests/support/postgres-database.ts';
import { judgeRefresh } from '../../src/stores/judge-refresh.ts';
import { openStore } from '../../src/stores/kysely-store.ts';
import { openPool, postgres, postgresDialect } from '../../src/stores/postgres.ts';
import type { PgPool } from '../../src/stores/postgres-driver.ts';
import { type Store, StoreFailed } from '../../src/stores/store.ts';
import {
  createUser,
  DAY,
  HandClock,
  hashOf,
  presentation,
  START,
  startSession,
} from '../../src/testing/store-contract/harness.ts';
import { type StoreHarness, storeContract } from '../../src/testing/store-contract.ts';
import { Fault, withFault } from './faulty-dialect.ts';

const OPTIONS = { issuer: 'https://auth.example.test' };

/** What the cases share, one after the other: a new connection costs PostgreSQL ten times what a case asks of it. */
let database: { readonly url: string; readonly observer: pg.Client };
/** Of stores that are closed, with connections that are still open. */
const freePools: PgPool[] = [];

beforeAll(async () => {
  const url = await createPostgresDatabase();
  const observer = new pg.Client({ connectionString: url });
  observer.setTypeParser(pg.types.builtins.INT8, Number);
  await observer.connect();
  database = { url, observer };
});
afterAll(async () => {
  await Promise.all([database.observer.end(), ...freePools.map((pool) => pool.end())]);
});

/** A pool for one store; closed, it is the next one's. */
async function takePool(): Promise<PgPool> {
  const pool = freePools.pop() ?? (await openPool(database.url));
  return { connect: () => pool.connect(), end: async () => void freePools.push(pool) };
}

async function withHarness(run: (harness: StoreHarness, url: string) => Promise<void>): Promise<void> {
  await emptyDatabase(database.observer);
  const stores: Store[] = [];
  const keep = (store: Store): Store => {
    stores.push(store);
    return store;
  };
  try {
    await run(
      {
        open: async (options) => keep(await openStore(postgresDialect(await takePool()), { ...OPTIONS, ...options })),
        async openFaulty(options) {
          const fault = new Fault();
          const dialect = withFault(postgresDialect(await takePool()), fault);
          const store = keep(await openStore(dialect, { ...OPTIONS, ...options }));
          return { store, failAt: (n, when) => fault.failAt(n, when), count: () => fault.count() };
        },
        query: async (sql) => (await database.observer.query<Record<string, unknown>>(sql)).rows as never,
        bytes: (hex) => `'\\x${hex}'::bytea`,
      },
      database.url,
    );
  } finally {
    await Promise.all(stores.map((store) => store.close()));
  }
}

describe('the store contract over PostgreSQL', () => {
  for (const { title, run } of storeContract()) test(title, () => withHarness(run));
});

test('a PostgreSQL that is not there is a StoreFailed within two and a half seconds', async () => {
  const began = performance.now();
  await expect(postgres('postgres://127.0.0.1:1/none').open(OPTIONS)).rejects.toThrow(StoreFailed);
  expect(performance.now() - began).toBeLessThan(2_500);
});

test("a refresh's age counts from its arrival: what it waited for a connection is waited too", async () => {
  const pool = await openPool(await createPostgresDatabase());
  const store = await openStore(postgresDialect(pool), OPTIONS);
  try {
    const started = await startSession(store, await createUser(store));
    const busy = await Promise.all(Array.from({ length: 10 }, () => pool.connect()));
    let isBusy = true;
    const seen: boolean[] = [];
    const waitedMs = (): number => {
      seen.push(isBusy);
      return 0;
    };
    const refresh = store.presentRefreshCounter(presentation(started, 0, { waitedMs }));
    await pause(50);
    isBusy = false;
    for (const client of busy) client.release();
    expect((await refresh).status).toBe('same');
    expect(seen).toEqual([false]);
  } finally {
    await store.close();
  }
});

test('a refresh is one statement, whatever its verdict, but for a replay and a grant that is not there, which a step judges again', async () => {
  await withHarness(async ({ openFaulty }) => {
    const clock = new HandClock();
    const { store, failAt, count } = await openFaulty({ clock: clock.read });
    const started = await startSession(store, await createUser(store));
    const present = async (counter: number, changes = {}) => {
      failAt(0, 'before');
      const { status } = await store.presentRefreshCounter(presentation(started, counter, changes));
      return `${status} ${count()}`;
    };
    expect(await present(0)).toBe('same 1');
    clock.now += DAY;
    expect(await present(0)).toBe('advanced 1');
    expect(await present(0, { retryKeyHash: hashOf(1) })).toBe('retry 1');
    expect(await present(7)).toBe('ahead 1');
    expect(await present(1, { grantId: 'none' })).toMatch(/^unknown /);
    expect(await present(1, { epoch: hashOf(1).slice(16) })).toBe('epoch 1');
    expect(await present(1, { waitedMs: () => 10_001 })).toBe('late 1');
    expect(await present(1, { delivery: 'bearer' })).toBe('ended 1');
    clock.now += DAY;
    expect(await present(1)).toBe('advanced 1');
    expect(await present(0)).toMatch(/^replayed /);
    expect(await present(2)).toBe('ended 1');
  });
});

test('the function in the database and judgeRefresh agree on every row of the table', async () => {
  await withHarness(async ({ open, bytes }, url) => {
    const direct = new pg.Client({ connectionString: url });
    await direct.connect();
    const clock = new HandClock();
    const store = await open({ clock: clock.read });
    const started = await startSession(store, await createUser(store), { idleSeconds: 1_000, absoluteSeconds: 2_000 });
    const { id } = started.grant;
    const hex = (byte: number): string => bytes(Buffer.from(hashOf(byte)).toString('hex'));
    const windowMs = 30_000;
    const ages = [-40_001, -40_000, 0, windowMs, windowMs + 1, 500_000];
    let judged = 0;
    for (const age of ages) {
      for (const { presentedAt, key } of [
        { presentedAt: undefined, key: undefined },
        { presentedAt: undefined, key: 1 },
        { presentedAt: START, key: 1 },
      ]) {
        for (const counter of [3, 4, 5, 6]) {
          for (const { retryKeyHash, waited } of [
            { retryKeyHash: undefined, waited: 0 },
            { retryKeyHash: hashOf(1), waited: 0 },
            { retryKeyHash: hashOf(2), waited: 9_000 },
            { retryKeyHash: hashOf(1), waited: 10_001 },
          ]) {
            clock.now = START + 100_000;
            const row = {
              delivery: 'cookie',
              counter: 5,
              rotatedAt: clock.now - age,
              retryKeyHash: key === undefined ? undefined : hashOf(key),
              currentPresentedAt: presentedAt,
              over: false,
              idleExpiresAt: START + 1_000_000,
              absoluteExpiresAt: START + 2_000_000,
            } as const;
            const presented = presentation(started, counter, { retryKeyHash, waitedMs: () => waited });
            const expected = judgeRefresh(row, presented, clock.now);
            // The time that PostgreSQL takes inside counts as waited: on a busy machine its first millisecond moves a row
            // over one of these edges. A function that is wrong there is wrong each time.
            let tries = age === windowMs + 1 || age === -40_000 ? 20 : 1;
            let status: string;
            do {
              await direct.query(`update sessions set idle_expires_at = ${row.idleExpiresAt}, ended_at = null, end_reason = null;
                update grants set counter = 5, rotated_at = ${row.rotatedAt}, ended_at = null,
                retry_key_hash = ${key === undefined ? 'null' : hex(key)},
                current_presented_at = ${presentedAt ?? 'null'} where id = '${id}'`);
              ({ status } = await store.presentRefreshCounter(presented));
              tries -= 1;
            } while (status !== expected && tries > 0);
            expect([age, presentedAt, key, counter, waited, status]).toEqual([
              ...[age, presentedAt, key, counter, waited],
              expected,
            ]);
            judged += 1;
          }
        }
      }
    }
    expect(judged).toBe(288);
    await direct.end();
  });
});
