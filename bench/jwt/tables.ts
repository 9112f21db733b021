import type { Table } from '../harness/result.ts';
import type { Measured } from '../harness/rounds.ts';
import { median } from '../harness/statistics.ts';
import type { ByAlgorithm } from './fresh.ts';
import type { Remembered } from './remembered.ts';

/** Operations a second. */
export function rate(measured: readonly Measured[] | undefined, name: string): number | undefined {
  const one = measured?.find((candidate) => candidate.name === name);
  return one === undefined ? undefined : 1e9 / median(one.nanoseconds);
}

function names(lists: Iterable<readonly Measured[]>): string[] {
  const all = [...new Set([...lists].flatMap((list) => list.map(({ name }) => name)))];
  const primitive = (name: string): boolean => name.startsWith('node:crypto');
  return [...all.filter(primitive), ...all.filter((name) => !primitive(name))];
}

export function freshTables(verify: ByAlgorithm, sign: ByAlgorithm): Table[] {
  const table = (title: string, found: ByAlgorithm): Table => ({
    title,
    columns: ['operations/s', ...found.keys()],
    rows: names(found.values()).map((name) => [name, ...[...found.values()].map((list) => rate(list, name) ?? '–')]),
  });
  return [table('Verify, never seen', verify), table('Sign', sign)];
}

export function rememberedTable(remembered: Remembered, decoded: readonly Measured[]): Table {
  const live = remembered.live.toLocaleString('en-US');
  const lists = [remembered.same, remembered.uniform, remembered.zipf, decoded];
  return {
    title: 'Verify, seen before (ES256), and decode',
    columns: ['operations/s', 'same token again', `${live} live, uniform`, `${live} live, zipf`, 'decode'],
    rows: names(lists).map((name) => [name, ...lists.map((list) => rate(list, name) ?? '–')]),
  };
}
