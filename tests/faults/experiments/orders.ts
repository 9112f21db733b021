import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FAULTED } from '../../../packages/server/test/faults/endpoints.ts';
import { failEveryCall } from '../../../packages/server/test/faults/every-call.ts';
import { openFaultWorld } from '../../../packages/server/test/faults/world.ts';
import type { Violation } from '../../support/observer.ts';
import { createPostgresDatabase } from '../../support/postgres-database.ts';
import type { Experiment, Outcome } from '../experiment.ts';

const VITEST = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url));

export const X18: Experiment = {
  id: 'X18',
  title: 'two and three requests in every order of their statements (refresh, sign-out, password, cut-offs, roles)',
  // one run does both
  databases: ['postgres'],
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'mapae-orders-'));
    try {
      return judge(await runSuite(join(folder, 'report.json')));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

async function runSuite(file: string): Promise<Report> {
  const suite = 'packages/server/test/stores/interleavings.test.ts';
  const args = [VITEST, 'run', suite, '--reporter=json', `--outputFile.json=${file}`, '--maxWorkers=1'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  await once(child, 'close');
  return JSON.parse(readFileSync(file, 'utf8')) as Report;
}

function judge({ testResults }: Report): Outcome {
  const all = testResults.flatMap(({ assertionResults }) => assertionResults);
  const violations = all
    .filter(({ status }) => status !== 'passed')
    .map(({ fullName }): Violation => ({ invariant: fullName.includes('I5') ? 'I5' : 'I2', what: fullName }));
  if (all.length === 0) violations.push({ invariant: 'I2', what: 'no test was run: the experiment proves nothing' });
  return { requests: all.length, violations };
}

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
