import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const conditions = ['@mapae/source'];

/** Minutes of waiting for clocks, npm and compilers: `npm run test:long`, and CI. */
const LONG = [
  'tests/faults/{feed,experiments,slow-reader,rotating-keys}.test.ts',
  'tests/packaging/**/*.test.ts',
  'tests/bench/run.test.ts',
  'tests/**/*.long.test.ts',
];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    // half of the cores is vitest's default: on two that would be one
    maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
    globalSetup: ['tests/global-setup.ts'],
    execArgv: ['--conditions=@mapae/source', '--disable-warning=ExperimentalWarning'],
    projects: [
      { extends: true, test: { name: 'unit', include: ['packages/*/test/**/*.test.ts'], testTimeout: 30_000 } },
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
