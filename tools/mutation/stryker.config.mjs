// What tools/mutation/run.mjs runs for one source: docs/testing.md.

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  packageManager: 'npm',
  plugins: [import.meta.resolve('@stryker-mutator/vitest-runner')],
  testRunner: 'vitest',
  vitest: { configFile: 'tools/mutation/vitest.config.ts', related: false },
  mutate: [`packages/jwt/src/${process.env.MUTATION_SUBJECT}.ts`],
  ignorePatterns: ['.tmp', '**/dist', 'tools/mutation/node_modules'],
  // TypeScript 7 has no API for Stryker to rewrite one with, and nothing here needs it
  tsconfigFile: 'none',
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 3_000,
  warnings: { slow: false },
  reporters: ['clear-text', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: false },
  jsonReporter: { fileName: `.tmp/mutation/${process.env.MUTATION_SUBJECT}.json` },
  tempDirName: '.tmp/stryker',
};
