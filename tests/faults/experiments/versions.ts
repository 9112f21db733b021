import { setTimeout as pause } from 'node:timers/promises';
import type { SourceEdit } from '../../support/breakages.ts';
import { settle, storm } from '../cluster.ts';
import type { Experiment } from '../experiment.ts';
import { withCluster } from './crashes.ts';

/** The next version of the server: this one, with one more step of the schema, which adds a column. */
const NEXT: SourceEdit = {
  file: 'server/src/stores/migrations.ts',
  find: "    '0001_start': {",
  replace:
    "    '9999_next': { up: async (db) => { await db.schema.alterTable('users').addColumn('next', 'text').execute(); } },\n    '0001_start': {",
};

export const X11: Experiment = {
  id: 'X11',
  title: 'servers are replaced by the next version under load, which moves the schema on, and back by this one',
  databases: ['sqlite', 'postgres'],
  run: (given) =>
    withCluster(given, { replicas: given.database === 'postgres' ? 2 : 1, devices: 6 }, async (cluster) => {
      const { servers, found, random } = cluster;
      await storm(cluster, async () => {
        await pause(given.seconds * 200);
        for (const version of [NEXT, undefined]) {
          for (const server of servers) {
            await server.end('SIGTERM');
            await server.start(version);
            const ready = await fetch(`http://localhost:${server.port}/readyz`);
            if (ready.status !== 200)
              found.push({
                invariant: 'I6',
                what: `a server of ${version === undefined ? 'this' : 'the next'} version is not ready`,
              });
            // one of each, for a while
            await pause(random.between(200, 400) + given.seconds * 100);
          }
        }
      });
      await settle(cluster);
    }),
};
