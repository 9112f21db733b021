import assert from 'node:assert/strict';
import {
  countRevocations,
  createUser,
  DAY,
  HandClock,
  hashOf,
  passed,
  presentation,
  START,
  type StoreCase,
  startSession,
} from './harness.ts';

export const epochCases: readonly StoreCase[] = [
  {
    title: 'a new epoch ends every session with one cut-off, and sessions start again after it',
    async run(harness) {
      const clock = new HandClock();
      const store = await harness.open({ clock: clock.read });
      const users = [await createUser(store, 'a@example.test'), await createUser(store, 'b@example.test')];
      const before = await Promise.all(users.map((user) => startSession(store, user)));
      clock.now -= DAY;
      const { epoch: seen } = await store.readState();
      await store.changeEpoch(seen);

      const other = await harness.open({ clock: clock.read });
      const { epoch } = await other.readState();
      assert.notDeepEqual(epoch, seen);
      const [cutoff] = await harness.query('select before from revocations where code = 6');
      assert.equal(cutoff?.['before'], START, 'the newest session, not a clock that was set back');
      assert.equal(await countRevocations(harness), 1);
      for (const one of before) {
        assert.deepEqual(await other.presentRefreshCounter(presentation(one, 0)), { status: 'epoch' });
        assert.deepEqual(await other.presentRefreshCounter(presentation(one, 0, { epoch })), { status: 'ended' });
        assert.equal((await other.findSession(one.session.id))?.endReason, 'restored');
        assert.equal((await other.findSessionWithUser(one.session.id))?.session.endReason, 'restored');
        assert.deepEqual(await other.listSessions(one.user.id), []);
      }
      for (const user of users) {
        const after = await startSession(other, user);
        assert.deepEqual([after.epoch, after.session.createdAt], [epoch, START + 1]);
        passed(await other.presentRefreshCounter(presentation(after, 0)), 'same');
      }
    },
  },
  {
    title: 'of many that see the database gone back, one changes the epoch',
    async run(harness) {
      const stores = [await harness.open(), await harness.open()];
      const [store] = stores;
      assert.ok(store);
      const { epoch: seen } = await store.readState();
      await Promise.all(Array.from({ length: 5 }, () => stores.map((each) => each.changeEpoch(seen))).flat());
      assert.equal(await countRevocations(harness, 6), 1);
      await store.changeEpoch(hashOf(1).slice(16));
      assert.equal(await countRevocations(harness, 6), 1, 'an epoch of no database');
    },
  },
  {
    title: 'a session that starts while the epoch changes is over, or belongs to the new one',
    async run({ open, query }) {
      const clock = new HandClock();
      const [a, b] = [await open({ clock: clock.read }), await open({ clock: clock.read })];
      const users = await Promise.all(Array.from({ length: 6 }, (_, i) => createUser(a, `${i}@example.test`)));
      for (let round = 0; round < 5; round += 1) {
        const { epoch: seen } = await a.readState();
        const [, ...started] = await Promise.all([
          b.changeEpoch(seen),
          ...users.map((user, i) => startSession(i % 2 === 0 ? a : b, user)),
        ]);
        const { epoch } = await b.readState();
        const [row] = await query('select sessions_cutoff from meta');
        for (const one of started) {
          const isNew = one.session.createdAt > Number(row?.['sessions_cutoff']);
          assert.deepEqual(one.epoch, isNew ? epoch : seen);
          const status = isNew ? 'same' : 'ended';
          assert.equal((await a.presentRefreshCounter(presentation(one, 0, { epoch }))).status, status);
        }
      }
    },
  },
];
