import { defineConfig } from 'vitest/config';

const conditions = ['@mapae/source'];

/** What `npm run test:next` runs: docs/adr/0027. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['tests/next/*.check.ts'],
    execArgv: ['--conditions=@mapae/source'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
