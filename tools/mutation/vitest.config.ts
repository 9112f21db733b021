import { defineConfig } from 'vitest/config';

const conditions = ['@mapae/source'];

/** The unit tests of @mapae/jwt alone, for Stryker: without the database of the global set-up, and without projects. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    // the ones that are about these files; with all of them the score could only be higher, and the run an hour long
    include: [
      'packages/jwt/test/{mutants-*,verify,keys,bad-tokens}.test.ts',
      'packages/jwt/test/jwe/nested.test.ts',
      'packages/jwt/test/properties/{parsers,tokens}.test.ts',
    ],
    execArgv: ['--conditions=@mapae/source', '--disable-warning=ExperimentalWarning'],
    testTimeout: 30_000,
  },
});
