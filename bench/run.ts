// `npm run bench -- <name>`: every figure in the docs comes from here.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BENCHES } from './benches.ts';
import { barChart } from './harness/bar-chart.ts';
import { resultToMarkdown } from './harness/markdown.ts';
import { publish } from './harness/publish.ts';
import type { Result } from './harness/result.ts';

const USAGE = `npm run bench -- <name> [--quick] [--write] [--sessions N]

${Object.entries(BENCHES)
  .map(([name, { about }]) => `  ${name.padEnd(20)} ${about}`)
  .join('\n')}
  ${'all'.padEnd(20)} every one in turn, each in a process of its own

  --quick       a short run that shows that it works; its figures say nothing
  --write       puts the result into bench/results, docs/performance.md and docs/pictures
  --sessions N  for server: sessions in the big PostgreSQL table (default 1,000,000)

Without --write the result is printed, and left in .tmp/bench.
`;

function fail(message: string): never {
  process.stderr.write(`bench: error: ${message}\nbench: hint: npm run bench lists what there is\n`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        sessions: { type: 'string', default: '1000000' },
      },
    });
  } catch (error) {
    return fail(error instanceof Error ? error.message : 'the arguments could not be read');
  }
}

function leave(result: Result): void {
  const folder = join(fileURLToPath(new URL('../.tmp/bench/', import.meta.url)));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${result.bench}.json`), `${JSON.stringify(result, null, 2)}\n`);
  for (const chart of result.charts) writeFileSync(join(folder, `${chart.file}.svg`), barChart(chart));
}

const { values, positionals } = readArguments();
const [name, ...more] = positionals;
if (name === undefined) {
  process.stdout.write(USAGE);
  process.exit(0);
}
if (more.length > 0) fail('one benchmark at a time');
if (values.quick && values.write) fail('a quick run says nothing that could be written into the docs');
const sessions = Number(values.sessions);
if (!Number.isSafeInteger(sessions) || sessions < 10_000 || sessions > 100_000_000)
  fail('--sessions must be a whole number from 10,000 to 100,000,000');

if (name === 'all') {
  const rest = process.argv.slice(2).filter((argument) => argument !== 'all');
  let worst = 0;
  for (const one of Object.keys(BENCHES)) {
    process.stderr.write(`bench: ${one}\n`);
    const args = [...process.execArgv, fileURLToPath(import.meta.url), one, ...rest];
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
    worst = Math.max(worst, status ?? 1);
  }
  process.exit(worst);
}

const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
if (bench === undefined) fail(`no benchmark '${name}'`);
const { run } = await bench.load();
const result = await run({
  quick: values.quick,
  sessions,
  progress: (text) => process.stderr.write(`bench: ${text}\n`),
});
leave(result);
process.stdout.write(`# ${result.title}\n\n${resultToMarkdown(result, 'pictures')}\n`);
if (values.write) publish(result);
