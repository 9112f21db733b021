import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ATTACKS } from './rows.ts';

/** How many classes each group has. */
const GROUPS = { T: 27, K: 20, J: 23, E: 8, C: 16, X: 9, O: 60, R: 18, F: 15, B: 13, P: 14, D: 8, L: 5, S: 3 };

test('the catalogue has every row once, in order', () => {
  const ids = Object.entries(GROUPS).flatMap(([group, count]) =>
    Array.from({ length: count }, (_, i) => `${group}${String(i + 1).padStart(2, '0')}`),
  );
  expect(ATTACKS.map(({ id }) => id)).toEqual(ids);
});

test('each row is tested, or says why not', () => {
  for (const { id, tests, open } of ATTACKS) expect([id, tests.length > 0 || (open ?? '') !== '']).toEqual([id, true]);
});

test('each place that a row names is there', () => {
  const texts = new Map<string, string>();
  const root = new URL('../../', import.meta.url);
  const missing = ATTACKS.flatMap(({ id, tests }) =>
    tests.flatMap(([file, title]) => {
      const text = texts.get(file) ?? readFileSync(new URL(file, root), 'utf8');
      texts.set(file, text);
      return text.includes(title) ? [] : [`${id}: ${title} in ${file}`];
    }),
  );
  expect(missing).toEqual([]);
});
