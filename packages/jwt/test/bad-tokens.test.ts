import { expect, test } from 'vitest';
import { createJwtVerifier, createKeySet, publicKeyOf, rememberTokens, TokenRejected } from '../src/index.ts';
import { type BadToken, badTokens, localBadTokens } from './bad-tokens.ts';
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
const caching = createJwtVerifier({ ...options, cache: rememberTokens({ maxEntries: 100, maxBytes: 100_000 }) });

function verdict(verify: (token: string) => unknown, { token }: BadToken): string {
  try {
    verify(token);
    return 'accepted';
  } catch (error) {
    if (error instanceof TokenRejected) return error.code;
    throw error;
  }
}

const rows = [...badTokens(context), ...localBadTokens(context)];

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

test('checked on the thread pool, every row has the same verdict', async () => {
  for (const { title, token, code } of rows) {
    const got = await plain.verifyAsync(token).then(
      () => 'accepted',
      (error: unknown) => (error instanceof TokenRejected ? error.code : error),
    );
    expect([title, got]).toEqual([title, code]);
  }
});

test.each([
  ['a Buffer', Buffer.from(rows.at(-1)?.token ?? ''), 'token/malformed'],
  ['nothing', undefined, 'token/malformed'],
  ['null', null, 'token/malformed'],
  ['a number', 1, 'token/malformed'],
  ['a String object', new String('a.b.c'), 'token/malformed'],
  ['J19: a flattened serialisation as an object', { protected: '', payload: '', signature: '' }, 'token/json'],
  ['J19: a general serialisation as an object', { payload: '', signatures: [] }, 'token/json'],
] as const)('%s instead of a token is refused', (_title, token, code) => {
  for (const verifier of [plain, caching]) {
    expect(verdict((one) => verifier.verify(one), { id: '', title: '', token: token as unknown as string, code })).toBe(
      code,
    );
  }
});

test('J13, CVE-2025-30204: 8 MB of dots are refused without being looked at', () => {
  const dots = '.'.repeat(8_000_000);
  plain.verifyAsync(dots).catch(() => undefined);
  const start = performance.now();
  for (let round = 0; round < 100; round++) verdict(plain.verify, { id: '', title: '', token: dots, code: 'accepted' });
  expect(performance.now() - start).toBeLessThan(100);
});
