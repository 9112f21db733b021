import assert from 'node:assert/strict';
import { blindRevocationId } from '@mapae/verifier';
import type { Store } from '../../stores/store.ts';
import {
  countRevocations,
  createUser,
  DAY,
  HandClock,
  passed,
  presentation,
  SECOND,
  START,
  type StoreCase,
  type StoreHarness,
  startSession,
} from './harness.ts';

const ISSUER = 'https://auth.example.test';

async function insertRevocations(harness: StoreHarness, count: number): Promise<void> {
  const id = harness.bytes('00112233445566778899aabbccddeeff');
  await harness.query(
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
     insert into revocations (number, code, blind_id, before, until) select null, 2, ${id}, 0, ${START + DAY} from n`,
  );
}

async function numbersOf(store: Store): Promise<readonly number[]> {
  return (await store.readRevocations(0, 1_000_000)).map((row) => row.number);
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}

export const feedCases: readonly StoreCase[] = [
  {
    title: 'a revocation is read once it is published, blinded, with its end',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read, issuer: ISSUER, accessTokenSeconds: 600 });
      const user = await createUser(store);
      const { session } = await startSession(store, user);
      await store.endSession(user.id, session.id, 'sign-out');
      const { cutoff } = await store.endAllSessions(user.id, 'admin');
      assert.deepEqual(await store.readRevocations(0, 10), []);
      assert.deepEqual((await store.snapshotRevocations()).rows, []);

      const position = await store.publishRevocations();
      assert.deepEqual(position, { epoch: (await store.readState()).epoch, number: 2 });
      const until = START + 600 * SECOND + 300 * SECOND;
      const rows = [
        { number: 1, code: 1, id: blindRevocationId(ISSUER, 'session', session.id), before: 0, until },
        { number: 2, code: 4, id: blindRevocationId(ISSUER, 'subject', user.id), before: cutoff, until },
      ];
      const other = await open({ clock: clock.read });
      assert.deepEqual(await other.readRevocations(0, 10), rows);
      assert.deepEqual(await other.readRevocations(1, 10), rows.slice(1));
      assert.deepEqual(await other.readRevocations(0, 1), rows.slice(0, 1));
      assert.deepEqual(await other.snapshotRevocations(), { position, rows });
      assert.deepEqual(await other.publishRevocations(), position, 'nothing to publish');
    },
  },
  {
    title: 'numbers have no gap, whoever writes and whoever publishes',
    async run({ open }) {
      const stores = [await open(), await open(), await open()];
      const [reader] = stores;
      assert.ok(reader);
      const work = stores.flatMap((store, s) => [
        ...Array.from({ length: 15 }, (_, i) => store.revoke({ code: 2, value: `${s}.${i}`, before: 0 })),
        ...Array.from({ length: 5 }, () => store.publishRevocations()),
      ]);
      let busy = true;
      const done = Promise.all(work).finally(() => {
        busy = false;
      });
      while (busy) {
        const numbers = await numbersOf(reader);
        assert.deepEqual(numbers, upTo(numbers.length), 'at any moment');
        // a store that answers at once must not keep the writers' timers from running
        await new Promise((resolve) => setImmediate(resolve));
      }
      await done;
      assert.equal((await reader.publishRevocations()).number, 45);
      assert.deepEqual(await numbersOf(reader), upTo(45));
    },
  },
  {
    title: 'rows keep the order in which they were written, across slices',
    async run(harness) {
      const store = await harness.open();
      await store.revoke({ code: 2, value: 'first', before: 0 });
      await insertRevocations(harness, 4_500);
      await store.revoke({ code: 2, value: 'last', before: 0 });
      assert.equal((await store.publishRevocations()).number, 4_502);
      const rows = await harness.query('select number from revocations order by seq');
      assert.deepEqual(
        rows.map((row) => Number(row['number'])),
        upTo(4_502),
      );
    },
  },
  {
    title: 'a snapshot holds all up to its position and nothing after, while others publish',
    async run(harness) {
      const clock = new HandClock();
      const [store, other] = [await harness.open({ clock: clock.read }), await harness.open({ clock: clock.read })];
      await insertRevocations(harness, 4_500);
      await store.publishRevocations();
      const [snapshot] = await Promise.all([
        store.snapshotRevocations(),
        ...Array.from({ length: 10 }, async (_, i) => {
          await other.revoke({ code: 2, value: `${i}`, before: 0 });
          await other.publishRevocations();
        }),
      ]);
      assert.ok(snapshot.position.number >= 4_500);
      assert.deepEqual(
        snapshot.rows.map((row) => row.number),
        upTo(snapshot.position.number),
      );
    },
  },
  {
    title: 'pruning takes what is past its end, a few at a time, and never the newest number',
    async run(harness) {
      const clock = new HandClock();
      const store = await harness.open({ clock: clock.read });
      for (const value of ['a', 'b', 'c']) await store.revoke({ code: 2, value, before: 0 });
      await store.publishRevocations();
      clock.now += 600 * SECOND;
      await store.revoke({ code: 2, value: 'd', before: 0 });
      await store.publishRevocations();
      assert.equal(await store.pruneRevocations(10), 0, 'not past it yet');
      assert.equal((await store.snapshotRevocations()).rows.length, 4);

      clock.now += 1;
      const { rows } = await store.snapshotRevocations();
      assert.deepEqual(
        rows.map((row) => row.number),
        [4],
      );
      assert.equal(await store.pruneRevocations(2), 2);
      assert.equal(await store.pruneRevocations(2), 1);
      clock.now += DAY;
      await store.revoke({ code: 2, value: 'e', before: 0 });
      clock.now += DAY;
      assert.equal(await store.pruneRevocations(10), 1, 'an unpublished row stays');
      assert.equal(await countRevocations(harness), 1);
      assert.equal((await (await harness.open()).readState()).number, 4);
      assert.equal((await store.publishRevocations()).number, 5);
    },
  },
  {
    title: 'a row lives for the longest access-token lifetime that any process was started with',
    async run({ open }) {
      const clock = new HandClock();
      await open({ clock: clock.read, accessTokenSeconds: 3_600 });
      const store = await open({ clock: clock.read, accessTokenSeconds: 60 });
      await store.revoke({ code: 2, value: 'a', before: 0 });
      await store.revoke({ code: 9, value: '', before: START + SECOND });
      await store.publishRevocations();
      const ends = (await store.readRevocations(0, 10)).map((row) => row.until - START);
      assert.deepEqual(ends, [3_900 * SECOND, 3_901 * SECOND]);
    },
  },
  {
    title: 'a revoked session is over, and its revocation is written once',
    async run(harness) {
      const store = await harness.open();
      const user = await createUser(store);
      const started = await startSession(store, user);
      await store.revoke({ code: 1, value: started.session.id, before: 0 });
      assert.equal((await store.findSession(started.session.id))?.endReason, 'admin');
      assert.equal((await store.presentRefreshCounter(presentation(started, 0))).status, 'ended');
      assert.equal(await countRevocations(harness), 1);
    },
  },
  ...(
    [
      { code: 4, of: 'a person' },
      { code: 5, of: 'a client' },
      { code: 6, of: 'everyone' },
    ] as const
  ).map(
    ({ code, of }): StoreCase => ({
      title: `a sessions cut-off of ${of} ends what was there, and what starts later is later`,
      async run({ open }) {
        const clock = new HandClock();
        const store = await open({ clock: clock.read });
        const user = await createUser(store);
        const before = await startSession(store, user);
        const value = code === 4 ? user.id : code === 5 ? 'first-party' : '';
        await store.revoke({ code, value, before: START + SECOND });
        assert.equal((await store.presentRefreshCounter(presentation(before, 0))).status, 'ended');
        await store.revoke({ code, value, before: START });
        const after = await startSession(store, user);
        assert.equal(after.session.createdAt, START + SECOND + 1, 'an earlier cut-off takes nothing back');
        passed(await store.presentRefreshCounter(presentation(after, 0)), 'same');
      },
    }),
  ),
  {
    title: 'a cut-off that makes no sense is a TypeError, and nothing is written',
    async run(harness) {
      const store = await harness.open();
      const { now } = await store.readState();
      for (const revocation of [
        { code: 1, value: 'a', before: 1 },
        { code: 9, value: '', before: -1 },
        { code: 9, value: '', before: 1.5 },
        { code: 6, value: '', before: now + DAY },
      ] as const) {
        await assert.rejects(store.revoke(revocation), TypeError);
      }
      assert.equal(await countRevocations(harness), 0);
    },
  },
];
