import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { barChart } from '../../bench/harness/bar-chart.ts';
import { GUIDES, withTables } from '../../bench/harness/guide-tables.ts';
import { short, tableToMarkdown } from '../../bench/harness/markdown.ts';
import { withSection } from '../../bench/harness/publish.ts';
import { judge } from '../../bench/harness/result.ts';
import { inFlight, measureRounds } from '../../bench/harness/rounds.ts';
import { median, pairedRatio, quantile, uniform, zipf } from '../../bench/harness/statistics.ts';
import { seededRandom } from '../support/seeded-random.ts';

test('the median is the middle value, and the mean of the two middle ones', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test('a quantile is a value that was measured (nearest rank)', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect([0, 0.5, 0.99, 1].map((share) => quantile(hundred, share))).toEqual([1, 50, 99, 100]);
  expect(quantile([7], 0.99)).toBe(7);
});

test('a paired ratio does not see a round in which the machine was slow for both', () => {
  expect(pairedRatio([10, 500, 10], [20, 1_000, 20])).toBe(0.5);
  // the ratio of the medians alone would say 10 / 500
  expect(pairedRatio([10, 10, 800], [20, 500, 500])).toBe(0.5);
  expect(() => pairedRatio([1], [1, 2])).toThrow(RangeError);
});

test('zipf asks for the nth most popular thing 1/n as often as for the first, and for nothing outside', () => {
  const counts = new Uint32Array(10);
  const draws = 200_000;
  for (const index of zipf(10, draws, seededRandom(1).next)) counts[index] = (counts[index] ?? 0) + 1;
  const total = Array.from({ length: 10 }, (_, rank) => 1 / (rank + 1)).reduce((sum, share) => sum + share);
  for (const [rank, count] of counts.entries()) expect(count / draws).toBeCloseTo(1 / (rank + 1) / total, 2);
  expect(counts.reduce((sum, count) => sum + count)).toBe(draws);
});

test('uniform asks for each thing as often as for any other', () => {
  const counts = new Uint32Array(4);
  for (const index of uniform(4, 100_000, seededRandom(2).next)) counts[index] = (counts[index] ?? 0) + 1;
  for (const count of counts) expect(count / 100_000).toBeCloseTo(0.25, 2);
});

test('each contestant is measured once in each round, and as often as the pace says', async () => {
  const calls = { a: 0, b: 0 };
  const spin = (name: 'a' | 'b') => (count: number) => {
    for (let done = 0; done < count; done++) calls[name] += Math.sqrt(done) > -1 ? 1 : 0;
  };
  const measured = await measureRounds(
    [
      { name: 'a', run: spin('a') },
      { name: 'b', run: async (count) => spin('b')(count) },
    ],
    { rounds: 4, slices: 2, sliceMs: 1 },
  );
  expect(measured.map(({ name, nanoseconds }) => [name, nanoseconds.length])).toEqual([
    ['a', 4],
    ['b', 4],
  ]);
  expect(measured.every(({ nanoseconds }) => nanoseconds.every((value) => value > 0))).toBe(true);
  expect(calls.a).toBeGreaterThan(8);
});

test('so many operations are under way at once, never more, and each is done once', async () => {
  let underWay = 0;
  let most = 0;
  const seen: number[] = [];
  await inFlight(50, 8, async (index) => {
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(index);
    underWay--;
  });
  expect(most).toBe(8);
  expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index));
});

test('a goal is judged by its direction, and a figure that is not there reaches nothing', () => {
  const more = { what: '', unit: '×', better: 'more', floor: 2, aim: 3 } as const;
  expect([1.99, 2, 3, undefined, Number.NaN].map((got) => judge({ ...more, got }))).toEqual([
    'missed',
    'floor',
    'aim',
    'not measured',
    'not measured',
  ]);
  const less = { what: '', unit: 'ms', better: 'less', floor: 20 } as const;
  expect([20, 20.1].map((got) => judge({ ...less, got }))).toEqual(['floor', 'missed']);
});

test('numbers are written with three significant digits', () => {
  expect([0, 0.00123, 0.97, 1.234, 12.34, 999.6, 9_994, 12_345, 999_700, 12_340_000].map(short)).toEqual([
    '0',
    '0.00123',
    '0.970',
    '1.23',
    '12.3',
    '1,000',
    '9,994',
    '12.3 k',
    '1.00 M',
    '12.3 M',
  ]);
  expect(tableToMarkdown({ columns: ['', 'n'], rows: [['a|b', 1]] })).toBe(
    '|  | n |\n| --- | ---: |\n| a\\|b | 1.00 |',
  );
});

test('a section of the page is replaced between its markers and nowhere else', () => {
  const page = 'a\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nb\n';
  expect(withSection(page, 'x', 'new')).toBe('a\n<!-- bench:x -->\nnew\n<!-- /bench:x -->\nb\n');
  expect(() => withSection(page, 'y', 'new')).toThrow('no place for y');
});

test('the tables of a guide are replaced by number, with the command that made them, and nothing else is', () => {
  const tables = [0, 1].map((number) => ({ title: '', columns: ['n'], rows: [[number]] }));
  const result = { bench: 'x', command: 'npm run bench -- x', at: '2026-11-25T00:00:00.000Z', tables };
  const guide = 'a\n<!-- table:x:1 -->\nold\n<!-- /table:x:1 -->\n<!-- table:y:1 -->\nold\n<!-- /table:y:1 -->\n';
  const written = withTables(guide, result);
  expect(written).toBe(
    'a\n<!-- table:x:1 -->\n| n |\n| ---: |\n| 1.00 |\n\n`npm run bench -- x`, 2026-11-25\n<!-- /table:x:1 -->\n<!-- table:y:1 -->\nold\n<!-- /table:y:1 -->\n',
  );
  // a second time
  expect(withTables(written, result)).toBe(written);
  expect(() => withTables('<!-- table:x:2 -->\n<!-- /table:x:2 -->', result)).toThrow('no table 2');
});

test('each guide shows the same tables of figures', () => {
  const [first, ...others] = GUIDES.map((path) => {
    const guide = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
    return [...guide.matchAll(/<!-- (\/?table:\S+) -->/g)].map(([, place]) => place);
  });
  expect(first?.length).toBeGreaterThan(4);
  for (const other of others) expect(other).toEqual(first);
});

test('a chart is well-formed XML whatever the labels say, and its longest bar fits', () => {
  const svg = barChart({
    file: 'x',
    title: 'a < b & "c"',
    unit: 'µs',
    groups: [
      {
        title: 'g',
        bars: [
          { label: '<script>', value: 4, ours: true },
          { label: 'b', value: 2 },
        ],
      },
    ],
  });
  expect(svg).not.toContain('<script>');
  expect(svg).toContain('prefers-color-scheme: dark');
  const widths = [...svg.matchAll(/<rect class="(\w+)" x="250" y="\d+" width="([\d.]+)"/g)];
  expect(widths.map(([, kind, width]) => [kind, Number(width)])).toEqual([
    ['ours', 390],
    ['theirs', 195],
  ]);
});
