import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const conditions = ['@mapae/source'];

/** Minutes of waiting for clocks, npm and compilers: `npm run test:long`, and CI. */
const LONG = [
  'tests/faults/{feed,experiments,slow-reader,rotating-keys}.test.ts',
  'tests/packaging/**/*.test.ts',
  'tests/bench/run.test.ts',
  'tests/**/*.long.test.ts',
];

/** The longest go first: at the end one worker would wait for them while the others have nothing to do. */
const LONGEST = [
  'endpoints/endpoints.test.ts',
  'faults/invariants.test.ts',
  'e2e/story.test.ts',
  'pages/browser.test.ts',
  'refresh/rounds.test.ts',
  'e2e/start.test.ts',
  'cli/test/process.test.ts',
  'stores/postgres.test.ts',
  'cli/test/migrate.test.ts',
  'faults/every-call.test.ts',
  'verifier/test/keys.test.ts',
  'cli/test/doctor.test.ts',
  'pages/logins.test.ts',
  'statements/statements.test.ts',
  'stores/sqlite.test.ts',
  'verifier/test/feed.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONGEST.findIndex((name) => moduleId.endsWith(name));
      return place === -1 ? LONGEST.length : place;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    // half of the cores is vitest's default: on two that would be one. Three: the longest files wait for clocks, processes and
    // hashes a fourth of their time
    maxWorkers: Math.max(3, Math.floor(availableParallelism() / 2)),
    globalSetup: ['tests/global-setup.ts'],
    sequence: { sequencer: LongestFirst },
    execArgv: ['--conditions=@mapae/source', '--disable-warning=ExperimentalWarning'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts'],
          // 75 processes that each read and evaluate our sources are a seventh of the run's work. So a file leaves nothing
          // behind that another one could meet: no global, no server, no patched clock. docs/adr/0076
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/e2e/**', ...LONG],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          maxConcurrency: 4,
        },
      },
      ...(process.env['MAPAE_LONG'] === undefined
        ? []
        : [
            {
              extends: true as const,
              test: { name: 'long', include: LONG, testTimeout: 240_000, hookTimeout: 240_000 },
            },
          ]),
      {
        extends: true,
        test: { name: 'e2e', include: ['tests/e2e/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
      },
    ],
  },
});
