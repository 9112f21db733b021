import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { peer } from '../harness/peers.ts';

export interface Redis {
  readonly url: string;
  readonly pid: number;
  /** What it keeps, bytes, by its own account. */
  usedBytes(): Promise<number>;
  stop(): Promise<void>;
}

interface Client {
  connect(): Promise<unknown>;
  info(section: string): Promise<string>;
  destroy(): void;
}

/** A private Redis with its own defaults; undefined where there is none. As root on Debian it is installed. */
export async function startRedis(folder: string): Promise<Redis | undefined> {
  if (!isHere() && !install()) return undefined;
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
  const server = spawn('redis-server', args, { stdio: 'ignore' });
  const gone = once(server, 'exit');
  const stop = async (): Promise<void> => {
    server.kill('SIGKILL');
    await gone;
  };
  for (let tries = 0; tries < 200 && server.exitCode === null; tries++) {
    if (await answers(port)) {
      const url = `redis://127.0.0.1:${port}`;
      return { url, pid: server.pid ?? 0, usedBytes: () => usedBytes(url), stop };
    }
    await pause(50);
  }
  await stop();
  throw new Error('redis-server did not start');
}

const isHere = (): boolean => spawnSync('redis-server', ['--version']).status === 0;

function install(): boolean {
  if (process.getuid?.() !== 0 || process.env['MAPAE_NO_APT'] !== undefined) return false;
  process.stderr.write('bench: installing Debian package redis-server\n');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [
    ['-qq', 'update'],
    ['-qq', '-y', '--no-install-recommends', 'install', 'redis-server'],
  ])
    if (spawnSync('apt-get', args, { env, stdio: 'ignore' }).status !== 0) return false;
  return isHere();
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function usedBytes(url: string): Promise<number> {
  const { createClient } = await peer<{ readonly createClient: (options: object) => Client }>('redis');
  const client = createClient({ url });
  await client.connect();
  const info = await client.info('memory');
  client.destroy();
  return Number(/used_memory_dataset:(\d+)/.exec(info)?.[1] ?? Number.NaN);
}
