import { createPostgresDatabase } from '../../support/postgres-database.ts';
import type { Experiment } from '../experiment.ts';
import { runFeedStory } from '../feed-story.ts';

const CLOCKS_OFF_MS = [30_000, -30_000, 3_600_000, -3_600_000];

export const X8: Experiment = {
  id: 'X8',
  title:
    'revocation feed cut, hanging, flapping; a process stopped; clocks off; rows written late; 200 verifiers at once',
  databases: ['sqlite', 'postgres'],
  async run({ seconds, database }) {
    const postgres = database === 'postgres' ? { postgres: await createPostgresDatabase() } : {};
    const { violations, requests } = await runFeedStory({
      seconds,
      verifiers: 200,
      clocksOffMs: CLOCKS_OFF_MS,
      ...postgres,
    });
    return { violations, requests };
  },
};
