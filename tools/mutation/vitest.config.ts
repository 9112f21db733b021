import { defineConfig } from 'vitest/config';

const conditions = ['@mapae/source'];

/** The unit tests of @mapae/jwt alone, for Stryker: without the database of the global set-up, and without projects. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['packages/jwt/test/**/*.test.ts'],
    // they run other programs on the sources, or watch the clock: a mutant shows elsewhere, and sooner
    exclude: [
      'packages/jwt/test/bundle.test.ts',
      'packages/jwt/test/types/instantiations.test.ts',
      'packages/jwt/test/properties/work.test.ts',
    ],
    execArgv: ['--conditions=@mapae/source', '--disable-warning=ExperimentalWarning'],
    testTimeout: 30_000,
  },
});
