import { expect, test } from 'vitest';
import { createPostgresDatabase } from '../support/postgres-database.ts';
import { runFeedStory } from './feed-story.ts';

// X7, X8: the feed cut, hanging and flapping, a process that stands still, clocks that are off, rows written by others, a
// stampede. The long form: npm run faults -- --seconds 600 X8

test('the feed in trouble: nobody is let in beyond the bound, nothing is 500, and it is well again without hands', async () => {
  const { violations, feltAfterMs, requests } = await runFeedStory({
    seconds: 3,
    postgres: await createPostgresDatabase(),
    verifiers: 50,
    clocksOffMs: [30_000, -3_600_000],
  });
  expect(violations).toEqual([]);
  expect(requests).toBeGreaterThan(100);
  expect(Object.keys(feltAfterMs).toSorted()).toEqual([
    'SIGSTOP',
    'after a server was killed',
    'committed before it',
    'committed late',
    'cut',
    'flapping',
    'hang',
    'moved to another server',
    'stampede',
    'through another server',
    'written elsewhere',
  ]);
  expect(Math.max(feltAfterMs['committed late'] ?? 9_999, feltAfterMs['written elsewhere'] ?? 9_999)).toBeLessThan(
    1_500,
  );
});
