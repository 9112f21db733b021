import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const conditions = ['@mapae/source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    // most of the time a test waits for processes and clocks, so there may be more files at a time than cores
    maxWorkers: availableParallelism() + 1,
    globalSetup: ['tests/global-setup.ts'],
    execArgv: ['--conditions=@mapae/source', '--disable-warning=ExperimentalWarning'],
    projects: [
      { extends: true, test: { name: 'unit', include: ['packages/*/test/**/*.test.ts'], testTimeout: 30_000 } },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/e2e/**'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          maxConcurrency: 5,
        },
      },
      {
        extends: true,
        test: { name: 'e2e', include: ['tests/e2e/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
      },
    ],
  },
});
