import { expect, test } from 'vitest';
import { createJwtVerifier, createKeySet, publicKeyOf, TokenRejected } from '../src/index.ts';
import { type BadToken, badTokens } from './bad-tokens.ts';
import { goodContext } from './good-claims.ts';

const now = Date.UTC(2026, 10, 23);
const context = goodContext(now);
const options = {
  keys: createKeySet([publicKeyOf(context.key)]),
  issuer: context.issuer,
  audience: context.audience,
  typ: 'at+jwt',
  clock: () => now,
};
const plain = createJwtVerifier(options);
const caching = createJwtVerifier({ ...options, cache: { maxEntries: 100, maxBytes: 100_000 } });

function verdict(verify: (token: string) => unknown, { token }: BadToken): string {
  try {
    verify(token);
    return 'accepted';
  } catch (error) {
    if (error instanceof TokenRejected) return error.code;
    throw error;
  }
}

const rows = badTokens(context);

test.each(rows)('$id: $title → $code', (row) => {
  expect(verdict(plain.verify, row)).toBe(row.code);
});

test('a cache that has seen good tokens changes no verdict, the second time either', () => {
  for (const row of [...rows, ...rows])
    expect([row.title, verdict(caching.verify, row)]).toEqual([row.title, row.code]);
});

test('a rejection holds nothing of the token', () => {
  for (const { token } of rows) {
    try {
      plain.verify(token);
    } catch (error) {
      const text = `${String(error)} ${JSON.stringify(error)}`;
      for (const part of token.split('.')) if (part.length > 12) expect(text).not.toContain(part);
    }
  }
});
