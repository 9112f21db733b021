import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { BENCHES } from '../../bench/benches.ts';
import { judge, type Result } from '../../bench/harness/result.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

function bench(...args: readonly string[]) {
  const flags = ['--conditions=@mapae/source', '--disable-warning=ExperimentalWarning'];
  return spawnSync(process.execPath, [...flags, 'bench/run.ts', ...args], { cwd: ROOT, encoding: 'utf8' });
}

test('npm run bench lists what there is', () => {
  const { status, stdout } = bench();
  expect(status).toBe(0);
  for (const name of Object.keys(BENCHES)) expect(stdout).toContain(`  ${name} `);
});

test('an unknown benchmark and a quick run that should be written are refused', () => {
  for (const args of [['nothing'], ['jwt', '--quick', '--write']]) {
    const { status, stdout, stderr } = bench(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^bench: error: /);
  }
});

test.each(['revocation', 'sessions-vs-tokens'])(
  '%s: a quick run comes to its end and leaves a well-formed result',
  {
    timeout: 600_000,
  },
  (name) => {
    const { status, stdout, stderr } = bench(name, '--quick');
    // what npm says of a peer that it could not have is no error of ours
    expect([status, /^bench: error/m.test(stderr)]).toEqual([0, false]);
    const result = JSON.parse(readFileSync(`${ROOT}.tmp/bench/${name}.json`, 'utf8')) as Result;
    expect([result.bench, result.quick, result.machine.node]).toEqual([name, true, process.version]);
    for (const { columns, rows } of result.tables) for (const row of rows) expect(row).toHaveLength(columns.length);
    for (const one of result.reach) expect(['aim', 'floor', 'missed']).toContain(judge(one));
    expect(stdout).toContain('A quick run: these figures say nothing');
  },
);

test('docs/performance.md has a place for every benchmark', () => {
  const page = readFileSync(`${ROOT}docs/performance.md`, 'utf8');
  const places = [...page.matchAll(/<!-- bench:([\w-]+) -->/g)].map(([, name]) => name);
  expect(new Set(places)).toEqual(new Set(Object.keys(BENCHES)));
  for (const name of Object.keys(BENCHES)) expect(page).toContain(`<!-- /bench:${name} -->`);
});
