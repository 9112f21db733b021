import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { databaseFromUrl, openMaintenance, SchemaMismatch } from '../../src/index.ts';

const ISSUER = 'https://auth.example.test';
const SERVER = process.env['TEST_POSTGRES_URL'];

interface Kind {
  newDatabase(): Promise<string>;
  run(url: string, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Tables, columns and indexes, as text. */
  readonly describe: string;
}

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function query(url: string, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

const KINDS: Readonly<Record<string, Kind>> = {
  SQLite: {
    async newDatabase() {
      const folder = mkdtempSync(join(tmpdir(), 'mapae-schema-'));
      folders.push(folder);
      return `sqlite:${join(folder, 'mapae.db')}`;
    },
    async run(url, sql) {
      const db = new DatabaseSync(url.slice('sqlite:'.length));
      try {
        if (sql.startsWith('select')) return db.prepare(sql).all();
        db.exec(sql);
        return [];
      } finally {
        db.close();
      }
    },
    describe: `select name, sql from sqlite_master
      where name not in ('kysely_migration', 'kysely_migration_lock', 'schema_floor') and name not like 'sqlite%'
      order by name`,
  },
  PostgreSQL: {
    async newDatabase() {
      if (SERVER === undefined) throw new Error('no PostgreSQL here: install it, or name one in TEST_POSTGRES_URL');
      const name = `schema_${randomBytes(6).toString('hex')}`;
      await query(SERVER, `create database ${name}`);
      const own = new URL(SERVER);
      own.pathname = `/${name}`;
      return own.href;
    },
    run: query,
    describe: `select table_name as a, column_name as b, data_type as c, is_nullable as d from information_schema.columns
      where table_schema = 'public' and table_name not in ('kysely_migration', 'kysely_migration_lock', 'schema_floor')
      union all select tablename, indexname, indexdef, '' from pg_indexes
      where schemaname = 'public' and tablename not in ('kysely_migration', 'kysely_migration_lock', 'schema_floor')
      order by 1, 2`,
  },
};

describe.each(Object.entries(KINDS))('the schema on %s', (_name, { newDatabase, run, describe }) => {
  const open = (url: string, schema?: 'apply' | 'fill') =>
    databaseFromUrl(url).open({ issuer: ISSUER, ...(schema === undefined ? {} : { schema }) });
  const maintain = async (url: string) => openMaintenance(url, { create: true });

  test('a plan runs nothing, and its statements make what applying makes', async () => {
    const [planned, applied] = [await newDatabase(), await newDatabase()];
    const first = await maintain(planned);
    const plan = await first.planMigration();
    expect((await first.readSchema()).applied).toEqual([]);
    await first.close();
    expect(await run(planned, describe)).toEqual([]);
    await run(planned, plan.flatMap(({ statements }) => statements).join(';\n'));
    const second = await maintain(applied);
    expect(await second.migrate()).toEqual(plan.map(({ name }) => name));
    await second.close();
    const made = await run(applied, describe);
    expect(made.length).toBeGreaterThan(5);
    expect(await run(planned, describe)).toEqual(made);
  });

  test('of several that start at once on an empty database one applies, and all work on it', async () => {
    const url = await newDatabase();
    const all = await Promise.all(Array.from({ length: 4 }, () => maintain(url)));
    const applied = await Promise.all(all.map((one) => one.migrate()));
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
    for (const one of all) {
      expect(await one.readSchema()).toMatchObject({ pending: [], newer: [], usable: true });
      await one.close();
    }
  });

  test('`fill` fills an empty database and refuses one that is behind', async () => {
    const url = await newDatabase();
    await (await open(url, 'fill')).close();
    await run(url, `delete from kysely_migration where name <> '0001_start'`);
    await expect(open(url, 'fill')).rejects.toMatchObject({ code: 'schema/behind' });
    // filled by hand, by somebody who ran a plan
    await run(url, 'delete from kysely_migration');
    await expect(open(url, 'fill')).rejects.toMatchObject({ code: 'schema/behind' });
  });

  test('a schema that a newer program made is refused, unless it says that this one may work on it', async () => {
    const url = await newDatabase();
    await (await open(url)).close();
    await run(url, `insert into kysely_migration (name, timestamp) values ('9999_newer', '2030-01-01')`);
    // an expanding step leaves the floor where it was
    await (await open(url)).close();
    await run(url, `delete from kysely_migration where name like '0001%'`);
    await expect(open(url)).rejects.toMatchObject({ code: 'schema/ahead' });
    await run(url, `insert into kysely_migration (name, timestamp) values ('0001_start', '2026-01-01')`);
    await run(url, `update schema_floor set step = '9999_newer'`);
    await expect(open(url)).rejects.toThrow(SchemaMismatch);
    const maintenance = await maintain(url);
    expect(await maintenance.readSchema()).toMatchObject({ newer: ['9999_newer'], usable: false });
    await expect(maintenance.migrate()).rejects.toMatchObject({ code: 'schema/ahead' });
    await maintenance.close();
  });

  test('a step that fails leaves nothing behind', async () => {
    const url = await newDatabase();
    // in the way of the last tables: those made before it have to go again
    await run(url, 'create table client_cutoffs (x integer)');
    const maintenance = await maintain(url);
    await expect(maintenance.migrate()).rejects.toThrow(/client_cutoffs/);
    expect((await maintenance.readSchema()).applied).toEqual([]);
    await maintenance.close();
    const tables = JSON.stringify(await run(url, describe));
    expect(tables).toContain('client_cutoffs');
    expect(tables).not.toContain('users');
  });
});
