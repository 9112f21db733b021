// `npm run test:next`: installs examples/api-next by its own lockfile, builds it with Next, and runs tests/next against it (docs/adr/0027).
import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const example = join(root, 'examples/api-next');
const PATH = join(root, 'node_modules/.bin') + delimiter + process.env.PATH;
const env = { ...process.env, PATH, NEXT_TELEMETRY_DISABLED: '1' };

const STEPS = [
  [root, 'tsc', '-b', 'packages/verifier'],
  [example, 'npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
  [example, 'node', 'node_modules/next/dist/bin/next', 'build'],
  [root, 'vitest', 'run', '--config', 'tests/next/vitest.config.ts'],
];
for (const [cwd, command, ...args] of STEPS) {
  const { status } = spawnSync(command, args, { cwd, env, stdio: 'inherit', shell: process.platform === 'win32' });
  if (status !== 0) process.exit(status ?? 1);
}
