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
const names = process.argv.slice(2);
const mutate = names.length === 0 ? [] : ['--mutate', names.map((name) => `packages/jwt/src/${name}.ts`).join(',')];
const { status } = spawnSync(
  join(root, 'node_modules/.bin/node'),
  [stryker, 'run', join(here, 'stryker.config.mjs'), ...mutate],
  { cwd: root, stdio: 'inherit', env },
);
process.exit(status ?? 1);
