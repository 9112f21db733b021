import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from '../peers/load.ts';
import { load as loadBinary } from '../peers/node-rs/load.ts';

const PEERS = fileURLToPath(new URL('../peers/', import.meta.url));
const BINARY = join(PEERS, 'node-rs');
export const BINARY_PEER = '@node-rs/jsonwebtoken';

/** Puts the peers in place (`npm ci`), where they aren't. They have a lockfile of their own and never reach a user of the packages. */
export function installPeers(): void {
  if (!ci(PEERS)) throw new Error('npm ci in bench/peers failed');
}

/** The same for the one with a binary, which a single benchmark measures. */
export function installBinaryPeer(): void {
  // not every platform has its binary on every registry: the benchmarks go on without this one
  if (!ci(BINARY)) process.stderr.write(`bench: ${BINARY_PEER} could not be installed and is left out\n`);
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly optional?: boolean }>>;
}

const readLock = (path: string): Lock => JSON.parse(readFileSync(path, 'utf8')) as Lock;

function inPlace(folder: string): boolean {
  const hidden = join(folder, 'node_modules/.package-lock.json');
  if (!existsSync(hidden)) return false;
  const have = readLock(hidden).packages;
  return Object.entries(readLock(join(folder, 'package-lock.json')).packages).every(
    ([path, { version, optional }]) =>
      path === '' || have[path]?.version === version || (optional === true && have[path] === undefined),
  );
}

function ci(folder: string): boolean {
  if (inPlace(folder)) return true;
  process.stderr.write('bench: installing what is measured against (npm ci)\n');
  return npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], folder).status === 0;
}

/** Runs the npm that runs this command, or the one in PATH. */
export function npm(args: readonly string[], cwd: string): { readonly status: number | null; readonly stdout: string } {
  const cli = process.env['npm_execpath'];
  const [command, first] = cli !== undefined && /\.[cm]?js$/.test(cli) ? [process.execPath, [cli]] : ['npm', []];
  return spawnSync(command, [...first, ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Imports a peer. What it looks like is the caller's word: peers are JavaScript here. */
export async function peer<T>(name: string): Promise<T> {
  return (await (name === BINARY_PEER ? loadBinary(name) : load(name))) as T;
}

/** True where the peer with the binary is there and loads. */
export async function hasBinaryPeer(): Promise<boolean> {
  return peer(BINARY_PEER).then(
    () => true,
    () => false,
  );
}

/** Installed versions by name, of those asked for. */
export function peerVersions(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => {
      const file = join(name === BINARY_PEER ? BINARY : PEERS, 'node_modules', name, 'package.json');
      if (!existsSync(file)) return [name, 'not here'];
      return [name, (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version];
    }),
  );
}
