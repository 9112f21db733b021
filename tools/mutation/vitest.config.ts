import { defineConfig } from 'vitest/config';

const conditions = ['@mapae/source'];
const subject = process.env['MUTATION_SUBJECT'];
if (subject === undefined) throw new Error('MUTATION_SUBJECT names the source that is broken: run `npm run mutation`');

/**
 * The tests of one source of @mapae/jwt, for Stryker: without the database of the global set-up, and without projects. The other tests
 * would notice more mutants, not fewer; but each of some hundred runs would take as long as the suite.
 */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    // a verifier's rules for headers are in verify.ts too
    include: [subject, ...(subject === 'verify' ? ['header'] : [])].map(
      (name) => `packages/jwt/test/mutants-${name}.test.ts`,
    ),
    execArgv: ['--conditions=@mapae/source', '--disable-warning=ExperimentalWarning'],
    testTimeout: 30_000,
  },
});
