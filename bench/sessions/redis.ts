import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface Redis {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** A private Redis that keeps nothing on disk; undefined where there is none. As root on Debian it is installed. */
export async function startRedis(): Promise<Redis | undefined> {
  if (!isHere() && !install()) return undefined;
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const server = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    {
      stdio: 'ignore',
    },
  );
  const gone = once(server, 'exit');
  for (let tries = 0; tries < 200; tries++) {
    if (await answers(port)) {
      return {
        url: `redis://127.0.0.1:${port}`,
        pid: server.pid ?? 0,
        async stop() {
          server.kill('SIGKILL');
          await gone;
        },
      };
    }
    await pause(50);
  }
  server.kill('SIGKILL');
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
