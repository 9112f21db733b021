import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPackages } from '../harness/packed.ts';
import { npm, peerVersions } from '../harness/peers.ts';

export interface Installed {
  readonly name: string;
  readonly mebibytes: number;
  readonly packages: number;
}

const OURS: Readonly<Record<string, string>> = {
  '@mapae/jwt': 'jwt',
  '@mapae/verifier': 'verifier',
  '@mapae/server': 'server',
  mapae: 'cli',
  '@mapae/client': 'client',
};

/** What `npm install` brings into an empty folder: ours from their tarballs, the peers from the registry in the versions measured. */
export function measureInstalls(): Installed[] {
  const folder = mkdtempSync(join(tmpdir(), 'mapae-bench-install-'));
  try {
    const root = buildPackages();
    const tarballs = new Map<string, string>();
    for (const [name, directory] of Object.entries(OURS)) {
      const packed = npm(['pack', '--json', '--pack-destination', folder], join(root, directory));
      const [made] = JSON.parse(packed.stdout) as { readonly filename: string }[];
      if (made === undefined) throw new Error(`${name} was not packed`);
      tarballs.set(name, `file:${join(folder, made.filename)}`);
    }
    const peers = Object.entries(peerVersions(['better-auth', 'oidc-provider', 'jose', 'fast-jwt', 'jsonwebtoken']));
    return [
      ...[...tarballs.keys()].map((name) => install(folder, name, tarballs.get(name) ?? '', tarballs)),
      ...peers.map(([name, version]) => install(folder, name, version, new Map())),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function install(folder: string, name: string, version: string, ours: ReadonlyMap<string, string>): Installed {
  const project = join(folder, name.replaceAll('/', '+'));
  mkdirSync(project);
  cpSync(fileURLToPath(new URL('../peers/.npmrc', import.meta.url)), join(project, '.npmrc'));
  const overrides = Object.fromEntries([...ours].filter(([other]) => other !== name));
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ private: true, dependencies: { [name]: version }, overrides }),
  );
  const { status } = npm(['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], project);
  if (status !== 0) throw new Error(`npm install ${name} failed`);
  const lock = JSON.parse(readFileSync(join(project, 'node_modules/.package-lock.json'), 'utf8')) as {
    readonly packages: object;
  };
  return {
    name,
    mebibytes: bytesIn(join(project, 'node_modules')) / 1_048_576,
    packages: Object.keys(lock.packages).length,
  };
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
