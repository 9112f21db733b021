import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
let built = false;

/** Builds what is published, once a run. Gives the folder of the packages. */
export function buildPackages(): string {
  if (!built) {
    const { status, stderr } = spawnSync(process.execPath, [`${ROOT}tools/build.mjs`], {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    if (status !== 0) throw new Error(`the build failed: ${stderr}`);
    built = true;
  }
  return `${ROOT}packages`;
}
