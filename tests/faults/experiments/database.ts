import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startPostgres } from '../../support/postgres.ts';
import { createPostgresDatabase } from '../../support/postgres-database.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { type Cluster, settle, storm, untilReady } from '../cluster.ts';
import { type Experiment, type Given, type Outcome, skipped } from '../experiment.ts';
import { withCluster } from './crashes.ts';

/** What needs the database is answered 503 in about this time, never later. */
const ANSWERED_MS = 3_500;

export const X5: Experiment = {
  id: 'X5',
  title: 'the database hangs, resets and refuses connections',
  databases: ['postgres'],
  async run(given) {
    const target = new URL(await createPostgresDatabase());
    const port = Number(target.port);
    const proxy = await startTcpProxy(() => [port]);
    target.port = `${proxy.port}`;
    try {
      return await withCluster(given, { database: target.href, devices: 8 }, async (cluster) => {
        const { random, found, servers, newDevice, devices } = cluster;
        const server = servers[0];
        const until = performance.now() + given.seconds * 1_000;
        await storm(cluster, async () => {
          while (performance.now() < until) {
            await pause(random.between(200, 800));
            if (random.next() < 0.5) proxy.hang();
            else proxy.cut();
            await pause(300);
            // within the spell: bounded, said to be unavailable, and alive
            const began = performance.now();
            const ready = await fetch(`http://localhost:${server?.port}/readyz`);
            const took = performance.now() - began;
            if (ready.status !== 503 || ready.headers.get('retry-after') === null)
              found.push({ invariant: 'I6', what: `/readyz was ${ready.status} without a database` });
            if (took > ANSWERED_MS) found.push({ invariant: 'I6', what: `/readyz took ${Math.round(took)} ms` });
            const alive = await fetch(`http://localhost:${server?.port}/healthz`);
            if (alive.status !== 200) found.push({ invariant: 'I6', what: `/healthz was ${alive.status}` });
            // verification goes on: no API has asked anybody
            if ((await (devices[0] ?? newDevice('x')).call()) !== 200)
              found.push({ invariant: 'I6', what: 'a good token was not let in while the database was away' });
            proxy.heal();
          }
        });
        if (given.breakage === undefined) await settle(cluster);
        else {
          // a publisher that gave up is missed after five seconds
          await pause(6_000);
          await untilReady(cluster, performance.now() + 6_000);
        }
      });
    } finally {
      await proxy.close();
    }
  },
};

export const X6: Experiment = {
  id: 'X6',
  title: 'the disk of the database is full, then has room again',
  databases: ['sqlite', 'postgres'],
  async run(given) {
    if (process.getuid?.() !== 0) return skipped('a file system of its own needs root');
    const folder = mkdtempSync(join(tmpdir(), 'mapae-full-'));
    // a new PostgreSQL takes 40 MB, and 16 MB for each file of its log
    const size = given.database === 'sqlite' ? '4m' : '96m';
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs', folder]).status !== 0) {
      rmSync(folder, { recursive: true });
      return skipped('tmpfs can not be mounted here');
    }
    try {
      return given.database === 'sqlite'
        ? await withCluster(given, { folder, devices: 6 }, (cluster) => fillAgain(cluster, given, folder))
        : await onFullPostgres(given, folder);
    } finally {
      spawnSync('umount', [folder]);
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** PostgreSQL ends itself where its log can't be written; whoever runs it starts it again when there is room. */
async function onFullPostgres(given: Given, folder: string): Promise<Outcome> {
  const settings = ['max_wal_size=32MB', 'wal_keep_size=0', 'min_wal_size=32MB', 'wal_recycle=off'];
  const postgres = await startPostgres(settings, folder);
  if (postgres === undefined) return skipped('no PostgreSQL here');
  try {
    return await withCluster(given, { database: postgres.url, devices: 6 }, (cluster) =>
      fillAgain(cluster, given, folder, async () => {
        await postgres.crash();
        await postgres.restart();
      }),
    );
  } finally {
    await postgres.stop();
  }
}

async function fillAgain(
  cluster: Cluster,
  { seconds }: Given,
  folder: string,
  afterwards: () => Promise<void> = async () => {},
): Promise<void> {
  const { random, found, exchanges } = cluster;
  const until = performance.now() + seconds * 1_000;
  const met = (): boolean => exchanges.some(({ status }) => status === 503);
  await storm(cluster, async () => {
    while (performance.now() < until) {
      await pause(random.between(300, 900));
      fill(join(folder, 'filler'));
      // as long as the database has room of its own: a page, the rest of a file of its log
      for (let tries = 0; tries < 100 && !met(); tries += 1) await pause(100);
      await pause(random.between(300, 900));
      rmSync(join(folder, 'filler'), { force: true });
      await afterwards();
    }
    await pause(300);
  });
  if (!met()) found.push({ invariant: 'I6', what: 'no request met the full disk: the experiment proves nothing' });
  await settle(cluster);
}

/** Writes until nothing fits any more. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (const size of [65_536, 4_096, 512]) {
      const block = Buffer.alloc(size);
      try {
        for (;;) if (writeSync(file, block) < size) break;
      } catch {
        // full, for blocks of this size
      }
    }
  } finally {
    closeSync(file);
  }
}
