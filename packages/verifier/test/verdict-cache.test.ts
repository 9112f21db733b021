import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createVerdictCache } from '../src/verdict-cache.ts';

const token = (): string => `${randomBytes(30).toString('base64url')}.${randomBytes(64).toString('base64url')}`;
const tokens = (count: number): string[] => Array.from({ length: count }, token);

describe('a cache of verdicts', () => {
  test('with room remembers at first sight', () => {
    const cache = createVerdictCache<number>({ maxEntries: 10, maxBytes: 10_000 });
    const ten = tokens(10);
    for (const [index, one] of ten.entries()) cache.add(one, index);
    expect(ten.map((one) => cache.find(one))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test.each([
    ['entries', { maxEntries: 64, maxBytes: 1_000_000 }],
    ['bytes', { maxEntries: 100_000, maxBytes: 64 * 127 }],
  ])('that is full by %s keeps what it holds from ten thousand tokens that come once', (_full, options) => {
    const cache = createVerdictCache<string>(options);
    const held = tokens(64);
    for (const one of held) cache.add(one, 'held');
    for (const one of tokens(10_000)) cache.add(one, 'once');
    expect(held.filter((one) => cache.find(one) === 'held').length).toBe(64);
    expect(cache.size).toBe(64);
  });

  test('that is full makes room for a token that comes again', () => {
    const cache = createVerdictCache<string>({ maxEntries: 64, maxBytes: 1_000_000 });
    for (const one of tokens(64)) cache.add(one, 'held');
    const newcomer = token();
    cache.add(newcomer, 'again');
    expect(cache.find(newcomer)).toBeUndefined();
    cache.add(newcomer, 'again');
    expect(cache.find(newcomer)).toBe('again');
    expect(cache.size).toBe(64);
  });

  test('that is full takes in a new working set within a few rounds', () => {
    const cache = createVerdictCache<string>({ maxEntries: 64, maxBytes: 1_000_000 });
    for (const one of tokens(64)) cache.add(one, 'old');
    const working = tokens(60);
    for (let round = 0; round < 6; round++)
      for (const one of working) if (cache.find(one) === undefined) cache.add(one, 'new');
    expect(working.filter((one) => cache.find(one) === 'new').length).toBeGreaterThan(50);
  });
});
