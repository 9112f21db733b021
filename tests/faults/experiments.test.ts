import { expect, test } from 'vitest';
import { X12 } from './experiments/drain.ts';
import { X23 } from './experiments/restore.ts';

// The short form of `npm run faults`: what the story of invariants.test.ts doesn't tell. `MAPAE_TEST_SEED` repeats a run.
const seed = Number(process.env['MAPAE_TEST_SEED'] ?? Date.now() % 1_000_000);

test.concurrent(`X12: a SIGTERM under load costs no request (seed ${seed})`, async () => {
  const { violations, requests } = await X12.run({ seed, seconds: 1, database: 'postgres' });
  expect(violations).toEqual([]);
  expect(requests).toBeGreaterThan(50);
});

test.concurrent(`X23: after a restore no token of before is good (seed ${seed})`, async () => {
  const { violations } = await X23.run({ seed, seconds: 1, database: 'sqlite' });
  expect(violations).toEqual([]);
});
