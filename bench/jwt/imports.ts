import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onCore } from '../harness/cores.ts';
import { buildPackages } from '../harness/packed.ts';
import type { Table } from '../harness/result.ts';
import { median } from '../harness/statistics.ts';

const PEERS = fileURLToPath(new URL('../peers/', import.meta.url));

/** Milliseconds until `import` is done, each time in a new process, ours as it is published. */
export function measureImports(times: number): Table {
  const ours = buildPackages();
  const wanted: readonly (readonly [name: string, specifier: string, folder: string])[] = [
    ['@mapae/jwt', `${ours}/jwt/dist/index.js`, ours],
    ['@mapae/jwt/decode', `${ours}/jwt/dist/decode.js`, ours],
    ...['jose', 'fast-jwt', 'jsonwebtoken', 'hono/jwt'].map((name) => [name, name, PEERS] as const),
  ];
  const values = wanted.map((): number[] => []);
  for (let time = 0; time < times; time++)
    for (const [index, [, specifier, folder]] of wanted.entries()) values[index]?.push(importOnce(specifier, folder));
  return {
    title: 'Import, ms (median of new processes)',
    columns: ['', ...wanted.map(([name]) => name)],
    rows: [['ms', ...values.map(median)]],
  };
}

function importOnce(specifier: string, folder: string): number {
  const source = `await import('node:crypto');
    const began = performance.now();
    await import(${JSON.stringify(specifier)});
    process.stdout.write(String(performance.now() - began));`;
  const [command = '', ...args] = onCore(0, [process.execPath, '--input-type=module', '-e', source]);
  const { stdout, stderr, status } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`import of ${specifier}: ${stderr}`);
  return Number(stdout);
}
