import { expect, test } from 'vitest';
import { createLimits, type SignInAttempt, TooMany } from '../src/limits/limits.ts';
import { networkName } from '../src/limits/network.ts';
import { deriveSecrets } from '../src/secrets/secrets.ts';
import { openStore } from '../src/stores/kysely-store.ts';
import { openNodeSqlite } from '../src/stores/node-sqlite.ts';
import { sqliteDialect } from '../src/stores/sqlite.ts';

test('what the bucket of an account refuses takes nothing from the network: others on it are judged', async () => {
  const store = await openStore(sqliteDialect(await openNodeSqlite(':memory:'), await openNodeSqlite(':memory:')), {
    issuer: 'https://auth.example.test',
    clock: () => 1_767_225_600_000,
  });
  try {
    let monotonic = 0;
    const limits = createLimits({
      store,
      secrets: deriveSecrets(['kDq3z0Zr8x5vVnYw1mTtC4uJ7sB2aE9hLgP6fRoXiNs']),
      monotonic: () => monotonic,
    });
    const attempt = (email: string, password: string): SignInAttempt => ({
      email,
      password,
      ip: '203.0.113.9',
      device: undefined,
    });
    const judged = async (email: string, count: number): Promise<readonly (string | undefined)[]> => {
      const verdicts: (string | undefined)[] = [];
      for (let n = 0; n < count; n += 1) {
        // whoever else asks has forgotten what the store refused
        monotonic += 120_000;
        const refused = await limits.beginSignIn(attempt(email, `${email} ${n}`)).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (refused !== undefined && !(refused instanceof TooMany)) throw refused;
        verdicts.push(refused?.limit);
      }
      return verdicts;
    };
    expect(await judged('kim@example.test', 70)).toEqual([
      ...Array.from({ length: 10 }, () => undefined),
      ...Array.from({ length: 60 }, () => 'sign-in:account'),
    ]);
    const others: (string | undefined)[] = [];
    for (let n = 0; n < 41; n += 1) others.push(...(await judged(`${n}@example.test`, 1)));
    expect(others).toEqual([...Array.from({ length: 40 }, () => undefined), 'sign-in:network']);
  } finally {
    await store.close();
  }
});

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['2001:DB8:0:0:1::9', '2001:db8:0:0::/64'],
  ['64:ff9b::203.0.113.9', '203.0.113.9'],
  ['127.0.0.1', '127.0.0.1'],
  ['::1', '::1'],
  [undefined, undefined],
])('the network of %s is written %s', (address, written) => {
  expect(networkName(address)).toBe(written);
});
