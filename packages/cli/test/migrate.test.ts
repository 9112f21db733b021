import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runMapae } from './run-mapae.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mapae-migrate-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const FAILURE = /^mapae: error: [^\n]+\nmapae: hint: [^\n]+\n$/;

test('three `migrate --apply` at once on no database: one applies, then --check says current and the plan is empty', async () => {
  const runs = await Promise.all([1, 2, 3].map(() => runMapae(folder, ['migrate', '--apply', '--json'])));
  expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
  const applied = runs.map(({ stdout }) => (JSON.parse(stdout) as { applied: string[] }).applied.length);
  expect(applied.filter((steps) => steps > 0)).toHaveLength(1);
  expect(await runMapae(folder, ['migrate', '--check'])).toEqual({ code: 0, stdout: 'current\n', stderr: '' });
  expect((await runMapae(folder, ['migrate', '--plan'])).stdout).toBe('-- nothing to do\n');
});

test('--check ends with 5 where the schema is behind, and so does a production server; --plan prints the SQL', async () => {
  const path = join(folder, 'old.db');
  const database = ['--database', `sqlite:${path}`];
  new DatabaseSync(path).close();
  const check = await runMapae(folder, ['migrate', '--check', '--json', ...database]);
  expect(check).toMatchObject({ code: 5, stderr: expect.stringMatching(FAILURE) as string });
  expect(JSON.parse(check.stdout)).toMatchObject({ status: 'behind', newer: [] });
  const plan = await runMapae(folder, ['migrate', '--plan', ...database]);
  expect(plan).toMatchObject({ code: 0, stderr: '' });
  expect(plan.stdout).toMatch(/^-- 0001_start\ncreate table "users" /);

  await runMapae(folder, ['migrate', '--apply', ...database]);
  const db = new DatabaseSync(path);
  db.exec(`delete from kysely_migration where name <> '0001_start'`);
  db.close();
  const server = await runMapae(folder, ['serve', '--issuer', 'https://auth.example', ...database], {
    MAPAE_SECRET: 'dG8gYmUgb3Igbm90IHRvIGJlLCB0aGF0IGlzIGl0Pw0K',
  });
  expect(server).toMatchObject({ code: 5, stdout: '', stderr: expect.stringMatching(FAILURE) as string });
});

test('`migrate` alone, two modes at once, and a database that is not there are refused', async () => {
  expect(await runMapae(folder, ['migrate'])).toMatchObject({ code: 2 });
  expect(await runMapae(folder, ['migrate', '--plan', '--apply'])).toMatchObject({ code: 2 });
  expect(await runMapae(folder, ['migrate', '--check'])).toMatchObject({ code: 4 });
});
