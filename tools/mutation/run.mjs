// `npm run mutation [-- names]`: breaks the sources of @mapae/jwt in hundreds of small ways and counts which of them the unit tests notice.
// Stryker is installed here on first use (64 MB, 170 packages), so that `npm ci` at the root stays small.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..', '..');
const stryker = join(here, 'node_modules/@stryker-mutator/core/bin/stryker.js');
const env = { ...process.env, PATH: join(root, 'node_modules/.bin') + delimiter + process.env.PATH };

/** True when what the lockfile names is what is there. */
function installed() {
  const hidden = join(here, 'node_modules/.package-lock.json');
  if (!existsSync(hidden)) return false;
  const version = (path) =>
    JSON.parse(readFileSync(path, 'utf8')).packages['node_modules/@stryker-mutator/core']?.version;
  return version(hidden) === version(join(here, 'package-lock.json'));
}

if (!installed()) {
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: here,
    stdio: 'inherit',
    env,
  });
  if (status !== 0) process.exit(status ?? 1);
}
const SUBJECTS = ['base64url', 'canonical', 'claims', 'header', 'keys', 'verify'];
const LEAST_SCORE = 90;

/** How many mutants of a source there were, and how many of them the tests noticed; a run without end is noticed too. */
function count(subject) {
  const report = JSON.parse(readFileSync(join(root, '.tmp/mutation', `${subject}.json`), 'utf8'));
  const states = Object.values(report.files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
  const noticed = states.filter((state) => state === 'Killed' || state === 'Timeout').length;
  // a mutant that isn't even a program, or that Stryker was told to leave out, says nothing about the tests
  return { noticed, all: noticed + states.filter((state) => state === 'Survived' || state === 'NoCoverage').length };
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !SUBJECTS.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`[mutation] no such subject: ${unknown.join(', ')}; there are ${SUBJECTS.join(', ')}\n`);
  process.exit(2);
}
const rows = [];
for (const subject of asked.length === 0 ? SUBJECTS : asked) {
  process.stderr.write(`[mutation] ${subject}\n`);
  const { status } = spawnSync(
    join(root, 'node_modules/.bin/node'),
    [stryker, 'run', join(here, 'stryker.config.mjs')],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...env, MUTATION_SUBJECT: subject } },
  );
  if (status !== 0) process.exit(status ?? 1);
  rows.push({ subject, ...count(subject) });
}
const total = (name) => rows.reduce((sum, row) => sum + row[name], 0);
rows.push({ subject: 'all', noticed: total('noticed'), all: total('all') });
const score = ({ noticed, all }) => (100 * noticed) / all;
for (const row of rows)
  process.stdout.write(`| ${row.subject} | ${row.all} | ${row.noticed} | ${score(row).toFixed(1)} % |\n`);
process.exit(rows.every((row) => score(row) >= LEAST_SCORE) ? 0 : 1);
