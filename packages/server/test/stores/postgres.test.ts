import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../src/stores/kysely-store.ts';
import { openPool, postgres, postgresDialect } from '../../src/stores/postgres.ts';
import { type Store, StoreFailed } from '../../src/stores/store.ts';
import { type StoreHarness, storeContract } from '../../src/testing/store-contract.ts';
import { Fault, withFault } from './faulty-dialect.ts';

const OPTIONS = { issuer: 'https://auth.example.test' };
const SERVER = process.env['TEST_POSTGRES_URL'];

/** Runs one statement at the test server, in the database that the address names. */
async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.setTypeParser(pg.types.builtins.INT8, Number);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function newDatabase(): Promise<string> {
  if (SERVER === undefined) throw new Error('no PostgreSQL here: install it, or name one in TEST_POSTGRES_URL');
  const name = `store_${randomBytes(6).toString('hex')}`;
  await query(SERVER, `create database ${name}`);
  const own = new URL(SERVER);
  own.pathname = `/${name}`;
  return own.href;
}

async function withHarness(run: (harness: StoreHarness) => Promise<void>): Promise<void> {
  const url = await newDatabase();
  const stores: Store[] = [];
  const keep = (store: Store): Store => {
    stores.push(store);
    return store;
  };
  try {
    await run({
      open: async (options) => keep(await postgres(url).open({ ...OPTIONS, ...options })),
      async openFaulty(options) {
        const fault = new Fault();
        const dialect = withFault(postgresDialect(await openPool(url)), fault);
        const store = keep(await openStore(dialect, { ...OPTIONS, ...options }));
        return { store, failAt: (n, when) => fault.failAt(n, when), count: () => fault.count() };
      },
      query: (sql) => query(url, sql) as ReturnType<StoreHarness['query']>,
      bytes: (hex) => `'\\x${hex}'::bytea`,
    });
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
