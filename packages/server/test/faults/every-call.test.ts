import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresDatabase } from '../../../../tests/support/postgres-database.ts';
import { FAULTED } from './endpoints.ts';
import { failEveryCall } from './every-call.ts';
import { type FaultWorld, openFaultWorld } from './world.ts';

/** Forms that do what the API does, whose calls are tried here, and take long at it. */
const ONLY_LONG = /^POST \/(?:sign-in|sign-up|forgot|account\/security|account\/devices), a form/;
/**
 * `npm run test:long` (tests/faults/every-call.long.test.ts) and `npm run faults -- X19` try all of them on both. Each step of the store is tried
 * on both by the store's own suite; here whole endpoints are, on the second database those that write most.
 */
const ON_POSTGRES = /refresh|sign-out|password\/reset|roles|suspend/;

describe.each(['SQLite', 'PostgreSQL'])('X19: the n-th call of the database fails, n = 1, 2, …, on %s', (database) => {
  let world: FaultWorld;
  beforeAll(async () => {
    world = await openFaultWorld(database === 'SQLite' ? undefined : await createPostgresDatabase());
  });
  afterAll(() => world.close());

  const cases = Object.entries(FAULTED).filter(([name]) =>
    database === 'SQLite' ? !ONLY_LONG.test(name) : ON_POSTGRES.test(name),
  );
  test.each(cases)('%s: 503 or clean, all or nothing, and a repetition works', async (_, endpoint) => {
    const { wrong, failed } = await failEveryCall(world, endpoint);
    expect(wrong).toEqual([]);
    expect(failed).toBeGreaterThan(0);
  });
});
