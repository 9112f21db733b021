import { setTimeout as pause } from 'node:timers/promises';
import { startPostgres } from '../../support/postgres.ts';
import { createPostgresDatabase } from '../../support/postgres-database.ts';
import { answered, type Cluster, type ClusterOptions, settle, startCluster, storm } from '../cluster.ts';
import type { Experiment, Given, Outcome } from '../experiment.ts';

/** A cluster on the database that is asked for, until it is judged. */
export async function withCluster(
  { seed, database, breakage }: Given,
  options: Partial<ClusterOptions>,
  trouble: (cluster: Cluster) => Promise<void>,
): Promise<Outcome> {
  const cluster = await startCluster({
    seed,
    ...(breakage === undefined ? {} : { breakage }),
    ...(database === 'postgres' && options.database === undefined ? { database: await createPostgresDatabase() } : {}),
    ...options,
  });
  try {
    await trouble(cluster);
    return { violations: await cluster.finish(), requests: cluster.exchanges.length };
  } finally {
    await cluster.dispose();
  }
}

const families = (seconds: number): number => Math.min(200, 4 + seconds * 3);

export const X1: Experiment = {
  id: 'X1',
  title: 'SIGKILL of one server every 1-3 s in a refresh storm',
  databases: ['sqlite', 'postgres'],
  run: (given) =>
    withCluster(
      given,
      // SQLite is for one server
      { replicas: given.database === 'postgres' ? 3 : 1, devices: families(given.seconds) },
      async (cluster) => {
        const until = performance.now() + given.seconds * 1_000;
        await storm(cluster, async () => {
          while (performance.now() < until) {
            await pause(cluster.random.between(500, 2_000));
            const victim = cluster.random.pick(cluster.servers);
            await victim.end('SIGKILL');
            await pause(cluster.random.between(0, 500));
            await victim.start();
          }
        });
        await settle(cluster);
      },
    ),
};

export const X2: Experiment = {
  id: 'X2',
  title: 'SIGKILL of PostgreSQL in the storm, and its restart',
  databases: ['postgres'],
  async run(given) {
    const postgres = await startPostgres([]);
    if (postgres === undefined) return { requests: 0, violations: [], skipped: 'no PostgreSQL here' };
    try {
      return await withCluster(
        given,
        { database: postgres.url, replicas: 2, devices: families(given.seconds) },
        async (cluster) => {
          const until = performance.now() + given.seconds * 1_000;
          await storm(cluster, async () => {
            while (performance.now() < until) {
              await pause(cluster.random.between(500, 2_500));
              await postgres.crash();
              await pause(cluster.random.between(0, 1_000));
              await postgres.restart();
            }
            await pause(500);
          });
          await settle(cluster);
        },
      );
    } finally {
      await postgres.stop();
    }
  },
};

export const X4: Experiment = {
  id: 'X4',
  title: 'answers lost after the commit',
  databases: ['sqlite', 'postgres'],
  run: (given) =>
    withCluster(given, { devices: families(given.seconds) }, async (cluster) => {
      const until = performance.now() + given.seconds * 1_000;
      await storm(cluster, async () => {
        while (performance.now() < until) {
          cluster.front.loseAnswers(cluster.random.between(0, 3));
          await pause(cluster.random.between(50, 300));
        }
        cluster.front.loseAnswers(0);
      });
      await settle(cluster);
    }),
};

export const X20: Experiment = {
  id: 'X20',
  title: 'everything is restarted, then all old artefacts are replayed',
  databases: ['sqlite', 'postgres'],
  run: (given) =>
    withCluster(given, { devices: 4 }, async (cluster) => {
      const { devices, servers, newDevice } = cluster;
      const [out, stays] = [devices[0] ?? newDevice('out'), devices[1] ?? newDevice('stays')];
      for (let round = 0; round < 2; round += 1) {
        await Promise.all(devices.map((device) => device.refresh()));
        await pause(1_100);
      }
      await Promise.all(devices.map((device) => device.refresh()));
      const dead = out.accessToken;
      await out.signOut();
      for (const server of servers) await server.end('SIGKILL');
      for (const server of servers) await server.start();
      // what was acknowledged works, what was ended stays ended, what was spent ends its family
      await answered(stays);
      await out.refresh();
      // until the verifiers are connected again, the bound is the one of those that are cut off
      await pause(6_000);
      await out.callWith(dead);
      await Promise.all(devices.slice(2).map((device) => device.replay(0)));
      await settle({ ...cluster, devices: [stays] });
    }),
};
