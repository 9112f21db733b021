// The side of the server process: how a program under measurement says where it listens and what it has used.
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the process was started with. */
export function readSettings<T>(): T {
  const file = process.env['MAPAE_BENCH_SETTINGS'];
  return JSON.parse(file === undefined ? '{}' : readFileSync(file, 'utf8')) as T;
}

/** What a process has used since it began. */
export interface Usage {
  /** User and system time of all its threads, µs. */
  readonly cpuMicroseconds: number;
  /** Resident set, bytes. */
  readonly rssBytes: number;
  /** Database statements, where they are counted. */
  readonly statements: number;
}

/** Listens on loopback; resolves with the port. */
export function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

/** Tells the benchmark that requests may come, and answers what it asks from then on. */
export function announce(ready: object, statements: () => number = () => 0): void {
  process.on('message', (message) => {
    if (message === 'usage') {
      const { user, system } = process.cpuUsage();
      const usage: Usage = {
        cpuMicroseconds: user + system,
        rssBytes: process.memoryUsage.rss(),
        statements: statements(),
      };
      process.send?.({ usage });
    }
  });
  // a benchmark that is gone leaves no server behind
  process.on('disconnect', () => process.exit(0));
  process.send?.({ ready });
}
