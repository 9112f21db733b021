import { randomBytes } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import { expect, test } from 'vitest';
import { createPasswordHasher } from '../src/accounts/password.ts';
import { Problem } from '../src/problem.ts';

const hasher = createPasswordHasher(randomBytes);
const SALT = Buffer.alloc(16, 7).toString('base64').replace(/=+$/, '');
const OUT = Buffer.alloc(32, 7).toString('base64').replace(/=+$/, '');

test.each([
  ['memory for the whole machine', `$argon2id$v=19$m=4194304,t=2,p=1$${SALT}$${OUT}`],
  ['a thousand passes', `$argon2id$v=19$m=19456,t=1000,p=1$${SALT}$${OUT}`],
  ['99 passes', `$argon2id$v=19$m=19456,t=99,p=1$${SALT}$${OUT}`],
  ['9 lanes', `$argon2id$v=19$m=19456,t=2,p=9$${SALT}$${OUT}`],
  ['an output of a megabyte', `$argon2id$v=19$m=19456,t=2,p=1$${SALT}$${'A'.repeat(1_000_000)}`],
  ['another kind', `$argon2i$v=19$m=19456,t=2,p=1$${SALT}$${OUT}`],
  ['another version', `$argon2id$v=16$m=19456,t=2,p=1$${SALT}$${OUT}`],
  ['no hash at all', 'x'],
  ['nothing', ''],
  ['a line more', `$argon2id$v=19$m=19456,t=2,p=1$${SALT}$${OUT}\n`],
])('P07: a stored hash that asks for %s is no match, and costs what every other does', async (_what, stored) => {
  await hasher.verify('warm', undefined);
  const time = async (of: string | undefined): Promise<number> => {
    const began = performance.now();
    expect(await hasher.verify('correct horse battery', of)).toBe(false);
    return performance.now() - began;
  };
  // twenty times of one hash, so that a slow machine is none of its business; what is bounded here would take far longer
  expect(await time(stored)).toBeLessThan(20 * (await time(undefined)) + 200);
});

test('P05: so many places there are, for whatever is to be done; a full queue refuses at once, and a place that is left is free', async () => {
  const own = createPasswordHasher(randomBytes);
  const places = Array.from({ length: 34 }, () => own.enter());
  const refused = (): string => {
    try {
      own.enter().leave();
      return 'let in';
    } catch (error) {
      return error instanceof Problem ? error.code : String(error);
    }
  };
  expect(refused()).toBe('request/too-many');
  await expect(own.hash('correct horse battery')).rejects.toMatchObject({ code: 'request/too-many' });
  await expect(own.verify('correct horse battery', undefined)).rejects.toMatchObject({ code: 'request/too-many' });
  expect(await places[0]?.verify('correct horse battery', undefined)).toBe(false);
  places[0]?.leave();
  expect([refused(), refused()]).toEqual(['let in', 'let in']);
  expect(own.load()).toEqual({ running: 0, waiting: 0 });
});

test('P07: a hash with older parameters is a match, and said to be outdated; one with those of today is not', async () => {
  const older = await hash('correct horse battery', { memoryCost: 4_096, timeCost: 3, parallelism: 1, outputLen: 32 });
  expect([await hasher.verify('correct horse battery', older), hasher.isOutdated(older)]).toEqual([true, true]);
  const today = await hasher.hash('correct horse battery');
  expect([await hasher.verify('correct horse battery', today), hasher.isOutdated(today)]).toEqual([true, false]);
});

const LONG = 'p'.repeat(72);
test.each([
  ['behind the 72nd byte (bcrypt)', `${LONG}a`, `${LONG}b`],
  ['behind a NUL', 'correct horse\0battery', 'correct horse\0staple'],
  ['in case', 'Correct horse battery', 'correct horse battery'],
  ['in a space at the end', 'correct horse battery ', 'correct horse battery'],
  ['behind the 1,000th byte', `${'x'.repeat(1_000)}a`, `${'x'.repeat(1_000)}b`],
])('P06: passwords that differ %s are two', async (_how, one, other) => {
  const stored = await hasher.hash(one);
  expect(await hasher.verify(one, stored)).toBe(true);
  expect(await hasher.verify(other, stored)).toBe(false);
});
