// What `npm run mutation` runs: docs/testing.md.
const SUBJECTS = ['base64url', 'claims', 'header', 'keys', 'verify'];

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  packageManager: 'npm',
  plugins: [import.meta.resolve('@stryker-mutator/vitest-runner')],
  testRunner: 'vitest',
  vitest: { configFile: 'tools/mutation/vitest.config.ts', related: false },
  mutate: SUBJECTS.map((name) => `packages/jwt/src/${name}.ts`),
  ignorePatterns: ['.tmp', '**/dist', 'tools/mutation/node_modules'],
  // TypeScript 7 has no API for Stryker to rewrite one with, and nothing here needs it
  tsconfigFile: 'none',
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 4_000,
  reporters: ['clear-text', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: '.tmp/mutation.json' },
  tempDirName: '.tmp/stryker',
  thresholds: { high: 95, low: 90, break: 90 },
};
