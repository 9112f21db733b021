import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { FAULTED } from '../../../packages/server/test/faults/endpoints.ts';
import { failEveryCall } from '../../../packages/server/test/faults/every-call.ts';
import { openFaultWorld } from '../../../packages/server/test/faults/world.ts';
import type { Violation } from '../../support/observer.ts';
import { createPostgresDatabase } from '../../support/postgres-database.ts';
import type { Experiment } from '../experiment.ts';

const VITEST = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url));

export const X18: Experiment = {
  id: 'X18',
  title: 'two and three requests in every order of their statements (refresh, sign-out, password, cut-offs, roles)',
  // one run does both
  databases: ['postgres'],
  async run() {
    const child = spawn(
      process.execPath,
      [VITEST, 'run', 'packages/server/test/stores/interleavings.test.ts', '--reporter=json', '--maxWorkers=1'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    await once(child, 'close');
    const { testResults } = JSON.parse(text.slice(text.indexOf('{'))) as {
      readonly testResults: readonly {
        readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
      }[];
    };
    const all = testResults.flatMap(({ assertionResults }) => assertionResults);
    const violations = all
      .filter(({ status }) => status !== 'passed')
      .map(({ fullName }): Violation => ({ invariant: fullName.includes('I5') ? 'I5' : 'I2', what: fullName }));
    return { requests: all.length, violations };
  },
};

export const X19: Experiment = {
  id: 'X19',
  title: 'the n-th call of the database fails, n = 1, 2, …, before it and after it, at every endpoint',
  databases: ['sqlite', 'postgres'],
  async run({ database }) {
    const world = await openFaultWorld(database === 'postgres' ? await createPostgresDatabase() : undefined);
    const violations: Violation[] = [];
    let requests = 0;
    try {
      for (const [name, endpoint] of Object.entries(FAULTED)) {
        const { wrong, failed } = await failEveryCall(world, endpoint);
        requests += failed;
        violations.push(...wrong.map((what): Violation => ({ invariant: 'I3', what: `${name}: ${what}` })));
      }
    } finally {
      await world.close();
    }
    return { requests, violations };
  },
};
