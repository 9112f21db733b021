// What `npm test` runs, after tools/setup.mjs: types, lint, floors, then every test. Arguments go to vitest
// (`npm test -- packages/jwt`), and then only vitest runs.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MEMORY = '/dev/shm';
const FOLDER = /^mapae-test-(\d+)$/;
const PLENTY = 4 * 2 ** 30;

const root = fileURLToPath(new URL('..', import.meta.url));
const env = {
  ...process.env,
  PATH: join(root, 'node_modules/.bin') + delimiter + process.env.PATH,
  // the tests start our programs a hundred times: types are stripped once
  NODE_COMPILE_CACHE: join(root, '.tmp/compile-cache'),
  ...temporaryFolder(),
};
const asked = process.argv.slice(2);
const REPORT = '.tmp/vitest.json';

/**
 * Some hundred databases and browser profiles come and go: where there is plenty of it they live in memory. Whoever names
 * a TMPDIR gets that one.
 */
function temporaryFolder() {
  if (process.platform !== 'linux' || process.env.TMPDIR !== undefined) return {};
  try {
    for (const name of readdirSync(MEMORY)) {
      const [, pid] = FOLDER.exec(name) ?? [];
      if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(MEMORY, name), { recursive: true, force: true });
    }
    const { bavail, bsize } = statfsSync(MEMORY);
    if (bavail * bsize < PLENTY) return {};
    const folder = join(MEMORY, `mapae-test-${process.pid}`);
    mkdirSync(folder);
    // PostgreSQL runs as a user of its own
    chmodSync(folder, 0o1777);
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    return { TMPDIR: folder };
  } catch {
    return {};
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function run(title, command, ...args) {
  process.stderr.write(`[test] ${title}\n`);
  const { status } = spawnSync(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  return status ?? 1;
}

const CHECKS = [
  ['types', 'tsc', '-b'],
  ['format and lint', 'biome', 'check', '.'],
  ['typed lint', 'oxlint', '--type-aware'],
  ['floors', 'node', 'tools/floors.mjs'],
];
if (asked.length === 0) {
  for (const check of CHECKS) if (run(...check) !== 0) process.exit(1);
}
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`];
const status = run('tests', 'vitest', 'run', ...reporters, ...asked);
try {
  const report = JSON.parse(readFileSync(join(root, REPORT), 'utf8'));
  const skipped = report.numPendingTests + report.numTodoTests;
  process.stdout.write(`${report.numPassedTests} passed, ${report.numFailedTests} failed, ${skipped} skipped\n`);
  // a run of nothing proves nothing
  if (status === 0 && report.numPassedTests === 0) process.exit(1);
} catch {
  process.stderr.write('[test] vitest left no report\n');
}
process.exit(status);
