import assert from 'node:assert/strict';
import type { RateLimit } from '../../stores/rate-limit-store.ts';
import type { Store } from '../../stores/store.ts';
import { DAY, HandClock, SECOND, type StoreCase } from './harness.ts';

const LIMIT: RateLimit = { key: new Uint8Array(16).fill(7), burst: 3, everyMs: 10 * SECOND };

async function takes(store: Store, count: number, limit = LIMIT): Promise<string> {
  let text = '';
  for (let n = 0; n < count; n++) text += (await store.takeRateLimit(limit)).taken ? 'y' : 'n';
  return text;
}

export const limitCases: readonly StoreCase[] = [
  {
    title: 'takeRateLimit: a burst, then one more each so often, and it says when',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      assert.equal(await takes(store, 5), 'yyynn');
      assert.deepEqual(await store.takeRateLimit(LIMIT), { taken: false, retryAfterMs: 10 * SECOND });
      clock.now += 10 * SECOND - 1;
      assert.deepEqual(await store.takeRateLimit(LIMIT), { taken: false, retryAfterMs: 1 });
      clock.now += 1;
      assert.equal(await takes(store, 2), 'yn');
      clock.now += DAY;
      assert.equal(await takes(store, 4), 'yyyn', 'it never saves up more than a burst');
    },
  },
  {
    title: 'takeRateLimit: keys do not touch each other',
    async run({ open }) {
      const store = await open({ clock: new HandClock().read });
      assert.equal(await takes(store, 4), 'yyyn');
      assert.equal(await takes(store, 4, { ...LIMIT, key: new Uint8Array(16).fill(8) }), 'yyyn');
    },
  },
  {
    title: 'takeRateLimit: of any number at once, from two processes, exactly a burst passes',
    async run({ open }) {
      const clock = new HandClock();
      const stores = [await open({ clock: clock.read }), await open({ clock: clock.read })];
      const all = await Promise.all(
        stores.flatMap((store) => Array.from({ length: 20 }, () => store.takeRateLimit(LIMIT))),
      );
      assert.equal(all.filter(({ taken }) => taken).length, LIMIT.burst);
    },
  },
  {
    title: 'giveBackRateLimit: what was given back can be taken again, and no more than that',
    async run({ open }) {
      const store = await open({ clock: new HandClock().read });
      assert.equal(await takes(store, 3), 'yyy');
      await store.giveBackRateLimit(LIMIT);
      assert.equal(await takes(store, 2), 'yn');
    },
  },
  {
    title: 'takeRateLimit: a clock that was set back by a day locks nobody out',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      assert.equal(await takes(store, 4), 'yyyn');
      clock.now -= DAY;
      assert.equal(await takes(store, 2), 'yy');
    },
  },
  {
    title: 'pruneRateLimits: only buckets that are empty again, and no more than asked for',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      for (const byte of [1, 2, 3]) await store.takeRateLimit({ ...LIMIT, key: new Uint8Array(16).fill(byte) });
      clock.now += 5 * SECOND;
      await takes(store, 3);
      clock.now += 6 * SECOND;
      assert.equal(await store.pruneRateLimits(2), 2);
      assert.equal(await store.pruneRateLimits(10), 1);
      assert.equal(await takes(store, 1), 'n', 'the bucket in use was kept');
    },
  },
];
