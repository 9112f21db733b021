import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAULTED } from '../../packages/server/test/faults/endpoints.ts';
import { failEveryCall } from '../../packages/server/test/faults/every-call.ts';
import { type FaultWorld, openFaultWorld } from '../../packages/server/test/faults/world.ts';
import { createPostgresDatabase } from '../support/postgres-database.ts';

// What packages/server/test/faults/every-call.test.ts tries a part of.
describe.each(['SQLite', 'PostgreSQL'])(
  'X19: the n-th call of the database fails, at every endpoint, on %s',
  (database) => {
    let world: FaultWorld;
    beforeAll(async () => {
      world = await openFaultWorld(database === 'SQLite' ? undefined : await createPostgresDatabase());
    });
    afterAll(() => world.close());

    test.each(Object.entries(FAULTED))(
      '%s: 503 or clean, all or nothing, and a repetition works',
      async (_, endpoint) => {
        const { wrong, failed } = await failEveryCall(world, endpoint);
        expect(wrong).toEqual([]);
        expect(failed).toBeGreaterThan(0);
      },
    );
  },
);
