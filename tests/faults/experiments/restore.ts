import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createPostgresDatabase } from '../../support/postgres-database.ts';
import type { Cluster } from '../cluster.ts';
import type { Experiment } from '../experiment.ts';
import { mapae } from '../mapae-process.ts';
import { withCluster } from './crashes.ts';

/** How a database is saved and brought back, as docs/operations.md says. */
interface Way {
  save(cluster: Cluster): Promise<void>;
  bringBack(cluster: Cluster): Promise<void>;
}

const file = ({ folder }: Cluster): string => join(folder, 'backup');
const issuer = ({ address }: Cluster): readonly string[] => ['--dev', '--issuer', address];

const SQLITE: Way = {
  save: async (cluster) => void (await mapae(['backup', file(cluster), '--database', cluster.database])),
  async bringBack(cluster) {
    await mapae(['restore', file(cluster), '--replace', '--database', cluster.database, ...issuer(cluster)]);
  },
};

const POSTGRES: Way = {
  async save(cluster) {
    tool('pg_dump', ['--format=custom', `--file=${file(cluster)}`, cluster.database]);
  },
  async bringBack(cluster) {
    tool('pg_restore', ['--clean', '--if-exists', `--dbname=${cluster.database}`, file(cluster)]);
    await mapae(['restore', '--done', ...issuer(cluster)], { MAPAE_DATABASE: cluster.database });
  },
};

function tool(name: string, args: readonly string[]): void {
  const lib = '/usr/lib/postgresql';
  const version = readdirSync(lib).sort((a, b) => Number(b) - Number(a))[0] ?? '';
  const done = spawnSync(join(lib, version, 'bin', name), args, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${name}: ${done.stderr}`);
}

export const X23: Experiment = {
  id: 'X23',
  title: 'a backup is restored while devices hold newer and older tokens',
  databases: ['sqlite', 'postgres'],
  async run(given) {
    const way = given.database === 'postgres' ? POSTGRES : SQLITE;
    const database = given.database === 'postgres' ? { database: await createPostgresDatabase() } : {};
    return withCluster(given, { ...database, devices: 4 }, async (cluster) => {
      const { devices, servers, found, newDevice, exchanges } = cluster;
      const rounds = async (count: number): Promise<void> => {
        for (let n = 0; n < count; n += 1) {
          await Promise.all(devices.map((device) => device.refresh()));
          await pause(1_100);
        }
      };
      await rounds(1);
      await way.save(cluster);
      await rounds(2);
      // one more session, which the backup doesn't know
      const later = newDevice('later');
      await later.signIn();
      const tokens = [...devices, later].map((device) => device.accessToken);
      for (const server of servers) await server.end('SIGTERM');
      await way.bringBack(cluster);
      for (const server of servers) await server.start();

      const before = exchanges.length;
      for (const device of [...devices, later]) {
        // every refresh token that was ever out, the newest first
        for (let n = device.held.length - 1; n >= 0; n -= 1) await device.replay(n);
      }
      // long enough for the verifiers to be connected again and to have taken the new snapshot
      await pause(6_500);
      for (const token of tokens) await later.callWith(token);
      for (const one of exchanges.slice(before)) {
        if (one.status === 200)
          found.push({ invariant: 'I5', what: `${one.did} of ${one.family}: good after the restore` });
      }
      const again = newDevice('again');
      await again.signIn();
      await again.refresh();
      if ((await again.call()) !== 200) found.push({ invariant: 'I9', what: 'a new sign-in is not let in' });
      rmSync(file(cluster), { force: true });
    });
  },
};
