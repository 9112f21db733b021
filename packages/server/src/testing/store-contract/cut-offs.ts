import assert from 'node:assert/strict';
import type { OfflineGrantStart, RefreshPresentation } from '../../stores/grant-store.ts';
import type { CutOffTarget } from '../../stores/session-store.ts';
import type { Store } from '../../stores/store.ts';
import type { User } from '../../stores/user-store.ts';
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
  sessionStart,
  startSession,
} from './harness.ts';

const TARGETS: readonly ((user: User) => CutOffTarget)[] = [
  ({ id }) => ({ kind: 'subject', id }),
  () => ({ kind: 'client', id: 'first-party' }),
  () => ({ kind: 'everyone' }),
];

function offline(user: User, changes: Partial<OfflineGrantStart> = {}): OfflineGrantStart {
  return { ...sessionStart(user), clientId: 'calendar', resources: ['https://api.example.test'], ...changes };
}

async function startOffline(store: Store, user: User, changes?: Partial<OfflineGrantStart>) {
  const started = await store.startOfflineGrant(offline(user, changes));
  assert.equal(started.status, 'started');
  const present = (counter: number, more: Partial<RefreshPresentation> = {}) =>
    store.presentRefreshCounter({
      grantId: started.grant.id,
      counter,
      epoch: started.epoch,
      delivery: started.grant.delivery,
      retryKeyHash: undefined,
      waitedMs: () => 0,
      windowSeconds: 30,
      idleSeconds: 30 * 86_400,
      secretId: 'secret',
      ip: undefined,
      ...more,
    });
  return { ...started, present };
}

async function codes(harness: StoreHarness): Promise<readonly number[]> {
  return (await harness.query('select code from revocations order by seq')).map(({ code }) => Number(code));
}

export const cutOffCases: readonly StoreCase[] = [
  {
    title:
      'R17: however many sign in at once, a person has no more sessions than the limit, and those ended are revoked',
    async run(harness) {
      const stores = [await harness.open(), await harness.open()];
      const [store] = stores;
      assert.ok(store);
      const user = await createUser(store);
      const started = await Promise.all(
        Array.from({ length: 6 }, () => stores.map((each) => startSession(each, user, { sessionLimit: 3 }))).flat(),
      );
      const live = (await store.listSessions(user.id)).map(({ id }) => id);
      assert.equal(live.length, 3);
      assert.equal(await countRevocations(harness, 1), 9);
      for (const one of started) {
        const { status } = await store.presentRefreshCounter(presentation(one, 0));
        assert.equal(status, live.includes(one.session.id) ? 'same' : 'ended');
      }
    },
  },
  {
    title: 'over the limit the session ends that was not used for longest, and no other; the log says so (L04)',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      const user = await createUser(store);
      const [first, second] = [await startSession(store, user), await startSession(store, user)];
      clock.now += DAY;
      passed(await store.presentRefreshCounter(presentation(first, 0)), 'advanced');
      await startSession(store, user, { sessionLimit: 2 });
      assert.deepEqual(await store.presentRefreshCounter(presentation(second, 0)), { status: 'ended' });
      assert.equal((await store.findSession(second.session.id))?.endReason, 'limit');
      const [signIn, ended] = await store.listAudit({ limit: 2, order: 'newest', userId: user.id });
      assert.equal(signIn?.event, 'sign-in');
      assert.deepEqual(
        [ended?.event, ended?.sessionId, ended?.reason, ended?.actor],
        ['session-ended', second.session.id, 'limit', undefined],
      );
      passed(await store.presentRefreshCounter(presentation(first, 1)), 'same');
    },
  },
  {
    title: 'signing the others out spares the one that asks, and other people; each is an event (L04)',
    async run(harness) {
      const store = await harness.open();
      const user = await createUser(store);
      const other = await startSession(store, await createUser(store, 'lee@example.test'));
      const [mine, ...others] = [
        await startSession(store, user),
        await startSession(store, user),
        await startSession(store, user),
      ];
      assert.ok(mine);
      const by = { actor: user.id, ip: '198.51.100.7' };
      assert.equal(await store.endOtherSessions(user.id, mine.session.id, 'sign-out-others', by), 2);
      assert.equal(await store.endOtherSessions(user.id, mine.session.id, 'sign-out-others'), 0);
      assert.deepEqual(await codes(harness), [1, 1]);
      const told = await store.listAudit({ limit: 2, order: 'newest', userId: user.id });
      assert.deepEqual(
        told.map(({ event, actor, ip, reason }) => [event, actor, ip, reason]),
        others.map(() => ['session-ended', user.id, '198.51.100.7', 'sign-out-others']),
      );
      assert.deepEqual(
        new Set(told.map(({ sessionId }) => sessionId)),
        new Set(others.map(({ session }) => session.id)),
      );
      for (const one of others)
        assert.deepEqual(await store.presentRefreshCounter(presentation(one, 0)), { status: 'ended' });
      for (const one of [mine, other]) passed(await store.presentRefreshCounter(presentation(one, 0)), 'same');
    },
  },
  ...[SECOND, 0, -DAY].flatMap((by) =>
    TARGETS.map(
      (target, i): StoreCase => ({
        title: `cut-offs of sessions, ${['of a person', 'of a client', 'of everyone'][i]}, are in strict order with sign-ins where the clock moves by ${by} ms`,
        async run({ open }) {
          const clock = new HandClock();
          const store = await open({ clock: clock.read });
          const user = await createUser(store);
          for (let round = 0; round < 3; round += 1) {
            const one = await startSession(store, user);
            clock.now += by;
            const cutoff = await store.cutOff('sessions', target(user));
            assert.ok(one.session.createdAt <= cutoff, 'what was there is over');
            assert.deepEqual(await store.presentRefreshCounter(presentation(one, 0)), { status: 'ended' });
            clock.now += by;
            const later = await startSession(store, user);
            assert.ok(later.session.createdAt > cutoff, 'what comes is not');
            passed(await store.presentRefreshCounter(presentation(later, 0)), 'same');
          }
        },
      }),
    ),
  ),
  ...[SECOND, 0, -DAY].map(
    (by): StoreCase => ({
      title: `a role change covers every token before it and none after it where the clock moves by ${by} ms`,
      async run(harness) {
        const clock = new HandClock();
        const store = await harness.open({ clock: clock.read });
        const user = await createUser(store);
        const started = await startSession(store, user);
        let newest = started.tokensFrom;
        let counter = 0;
        const present = async () => {
          const verdict = await store.presentRefreshCounter(presentation(started, counter));
          // where the clock was set back by more than the window, an old advance is not called recent
          assert.ok((verdict.status === 'same' || verdict.status === 'advanced') && 'user' in verdict);
          counter = verdict.grant.counter;
          return verdict;
        };
        for (let round = 0; round < 3; round += 1) {
          newest = Math.max(newest, (await present()).tokensFrom);
          clock.now += by;
          const changed = await store.changeRoles(user.id, ['editor', `round-${round}`]);
          assert.deepEqual(changed?.roles, ['editor', `round-${round}`]);
          assert.ok(changed.tokensCutoff >= newest, 'a token made before');
          const after = await present();
          assert.ok(after.tokensFrom > changed.tokensCutoff, 'a token made after');
          assert.deepEqual(after.user.roles, changed.roles);
          newest = after.tokensFrom;
        }
        assert.deepEqual(await codes(harness), [7, 7, 7]);
      },
    }),
  ),
  {
    title: 'a grant without a session outlives the session, moves like any other, and ends by its own limits',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      const user = await createUser(store);
      const session = await startSession(store, user);
      const limits = { idleSeconds: 100, absoluteSeconds: 150 };
      const { grant, present } = await startOffline(store, user, limits);
      assert.deepEqual([grant.sessionId, grant.resources], [undefined, ['https://api.example.test']]);
      assert.deepEqual(await store.findGrant(grant.id), grant);
      await store.endSession(user.id, session.session.id, 'sign-out');
      clock.now += 99 * SECOND;
      const advanced = await present(0, { idleSeconds: 100 });
      assert.ok(advanced.status === 'advanced' && advanced.session === undefined);
      assert.equal(advanced.grant.idleExpiresAt, START + 150 * SECOND, 'never beyond the absolute limit');
      clock.now = START + 150 * SECOND;
      assert.deepEqual(await present(1), { status: 'ended' });
      const idle = await startOffline(store, user, limits);
      clock.now += 100 * SECOND;
      assert.deepEqual(await idle.present(0), { status: 'ended' });
    },
  },
  {
    title:
      'a grant without a session ends when its user signs out everywhere, when it is ended, and when it is replayed',
    async run(harness) {
      const clock = new HandClock();
      const store = await harness.open({ clock: clock.read });
      const user = await createUser(store);
      const first = await startOffline(store, user);
      const { cutoff } = await store.endAllSessions(user.id, 'sign-out-everywhere');
      assert.ok(first.tokensFrom <= cutoff, 'its tokens, which have a jti only, are before the cut-off');
      assert.deepEqual(await first.present(0), { status: 'ended' });

      const second = await startOffline(store, user);
      assert.ok(second.tokensFrom > cutoff);
      assert.equal(await store.endGrant('another', second.grant.id), 'unknown');
      assert.equal(await store.endGrant(user.id, second.grant.id), 'ended');
      assert.deepEqual(await second.present(0), { status: 'ended' });

      const third = await startOffline(store, user);
      for (const counter of [0, 1]) {
        clock.now += DAY;
        assert.equal((await third.present(counter)).status, 'advanced');
      }
      assert.equal((await third.present(0)).status, 'replayed');
      assert.deepEqual(await third.present(2), { status: 'ended' });
      assert.deepEqual(await codes(harness), [4, 7, 7]);
    },
  },
];
