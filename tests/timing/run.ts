// npm run timing -- [--tries N] [--users N] [--database sqlite|postgres] [enumeration|flood|users …]: wants a quiet machine
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../support/postgres.ts';
import { createPostgresDatabase } from '../support/postgres-database.ts';
import { timeEnumeration } from './enumeration.ts';
import { timeFlood } from './flood.ts';
import { timeUsers } from './users.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tries: { type: 'string', default: '200' },
    users: { type: 'string', default: '100000' },
    database: { type: 'string' },
  },
});
const say = (line: string): void => void process.stdout.write(`  ${line}\n`);
const TIMINGS: Readonly<Record<string, (url: string) => Promise<boolean>>> = {
  enumeration: (url) => timeEnumeration(url, Number(values.tries), say),
  flood: (url) => timeFlood(url, { atOnce: 100, rounds: 20 }, say),
  users: (url) => timeUsers(url, Number(values.users), say),
};
const unknown = positionals.filter((name) => !Object.hasOwn(TIMINGS, name));
if (!(Number(values.tries) > 0) || !(Number(values.users) > 1) || unknown.length > 0) {
  process.stderr.write(
    'usage: npm run timing -- [--tries N] [--users N] [--database sqlite|postgres] [enumeration|flood|users …]\n',
  );
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'mapae-timing-'));
const postgres = process.env['TEST_POSTGRES_URL'] === undefined ? await startPostgres() : undefined;
if (postgres !== undefined) process.env['TEST_POSTGRES_URL'] = postgres.url;
let failed = 0;
try {
  for (const [name, run] of Object.entries(TIMINGS)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    for (const database of ['sqlite', 'postgres']) {
      if (values.database !== undefined && values.database !== database) continue;
      process.stdout.write(`${name}, ${database}\n`);
      if (database === 'postgres' && process.env['TEST_POSTGRES_URL'] === undefined) {
        say('skipped: no PostgreSQL here');
        continue;
      }
      const url = database === 'sqlite' ? `sqlite:${join(folder, `${name}.db`)}` : await createPostgresDatabase();
      const fine = await run(url);
      say(fine ? 'reached' : 'NOT reached');
      if (!fine) failed += 1;
    }
  }
} finally {
  await postgres?.stop();
  rmSync(folder, { recursive: true });
}
process.exitCode = failed === 0 ? 0 : 1;
