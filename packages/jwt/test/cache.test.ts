import { expect, test } from 'vitest';
import {
  createJwtSigner,
  createJwtVerifier,
  createKeySet,
  createTokenCache,
  generatePrivateKey,
  generateSecretKey,
  type JwtClaims,
  publicKeyOf,
  rememberTokens,
  TokenRejected,
} from '../src/index.ts';

const start = Date.UTC(2026, 10, 23);
const second = start / 1_000;
const key = generateSecretKey('HS256');
const base = { keys: key, issuer: 'i', audience: 'a', typ: 'at+jwt' };
const signer = createJwtSigner({ key, typ: 'at+jwt', budgetBytes: 4_096 });

function verdictOf(work: () => unknown): string {
  try {
    work();
    return 'accepted';
  } catch (error) {
    return error instanceof TokenRejected ? `${error.code} ${error.claim ?? ''}` : String(error);
  }
}

const present = [
  { iat: second, nbf: second + 10, exp: second + 100 },
  { iat: second + 20, nbf: second + 5, exp: second + 100 },
  { iat: second, nbf: second, exp: second + 1 },
];
const combinations = present.flatMap((times) =>
  Array.from({ length: 8 }, (_, bits) => ({
    ...((bits & 1) === 0 ? {} : { iat: times.iat }),
    ...((bits & 2) === 0 ? {} : { nbf: times.nbf }),
    ...((bits & 4) === 0 ? {} : { exp: times.exp }),
  })),
);
const policies = [
  {},
  { clockToleranceSeconds: 7 },
  { maxAgeSeconds: 50 },
  { maxAgeSeconds: 1, clockToleranceSeconds: 3 },
  { dangerouslyAllowNoExpiry: true },
  { dangerouslyAllowNoExpiry: true, maxAgeSeconds: 50 },
];

test('C16: for every combination of iat, nbf, exp and rules, a remembered token has the verdict of a new one, at t − 1, t and t + 1', () => {
  let compared = 0;
  for (const times of combinations) {
    const token = signer.sign({ iss: 'i', aud: 'a', ...times });
    for (const policy of policies) {
      let now = start;
      const options = { ...base, ...policy, clock: () => now };
      const plain = createJwtVerifier(options);
      const caching = createJwtVerifier({ ...options, cache: rememberTokens({ maxEntries: 8, maxBytes: 8_192 }) });
      const { clockToleranceSeconds: tolerance = 0, maxAgeSeconds: age = 0 } = policy;
      const edges = [0, 5, 10, 20, 100, 1, age, 20 + age].flatMap((edge) => [edge - tolerance, edge, edge + tolerance]);
      const moments = edges.flatMap((edge) => [edge * 1_000 - 1, edge * 1_000, edge * 1_000 + 1]);
      // it has to be remembered: at some moment it is accepted, unless the policy never takes it
      for (const moment of moments) {
        now = start + moment;
        verdictOf(() => caching.verify(token));
      }
      for (const moment of moments) {
        now = start + moment;
        expect([times, policy, moment, verdictOf(() => caching.verify(token))]).toEqual([
          times,
          policy,
          moment,
          verdictOf(() => plain.verify(token)),
        ]);
        compared++;
      }
    }
  }
  expect(compared).toBeGreaterThan(5_000);
});

test('a remembered token isn’t checked again: the same frozen claims come back', () => {
  const token = signer.sign({ iss: 'i', aud: 'a', exp: second + 100 });
  const caching = createJwtVerifier({
    ...base,
    clock: () => start,
    cache: rememberTokens({ maxEntries: 8, maxBytes: 8_192 }),
  });
  expect(caching.verify(token)).toBe(caching.verify(token));
  const plain = createJwtVerifier({ ...base, clock: () => start });
  expect(plain.verify(token)).not.toBe(plain.verify(token));
});

test('a clock that stands still, jumps or gives no number accepts nothing by accident', () => {
  let now: unknown = start;
  const options = { ...base, clock: () => now as number };
  const token = signer.sign({ iss: 'i', aud: 'a', exp: second + 100 });
  const caching = createJwtVerifier({ ...options, cache: rememberTokens({ maxEntries: 8, maxBytes: 8_192 }) });
  const plain = createJwtVerifier(options);
  caching.verify(token);
  for (const wrong of [Number.NaN, undefined, 'soon', {}]) {
    now = wrong;
    expect(verdictOf(() => plain.verify(token))).toContain('TypeError: clock');
    expect(verdictOf(() => caching.verify(token))).toContain('TypeError: clock');
  }
  now = Number.POSITIVE_INFINITY;
  expect(verdictOf(() => caching.verify(token))).toContain('token/expired');
});

test('one recipe for two verifiers is two caches: no verdict reaches another policy (lua-resty-openidc#569)', () => {
  const cache = rememberTokens({ maxEntries: 8, maxBytes: 8_192 });
  const ours = createJwtVerifier({ ...base, clock: () => start, cache });
  const theirs = createJwtVerifier({ ...base, audience: 'b', clock: () => start, cache });
  const token = signer.sign({ iss: 'i', aud: 'a', exp: second + 100 });
  ours.verify(token);
  expect(verdictOf(() => theirs.verify(token))).toBe('token/audience aud');
});

test('GHSA-675f-rq2r-jw82: a key that is gone takes its remembered tokens along, and one issuer’s kid is not another’s', () => {
  const pair = generatePrivateKey('ES256', { kid: 'same' });
  const other = generatePrivateKey('ES256', { kid: 'same' });
  let keys = createKeySet([publicKeyOf(pair)]);
  const options = { ...base, clock: () => start, cache: rememberTokens({ maxEntries: 8, maxBytes: 8_192 }) };
  const verifier = createJwtVerifier({ ...options, keys: () => keys });
  const elsewhere = createJwtVerifier({ ...options, issuer: 'j', keys: publicKeyOf(other) });
  const token = createJwtSigner({ key: pair, typ: 'at+jwt' }).sign({ iss: 'i', aud: 'a', exp: second + 100 });
  verifier.verify(token);
  expect(verdictOf(() => elsewhere.verify(token))).toBe('token/signature ');
  keys = createKeySet([]);
  expect(verdictOf(() => verifier.verify(token))).toBe('token/unknown-key kid');
});

test('CVE-2026-35039: 1,000 users whose tokens have the same index bits each get their own claims', () => {
  const cache = createTokenCache<number>({ maxEntries: 1_000, maxBytes: 1_000_000 });
  const token = (user: number): string => `${'x'.repeat(20)}${user}.${'A'.repeat(20)}`;
  for (let user = 0; user < 1_000; user++) cache.add(token(user), user);
  for (let user = 0; user < 1_000; user++) expect(cache.find(token(user))).toBe(user);
  expect(cache.find(token(1_000))).toBeUndefined();
  for (let user = 0; user < 1_000; user += 2) cache.delete(token(user));
  for (let user = 0; user < 1_000; user++) expect(cache.find(token(user))).toBe(user % 2 === 0 ? undefined : user);
  expect(cache.size).toBe(500);
});

test('bounded in entries and bytes, whatever is added, asked for and deleted; what is there is right', () => {
  let seed = 42;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed % below;
  };
  const alphabet = 'ABab01-_';
  const tokens = Array.from({ length: 400 }, (_, at) => {
    const tail = Array.from({ length: 12 }, () => alphabet[random(random(2) === 0 ? 1 : 8)]).join('');
    return `${'y'.repeat(random(120))}${at}.${tail}`;
  });
  for (const [maxEntries, maxBytes] of [
    [1, 1_024],
    [7, 1_024],
    [64, 4_096],
    [65, 100_000],
    [300, 20_000],
  ] as const) {
    const cache = createTokenCache<string>({ maxEntries, maxBytes });
    const held = new Map<string, number>();
    for (let round = 0; round < 20_000; round++) {
      const token = tokens[random(tokens.length)] ?? '';
      const action = random(10);
      if (action < 5) {
        const value = cache.find(token);
        if (value !== undefined)
          expect(value).toBe(held.get(token) === undefined ? 'never added' : `${token} ${held.get(token)}`);
      } else if (action < 9) {
        held.set(token, round);
        cache.add(token, `${token} ${round}`);
        expect(cache.find(token)).toBe(`${token} ${round}`);
      } else {
        held.delete(token);
        cache.delete(token);
        expect(cache.find(token)).toBeUndefined();
      }
      expect(cache.size).toBeLessThanOrEqual(maxEntries);
      expect(cache.bytes).toBeLessThanOrEqual(maxBytes);
    }
    const present = tokens.filter((token) => cache.find(token) !== undefined);
    expect(present).toHaveLength(cache.size);
    expect(present.reduce((sum, token) => sum + token.length, 0)).toBe(cache.bytes);
    cache.clear();
    expect([cache.size, cache.bytes]).toEqual([0, 0]);
    expect(tokens.some((token) => cache.find(token) !== undefined)).toBe(false);
    cache.add('a.b.c', 'again');
    expect(cache.find('a.b.c')).toBe('again');
  }
});

test('what is asked for stays, what isn’t goes', () => {
  const cache = createTokenCache<number>({ maxEntries: 100, maxBytes: 1_000_000 });
  const token = (at: number): string => `h.p.${String(at).padStart(16, '0')}`;
  for (let at = 0; at < 100; at++) cache.add(token(at), at);
  for (let at = 100; at < 1_000; at++) {
    for (let hot = 0; hot < 10; hot++) cache.find(token(hot));
    cache.add(token(at), at);
  }
  for (let hot = 0; hot < 10; hot++) expect(cache.find(token(hot))).toBe(hot);
  expect(cache.size).toBe(100);
});

test('a token larger than the whole cache is not held, and nothing goes for it', () => {
  const cache = createTokenCache<number>({ maxEntries: 10, maxBytes: 1_024 });
  cache.add('a.b.c', 1);
  cache.add('x'.repeat(1_025), 2);
  expect([cache.size, cache.find('a.b.c'), cache.find('x'.repeat(1_025))]).toEqual([1, 1, undefined]);
});

test.each([
  { maxEntries: 0, maxBytes: 1_024 },
  { maxEntries: 1.5, maxBytes: 1_024 },
  { maxEntries: 1, maxBytes: 1_023 },
  { maxEntries: Number.NaN, maxBytes: 1_024 },
  { maxEntries: Number.POSITIVE_INFINITY, maxBytes: 1_024 },
  { maxEntries: '60', maxBytes: 1_024 },
  { maxEntries: 1 },
  { maxEntries: 1, maxBytes: 1_024, key: (token: string) => token.slice(-4) },
])('an option that is wrong is a TypeError, a key builder above all: %o', (options) => {
  expect(() => rememberTokens(options as { maxEntries: number; maxBytes: number })).toThrow(TypeError);
});

test('claims in a schema’s form are remembered frozen too', () => {
  const schema = {
    '~standard': {
      version: 1 as const,
      vendor: 'test',
      validate: (value: unknown) => ({ value: { role: String((value as JwtClaims)['role']), list: ['a'] } }),
    },
  };
  const verifier = createJwtVerifier({
    ...base,
    claims: schema,
    clock: () => start,
    cache: rememberTokens({ maxEntries: 8, maxBytes: 8_192 }),
  });
  const token = signer.sign({ iss: 'i', aud: 'a', exp: second + 100, role: 'reader' });
  const claims = verifier.verify(token);
  expect({ ...claims }).toEqual({ iss: 'i', aud: 'a', exp: second + 100, role: 'reader', list: ['a'] });
  expect(() => Object.assign(claims, { role: 'admin' })).toThrow(TypeError);
  expect(() => claims.list.push('b')).toThrow(TypeError);
  expect(verifier.verify(token)).toBe(claims);
});
