import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/stores/kysely-store.ts';
import { openNodeSqlite } from '../../src/stores/node-sqlite.ts';
import { sqlite, sqliteDialect } from '../../src/stores/sqlite.ts';
import { type Store, StoreFailed } from '../../src/stores/store.ts';
import type { Tables } from '../../src/stores/tables.ts';
import { createUser, presentation, startSession } from '../../src/testing/store-contract/harness.ts';
import { type StoreHarness, storeContract } from '../../src/testing/store-contract.ts';
import { Fault, withFault } from './faulty-dialect.ts';

const OPTIONS = { issuer: 'https://auth.example.test' };
let folder: string;
let files = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mapae-stores-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function newPath(): string {
  files += 1;
  return join(folder, `${files}.db`);
}

async function withHarness(run: (harness: StoreHarness) => Promise<void>): Promise<void> {
  const path = newPath();
  const stores: Store[] = [];
  const keep = (store: Store): Store => {
    stores.push(store);
    return store;
  };
  try {
    await run({
      open: async (options) => keep(await sqlite(path).open({ ...OPTIONS, ...options })),
      async openFaulty(options) {
        const fault = new Fault();
        const dialect = withFault(sqliteDialect(await openNodeSqlite(path), await openNodeSqlite(':memory:')), fault);
        const store = keep(await openStore(dialect, { ...OPTIONS, ...options }));
        return { store, failAt: (n, when) => fault.failAt(n, when), count: () => fault.count() };
      },
      async query(sql) {
        const db = new DatabaseSync(path, { timeout: 1_000 });
        try {
          return db.prepare(sql).all();
        } finally {
          db.close();
        }
      },
      bytes: (hex) => `x'${hex}'`,
    });
  } finally {
    await Promise.all(stores.map((store) => store.close()));
  }
}

describe('the store contract over SQLite', () => {
  for (const { title, run } of storeContract()) test(title, () => withHarness(run));
});

describe('SQLite', () => {
  test('the file is for its owner alone', async () => {
    const path = newPath();
    const store = await sqlite(path).open(OPTIONS);
    await store.createUser({ email: 'a@example.test', passwordHash: 'x', name: undefined });
    for (const file of [path, `${path}-wal`]) expect(statSync(file).mode & 0o077).toBe(0);
    await store.close();
  });

  test('what was answered is there after the file is opened again', async () => {
    const path = newPath();
    const first = await sqlite(path).open(OPTIONS);
    const { epoch } = await first.readState();
    await first.createUser({ email: 'a@example.test', passwordHash: 'x', name: undefined });
    await first.revoke({ code: 2, value: 'a', before: 0 });
    await first.publishRevocations();
    await first.close();
    const second = await sqlite(path).open(OPTIONS);
    expect(await second.findUserByEmail('a@example.test')).toMatchObject({ passwordHash: 'x' });
    expect(await second.readState()).toMatchObject({ epoch, number: 1 });
    await second.close();
  });

  test('a database in memory works alike', async () => {
    const store = await sqlite(':memory:').open(OPTIONS);
    const made = await store.createUser({ email: 'a@example.test', passwordHash: 'x', name: undefined });
    expect(made.status).toBe('created');
    await store.close();
  });

  test('a write lock that another process keeps: StoreFailed within two seconds, for all who wait, while timers run', async () => {
    const path = newPath();
    const store = await sqlite(path).open(OPTIONS);
    const other = new DatabaseSync(path);
    other.exec('begin immediate');
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 10);
    const began = performance.now();
    const made = await Promise.allSettled(
      Array.from({ length: 5 }, (_, i) =>
        store.createUser({ email: `${i}@example.test`, passwordHash: 'x', name: undefined }),
      ),
    );
    expect(performance.now() - began).toBeLessThan(2_300);
    for (const one of made)
      expect(one).toMatchObject({ status: 'rejected', reason: expect.any(StoreFailed) as unknown });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(20);

    other.exec('rollback');
    other.close();
    const after = await store.createUser({ email: 'a@example.test', passwordHash: 'x', name: undefined });
    expect(after.status).toBe('created');
    await store.close();
  });

  test('a write lock that another process soon lets go of is waited for', async () => {
    const path = newPath();
    const store = await sqlite(path).open(OPTIONS);
    const other = new DatabaseSync(path);
    other.exec('begin immediate');
    setTimeout(() => other.exec('rollback'), 300);
    const made = await store.createUser({ email: 'a@example.test', passwordHash: 'x', name: undefined });
    expect(made.status).toBe('created');
    other.close();
    await store.close();
  });

  test('units that come at once share commits, and what a unit alone costs is known', async () => {
    const statements: string[] = [];
    const dialect = sqliteDialect(await openNodeSqlite(newPath(), 'full', (sql) => void statements.push(sql)));
    const store = await openStore(dialect, OPTIONS);
    const counted = async (work: () => Promise<unknown>): Promise<number> => {
      statements.length = 0;
      await work();
      return statements.filter((sql) => sql === 'commit').length;
    };
    const create = (i: number) => store.createUser({ email: `${i}@example.test`, passwordHash: 'x', name: undefined });
    expect(await counted(() => create(0))).toBe(1);
    expect(await counted(() => Promise.all(Array.from({ length: 50 }, (_, i) => create(i + 1))))).toBe(1);
    expect(await counted(() => Promise.all(Array.from({ length: 200 }, (_, i) => create(i + 100))))).toBe(4);
    // a read by itself sees nothing that is not committed: it ends the group before it
    expect(await counted(() => Promise.all([create(1_000), store.readState(), create(1_001)]))).toBe(2);

    const started = await startSession(store, await createUser(store));
    statements.length = 0;
    await store.presentRefreshCounter(presentation(started, 0));
    expect(statements.map((sql) => sql.split(' ')[0])).toEqual([
      ...['begin', 'savepoint'],
      ...Array.from({ length: 4 }, () => 'select'),
      ...['update', 'release', 'commit'],
    ]);
    await store.close();
  });

  test('a COMMIT that fails fails every unit of its group, and nothing of them is there', async () => {
    const dialect = sqliteDialect(await openNodeSqlite(newPath()));
    const store = await openStore(dialect, OPTIONS);
    const db = new Kysely<Tables>({ dialect: dialect.kysely });
    const create = (i: number) => store.createUser({ email: `${i}@example.test`, passwordHash: 'x', name: undefined });
    // a foreign key that is looked at when the transaction ends
    const orphan = db.transaction().execute(async (step) => {
      await sql`pragma defer_foreign_keys = on`.execute(step);
      await sql`insert into grants (id, user_id, client_id, scope, delivery, created_at, counter, rotated_at, secret_id)
        values ('g', 'nobody', 'c', '[]', 'cookie', 0, 0, 0, 's')`.execute(step);
    });
    const settled = await Promise.allSettled([create(1), orphan, create(2)]);
    for (const one of settled)
      expect(one).toMatchObject({ status: 'rejected', reason: expect.any(StoreFailed) as unknown });
    expect(await store.findUserByEmail('1@example.test')).toBeUndefined();
    expect((await create(1)).status).toBe('created');
    await store.close();
  });

  test('a unit that fails takes nothing from those it shares a commit with', async () => {
    const dialect = sqliteDialect(await openNodeSqlite(newPath()));
    const store = await openStore(dialect, OPTIONS);
    const db = new Kysely<Tables>({ dialect: dialect.kysely });
    const create = (i: number) => store.createUser({ email: `${i}@example.test`, passwordHash: 'x', name: undefined });
    const fails = db.transaction().execute(async (step) => {
      await step.updateTable('meta').set({ number: 7 }).execute();
      await sql`insert into nowhere values (1)`.execute(step);
    });
    const settled = await Promise.allSettled([create(1), fails, create(2)]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await store.findUserByEmail('2@example.test')).toBeDefined();
    expect((await store.readState()).number).toBe(0);
    await store.close();
  });

  test('a folder that is not there, and a file that is no database, are StoreFailed', async () => {
    await expect(sqlite(join(folder, 'none', 'a.db')).open(OPTIONS)).rejects.toThrow(StoreFailed);
    const { writeFileSync } = await import('node:fs');
    const path = newPath();
    writeFileSync(path, 'not a database, and longer than the header of one'.repeat(100));
    await expect(sqlite(path).open(OPTIONS)).rejects.toThrow(StoreFailed);
  });
});
