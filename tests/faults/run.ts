// npm run faults -- [--seconds N] [--seed N] [--database sqlite|postgres] [X1 X2 …]
import { parseArgs } from 'node:util';
import { startPostgres } from '../support/postgres.ts';
import type { DatabaseKind } from './cluster.ts';
import type { Outcome } from './experiment.ts';
import { EXPERIMENTS } from './experiments/all.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    database: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const seed = Number(values.seed);
const unknown = positionals.filter((id) => !EXPERIMENTS.some((one) => one.id === id));
if (!(seconds > 0) || !Number.isSafeInteger(seed) || unknown.length > 0) {
  process.stderr.write(`usage: npm run faults -- [--seconds N] [--seed N] [--database sqlite|postgres] [X…]\n`);
  process.stderr.write(EXPERIMENTS.map(({ id, title }) => `  ${id.padEnd(4)} ${title}\n`).join(''));
  process.exit(2);
}
const postgres = process.env['TEST_POSTGRES_URL'] === undefined ? await startPostgres() : undefined;
if (postgres !== undefined) process.env['TEST_POSTGRES_URL'] = postgres.url;

const row = (...cells: readonly (string | number)[]): string =>
  [4, 9, 7, 9, 11].map((width, n) => String(cells[n] ?? '').padEnd(width)).join(' ') + String(cells[5] ?? '');
process.stdout.write(`${row('', 'database', 'seed', 'requests', 'violations', '')}\n`);
let violated = 0;
try {
  for (const { id, title, databases, run } of EXPERIMENTS) {
    if (positionals.length > 0 && !positionals.includes(id)) continue;
    for (const database of databases) {
      if (values.database !== undefined && values.database !== database) continue;
      const outcome = await attempt(() => run({ seed, seconds, database }), database);
      const { violations, requests } = outcome;
      violated += violations.length;
      const count = outcome.skipped === undefined ? violations.length : 'skipped';
      process.stdout.write(`${row(id, database, seed, requests, count, outcome.skipped ?? title)}\n`);
      for (const { invariant, what } of violations.slice(0, 20)) process.stdout.write(`       ${invariant}: ${what}\n`);
    }
  }
} finally {
  await postgres?.stop();
}
process.exit(violated === 0 ? 0 : 1);

async function attempt(run: () => Promise<Outcome>, database: DatabaseKind): Promise<Outcome> {
  if (database === 'postgres' && process.env['TEST_POSTGRES_URL'] === undefined)
    return { requests: 0, violations: [], skipped: 'no PostgreSQL here' };
  return run();
}
