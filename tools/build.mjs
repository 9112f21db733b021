// Builds what is published: ESM, .d.ts and maps into packages/*/dist. `dist` goes first: tsc leaves the
// outputs of deleted sources behind.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const PACKAGES = ['jwt', 'verifier', 'server', 'cli', 'client'];
for (const name of PACKAGES) rmSync(join(root, 'packages', name, 'dist'), { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-b', ...PACKAGES.map((name) => `packages/${name}`)],
  { cwd: root, stdio: 'inherit' },
);
process.exit(status ?? 1);
