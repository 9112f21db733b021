import assert from 'node:assert/strict';
import {
  countRevocations,
  createUser,
  DAY,
  HandClock,
  hashOf,
  passed,
  presentation,
  SECOND,
  START,
  type StoreCase,
  startSession,
} from './harness.ts';

export const refreshCases: readonly StoreCase[] = [
  {
    title: 'within the window the current counter stays, after it it advances once',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      const started = await startSession(store, await createUser(store));
      clock.now += 30 * SECOND;
      const same = passed(await store.presentRefreshCounter(presentation(started, 0)), 'same');
      assert.equal(same.grant.counter, 0);
      clock.now += 1;
      const advanced = passed(
        await store.presentRefreshCounter(presentation(started, 0, { secretId: 'newer', ip: '192.0.2.1' })),
        'advanced',
      );
      assert.deepEqual(
        [advanced.grant.counter, advanced.grant.secretId, advanced.grant.rotatedAt, advanced.session.ip],
        [1, 'newer', clock.now, '192.0.2.1'],
      );
      assert.deepEqual(advanced.grant, await store.findGrant(started.grant.id));
      assert.deepEqual(advanced.session, await store.findSession(started.session.id));
      assert.equal(advanced.now, clock.now);
    },
  },
  {
    title: 'the one before is answered with the current counter within the window, under the secret of the row',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      const started = await startSession(store, await createUser(store));
      clock.now += 31 * SECOND;
      await store.presentRefreshCounter(presentation(started, 0));
      clock.now += 30 * SECOND;
      const retry = passed(await store.presentRefreshCounter(presentation(started, 0, { secretId: 'other' })), 'retry');
      assert.deepEqual([retry.grant.counter, retry.grant.secretId], [1, 'secret']);
    },
  },
  {
    title: 'an answer lost for hours: the same Idempotency-Key gets the current counter, once',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      const started = await startSession(store, await createUser(store));
      const present = (counter: number, key: number) =>
        store.presentRefreshCounter(presentation(started, counter, { retryKeyHash: hashOf(key) }));
      clock.now += DAY;
      passed(await present(0, 1), 'advanced');
      clock.now += DAY;
      passed(await present(0, 1), 'retry');
      passed(await present(0, 1), 'retry');
      passed(await present(1, 2), 'advanced');
      clock.now += DAY;
      assert.equal((await present(0, 1)).status, 'replayed');
    },
  },
  {
    title: 'hours later another Idempotency-Key, or none, is a replay',
    async run({ open }) {
      for (const retryKeyHash of [hashOf(2), undefined]) {
        const clock = new HandClock();
        const store = await open({ clock: clock.read });
        const user = await createUser(store, `${retryKeyHash === undefined}@example.test`);
        const started = await startSession(store, user);
        clock.now += DAY;
        passed(await store.presentRefreshCounter(presentation(started, 0, { retryKeyHash: hashOf(1) })), 'advanced');
        clock.now += DAY;
        const again = await store.presentRefreshCounter(presentation(started, 0, { retryKeyHash }));
        assert.equal(again.status, 'replayed');
      }
    },
  },
  {
    title: 'once the current counter was presented, not even the right Idempotency-Key brings back the one before',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      const started = await startSession(store, await createUser(store));
      const withKey = { retryKeyHash: hashOf(1) };
      clock.now += DAY;
      passed(await store.presentRefreshCounter(presentation(started, 0, withKey)), 'advanced');
      // writes no time of last use, being so soon: the presentation must rest all the same
      passed(await store.presentRefreshCounter(presentation(started, 1)), 'same');
      clock.now += DAY;
      assert.equal((await store.presentRefreshCounter(presentation(started, 0, withKey))).status, 'replayed');
    },
  },
  {
    title: 'a retry gives the row its key only where it had none',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      const started = await startSession(store, await createUser(store));
      const present = (key: number | undefined) =>
        store.presentRefreshCounter(
          presentation(started, 0, { retryKeyHash: key === undefined ? undefined : hashOf(key) }),
        );
      clock.now += DAY;
      passed(await present(undefined), 'advanced');
      passed(await present(1), 'retry');
      passed(await present(2), 'retry');
      clock.now += DAY;
      passed(await present(1), 'retry');
      assert.equal((await present(2)).status, 'replayed');
    },
  },
  {
    title: 'a replay ends grant and session for every connection, with one revocation, and stays over',
    async run(harness) {
      const clock = new HandClock();
      const store = await harness.open({ clock: clock.read });
      const started = await startSession(store, await createUser(store));
      for (const counter of [0, 1]) {
        clock.now += DAY;
        passed(await store.presentRefreshCounter(presentation(started, counter)), 'advanced');
      }
      const replayed = await store.presentRefreshCounter(presentation(started, 0));
      assert.equal(replayed.status, 'replayed');
      assert.ok('grant' in replayed && replayed.grant.endedAt === clock.now);

      const other = await harness.open({ clock: clock.read });
      assert.equal((await other.findGrant(started.grant.id))?.endedAt, clock.now);
      const session = await other.findSession(started.session.id);
      assert.deepEqual([session?.endedAt, session?.endReason], [clock.now, 'replayed']);
      for (const counter of [0, 1, 2, 3]) {
        assert.deepEqual(await other.presentRefreshCounter(presentation(started, counter)), { status: 'ended' });
      }
      assert.equal(await countRevocations(harness), 1);
      assert.equal(await countRevocations(harness, 1), 1);
    },
  },
  {
    title: 'of fifty at once with one counter one advances, and the others get the same token',
    async run({ open }) {
      const clock = new HandClock();
      const stores = [await open({ clock: clock.read }), await open({ clock: clock.read })];
      const [store] = stores;
      assert.ok(store);
      const started = await startSession(store, await createUser(store));
      for (let counter = 0; counter < 3; counter += 1) {
        clock.now += DAY;
        const verdicts = await Promise.all(
          Array.from({ length: 25 }, () =>
            stores.map((each) => each.presentRefreshCounter(presentation(started, counter))),
          ).flat(),
        );
        assert.equal(verdicts.filter((verdict) => verdict.status === 'advanced').length, 1);
        for (const verdict of verdicts) {
          assert.ok('session' in verdict, `${verdict.status} hands out no token`);
          assert.equal(verdict.grant.counter, counter + 1);
        }
      }
    },
  },
  {
    title: 'of many replays at once each is refused, and one revocation is written',
    async run(harness) {
      const clock = new HandClock();
      const stores = [await harness.open({ clock: clock.read }), await harness.open({ clock: clock.read })];
      const [store] = stores;
      assert.ok(store);
      const started = await startSession(store, await createUser(store));
      for (const counter of [0, 1]) {
        clock.now += DAY;
        await store.presentRefreshCounter(presentation(started, counter));
      }
      const verdicts = await Promise.all(
        Array.from({ length: 10 }, () =>
          stores.map((each) => each.presentRefreshCounter(presentation(started, 0))),
        ).flat(),
      );
      const statuses = verdicts.map((verdict) => verdict.status).sort();
      assert.deepEqual(statuses, [...Array.from({ length: 19 }, () => 'ended'), 'replayed']);
      assert.equal(await countRevocations(harness), 1);
    },
  },
  {
    title: 'refused without a trace: unknown, ahead, of another epoch, of the other delivery, late',
    async run({ open, query }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      const started = await startSession(store, await createUser(store));
      clock.now += DAY;
      const rows = async () => [await query('select * from grants'), await query('select * from sessions')];
      const before = await rows();
      const refused = async (changes: Parameters<typeof presentation>[2], counter = 0) => {
        const verdict = await store.presentRefreshCounter(presentation(started, counter, changes));
        assert.deepEqual(await rows(), before);
        return verdict;
      };
      assert.deepEqual(await refused({ grantId: 'none' }), { status: 'unknown' });
      assert.deepEqual(await refused({}, 1), { status: 'ahead' });
      assert.deepEqual(await refused({ epoch: hashOf(1).slice(16) }), { status: 'epoch' });
      assert.deepEqual(await refused({ delivery: 'bearer' }), { status: 'ended' });
      assert.deepEqual(await refused({ waitedMs: () => 10_001 }), { status: 'late' });
      passed(await store.presentRefreshCounter(presentation(started, 0, { waitedMs: () => 10_000 })), 'advanced');
    },
  },
  {
    title: 'the age of the last advance counts from the arrival of the request',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      const started = await startSession(store, await createUser(store));
      clock.now += 35 * SECOND;
      const waitedMs = (): number => 5_000;
      passed(await store.presentRefreshCounter(presentation(started, 0, { waitedMs })), 'same');
    },
  },
  {
    title: 'the idle limit moves with use and never beyond the absolute one; past either it is over',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      const user = await createUser(store);
      const limits = { idleSeconds: 100, absoluteSeconds: 150 };
      const started = await startSession(store, user, limits);
      assert.equal(started.session.idleExpiresAt, START + 100 * SECOND);
      const present = (counter: number) =>
        store.presentRefreshCounter(presentation(started, counter, { idleSeconds: 100 }));
      clock.now += 99 * SECOND;
      const { session } = passed(await present(0), 'advanced');
      assert.deepEqual([session.lastUsedAt, session.idleExpiresAt], [clock.now, START + 150 * SECOND]);
      clock.now = START + 150 * SECOND;
      assert.deepEqual(await present(1), { status: 'ended' });
      assert.deepEqual(await store.listSessions(user.id), []);

      const idle = await startSession(store, user, limits);
      clock.now += 100 * SECOND;
      assert.deepEqual(await store.presentRefreshCounter(presentation(idle, 0)), { status: 'ended' });
    },
  },
  {
    title: 'a token that is made now is later than every tokens cut-off that applies',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      const user = await createUser(store);
      const started = await startSession(store, user);
      assert.equal(started.tokensFrom, START);
      for (const [code, value] of [
        [7, user.id],
        [8, 'first-party'],
        [9, ''],
      ] as const) {
        clock.now += 1;
        await store.revoke({ code, value, before: clock.now });
        const same = passed(await store.presentRefreshCounter(presentation(started, 0)), 'same');
        assert.equal(same.tokensFrom, clock.now + 1);
        assert.equal((await startSession(store, user)).tokensFrom, clock.now + 1);
      }
      const elsewhere = await startSession(store, await createUser(store, 'b@example.test'), { clientId: 'other' });
      assert.equal(elsewhere.tokensFrom, clock.now + 1, 'of everyone');
    },
  },
  {
    title: 'RFC 8707 §2.2: what a grant is not for is refused, and nothing is spent by it',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      const [notes, mail] = ['https://notes.example', 'https://mail.example'];
      const started = await startSession(store, await createUser(store), { resources: [notes], scope: ['read'] });
      clock.now += DAY;
      const ask = async (audience: string, scopes: readonly string[] = []): Promise<string> =>
        (await store.presentRefreshCounter(presentation(started, 0, { target: { audience, scopes } }))).status;
      assert.equal(await ask(mail), 'target');
      assert.equal(await ask(notes, ['read', 'write']), 'scope');
      assert.equal((await store.findGrant(started.grant.id))?.counter, 0);
      assert.equal(await ask(notes, ['read']), 'advanced');
      assert.equal(await ask(notes), 'retry');
      const unknown = {
        ...presentation(started, 0),
        grantId: started.session.id,
        target: { audience: notes, scopes: [] },
      };
      assert.deepEqual(await store.presentRefreshCounter(unknown), { status: 'unknown' });
      const all = await startSession(store, await createUser(store, 'b@example.test'));
      const target = { audience: mail, scopes: [] };
      assert.equal((await store.presentRefreshCounter(presentation(all, 0, { target }))).status, 'same');
    },
  },
];
