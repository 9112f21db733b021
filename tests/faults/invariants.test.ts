import { describe, expect, test } from 'vitest';
import { BREAKAGES } from '../support/breakages.ts';
import { createPostgresDatabase } from '../support/postgres-database.ts';
import { runStory } from './story.ts';

// SECURITY.md, "Invariants": separate processes, an observer that sees HTTP answers only, and for each invariant a build
// that is broken on purpose. `MAPAE_TEST_SEED` repeats a run.
const seed = Number(process.env['MAPAE_TEST_SEED'] ?? Date.now() % 1_000_000);
const SECONDS = 3;

describe('as it is', () => {
  test.concurrent.each(['SQLite', 'PostgreSQL'])(`no invariant is broken on %s (seed ${seed})`, async (database) => {
    const postgres = database === 'PostgreSQL' ? { postgres: await createPostgresDatabase() } : {};
    const { violations, exchanges, feltAfterMs } = await runStory({ seed, seconds: SECONDS, ...postgres });
    expect(violations).toEqual([]);
    // the story really happened: answers were lost, tokens were refused, sign-outs were felt
    expect(exchanges.filter(({ did, status }) => did === 'refresh' && status === undefined).length).toBeGreaterThan(0);
    expect(exchanges.filter(({ did, status }) => did === 'refresh' && status === 200).length).toBeGreaterThan(10);
    expect(exchanges.filter(({ did, status }) => did === 'call' && status === 401).length).toBeGreaterThan(10);
    expect(feltAfterMs).toHaveLength(2);
    for (const ms of feltAfterMs) expect(ms).toBeLessThanOrEqual(1_000);
  });
});

describe('broken on purpose', () => {
  test.concurrent.each(BREAKAGES)('$invariant: a build in which $what is caught', async (breakage) => {
    // where every answer for a token was lost as well, an observer can't tell which invariant it was: another seed has other moments
    let seen: readonly string[] = [];
    for (let tries = 0; tries < 3 && !seen.includes(breakage.invariant); tries += 1) {
      const postgres = breakage.needs === 'postgres' ? { postgres: await createPostgresDatabase() } : {};
      const { violations } = await runStory({ seed: seed + tries, seconds: 1, breakage, ...postgres });
      seen = violations.map(({ invariant }) => invariant);
    }
    expect(seen).toContain(breakage.invariant);
  });
});
