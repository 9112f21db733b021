import assert from 'node:assert/strict';
import type { SessionStarted } from '../../stores/session-store.ts';
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
  sessionStart,
  startSession,
} from './harness.ts';

/** Every order of up to four starts (s) and ends of all (e). */
const ORDERS = Array.from({ length: 16 }, (_, bits) =>
  Array.from({ length: 4 }, (_, i) => ((bits >> i) & 1 ? ('e' as const) : ('s' as const))),
);

/** Runs one order and checks, after each step, who is alive: those started after the last end, and nobody else. */
async function checkOrder(
  store: Store,
  user: User,
  { order, tick }: { order: (typeof ORDERS)[number]; tick: () => void },
) {
  let alive: SessionStarted[] = [];
  const dead: SessionStarted[] = [];
  let cutoff = 0;
  for (const step of order) {
    tick();
    if (step === 's') {
      const started = await startSession(store, user);
      assert.ok(started.session.createdAt > cutoff, 'a session is later than every cut-off before it');
      alive.push(started);
    } else {
      const ended = await store.endAllSessions(user.id, 'sign-out-everywhere');
      assert.ok(ended.cutoff >= cutoff, 'cut-offs never go back');
      cutoff = ended.cutoff;
      for (const { session } of alive)
        assert.ok(session.createdAt <= cutoff, 'a cut-off covers every session before it');
      dead.push(...alive);
      alive = [];
    }
    const live = (await store.listSessions(user.id)).map((session) => session.id).sort();
    assert.deepEqual(live, alive.map(({ session }) => session.id).sort());
    for (const one of dead) {
      assert.deepEqual(await store.presentRefreshCounter(presentation(one, 0)), { status: 'ended' });
    }
  }
}

export const sessionCases: readonly StoreCase[] = [
  {
    title: 'a limit that comes to somebody with many sessions ends the oldest hundred with each start, until it holds',
    async run(harness) {
      const clock = new HandClock();
      const store = await harness.open({ clock: clock.read });
      const user = await createUser(store);
      const ids: string[] = [];
      for (let n = 0; n < 130; n += 1) {
        clock.now += SECOND;
        ids.push((await startSession(store, user)).session.id);
      }
      const alive = async (): Promise<number> =>
        Number(
          (await harness.query('select count(*) as n from sessions where ended_at is null')).map(({ n }) => n)[0] ?? -1,
        );
      clock.now += SECOND;
      await startSession(store, user, { sessionLimit: 2 });
      assert.equal(await alive(), 31);
      assert.equal((await store.findSession(ids[99] ?? ''))?.endReason, 'limit');
      assert.equal((await store.findSession(ids[100] ?? ''))?.endReason, undefined);
      clock.now += SECOND;
      await startSession(store, user, { sessionLimit: 2 });
      assert.equal(await alive(), 2);
    },
  },
  {
    title: 'a session starts with a grant at counter 0 and is what was asked for',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      const user = await createUser(store);
      const wanted = {
        device: '노트북',
        userAgent: 'x',
        ip: '192.0.2.7',
        scope: ['a', 'b'],
        delivery: 'bearer',
      } as const;
      const started = await startSession(store, user, wanted);
      assert.deepEqual(started.session, {
        id: started.session.id,
        userId: user.id,
        createdAt: START,
        lastUsedAt: START,
        idleExpiresAt: START + 30 * DAY,
        absoluteExpiresAt: START + 180 * DAY,
        endedAt: undefined,
        endReason: undefined,
        device: '노트북',
        userAgent: 'x',
        ip: '192.0.2.7',
        amr: ['pwd'],
      });
      assert.deepEqual(started.grant, {
        id: started.grant.id,
        sessionId: started.session.id,
        userId: user.id,
        clientId: 'first-party',
        scope: ['a', 'b'],
        resources: [],
        delivery: 'bearer',
        counter: 0,
        rotatedAt: START,
        secretId: 'secret',
        endedAt: undefined,
        idleExpiresAt: undefined,
        absoluteExpiresAt: undefined,
      });
      assert.deepEqual(started.user, user);
      assert.deepEqual(await store.findSession(started.session.id), started.session);
      assert.deepEqual(await store.findGrant(started.grant.id), started.grant);
      const now = await store.findUser(user.id);
      assert.deepEqual(await store.findSessionWithUser(started.session.id), { session: started.session, user: now });
      assert.equal(await store.findSession('none'), undefined);
      assert.equal(await store.findSessionWithUser('none'), undefined);
      assert.equal(await store.findGrant('none'), undefined);
    },
  },
  {
    title: 'a password that was changed meanwhile, or a disabled user, starts no session',
    async run({ open, query }) {
      const store = await open();
      const user = await createUser(store);
      const started = await startSession(store, user);
      await query(`update users set credential_version = 2 where id = '${user.id}'`);
      assert.deepEqual(await store.startSession(sessionStart(user)), { status: 'credential-changed' });
      assert.deepEqual(await store.startSession(sessionStart({ ...user, id: 'none' })), {
        status: 'credential-changed',
      });
      await query(`update users set disabled_at = 1 where id = '${user.id}'`);
      assert.deepEqual(await store.startSession(sessionStart({ ...user, credentialVersion: 2 })), {
        status: 'disabled',
      });
      assert.deepEqual(await store.presentRefreshCounter(presentation(started, 0)), { status: 'ended' });
      assert.deepEqual(await store.listSessions(user.id), []);
    },
  },
  {
    title: "a person's live sessions are listed, newest first",
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      const user = await createUser(store);
      const other = await createUser(store, 'lee@example.test');
      await startSession(store, other);
      const ids: string[] = [];
      for (let i = 0; i < 3; i += 1) {
        clock.now += SECOND;
        ids.unshift((await startSession(store, user)).session.id);
      }
      assert.deepEqual(
        (await store.listSessions(user.id)).map((session) => session.id),
        ids,
      );
    },
  },
  {
    title: "a session is ended by its own user only; ending it again changes nothing, and another's is unknown",
    async run(harness) {
      const clock = new HandClock();
      const store = await harness.open({ clock: clock.read });
      const user = await createUser(store);
      const other = await createUser(store, 'lee@example.test');
      const [first, second] = [await startSession(store, user), await startSession(store, user)];
      const { id } = first.session;
      assert.equal(await store.endSession(other.id, id, 'ended-by-user'), 'unknown');
      assert.equal(await store.endSession(user.id, 'none', 'ended-by-user'), 'unknown');
      assert.equal(await countRevocations(harness), 0);

      assert.equal(await store.endSession(user.id, id, 'sign-out'), 'ended');
      clock.now += SECOND;
      assert.equal(await store.endSession(user.id, id, 'ended-by-user'), 'ended');
      assert.equal(await countRevocations(harness, 1), 1);
      const ended = await store.findSession(id);
      assert.deepEqual([ended?.endedAt, ended?.endReason], [START, 'sign-out']);
      assert.equal((await store.findGrant(first.grant.id))?.endedAt, START);
      assert.deepEqual(await store.presentRefreshCounter(presentation(first, 0)), { status: 'ended' });
      passed(await store.presentRefreshCounter(presentation(second, 0)), 'same');
    },
  },
  {
    title: 'ending all writes one cut-off, and spares other people',
    async run(harness) {
      const clock = new HandClock();
      const store = await harness.open({ clock: clock.read });
      const user = await createUser(store);
      const other = await startSession(store, await createUser(store, 'lee@example.test'));
      const mine = [await startSession(store, user), await startSession(store, user)];
      const { cutoff } = await store.endAllSessions(user.id, 'sign-out-everywhere');
      assert.equal(cutoff, START);
      for (const { session, grant } of mine) {
        assert.equal((await store.findSession(session.id))?.endReason, 'sign-out-everywhere');
        const both = { session: await store.findSession(session.id), user: await store.findUser(user.id) };
        assert.deepEqual(await store.findSessionWithUser(session.id), both);
        assert.equal((await store.findGrant(grant.id))?.endedAt, START);
      }
      assert.equal(await countRevocations(harness, 4), 1);
      assert.equal(await countRevocations(harness), 1);
      passed(await store.presentRefreshCounter(presentation(other, 0)), 'same');
    },
  },
  ...[
    { title: 'moves', by: 1 },
    { title: 'stands still', by: 0 },
    { title: 'goes backwards', by: -SECOND },
  ].map(
    ({ title, by }): StoreCase => ({
      title: `starting a session and ending all are in strict order where the clock ${title}`,
      async run({ open }) {
        const clock = new HandClock();
        const store = await open({ clock: clock.read });
        for (const order of ORDERS) {
          const user = await createUser(store, `${order.join('')}@example.test`);
          const tick = (): void => {
            clock.now += by;
          };
          await checkOrder(store, user, { order, tick });
        }
      },
    }),
  ),
  {
    title:
      'starting and ending at once, from two processes: who lives is later than every cut-off, who does not is not',
    async run({ open }) {
      const clock = new HandClock();
      const [a, b] = [await open({ clock: clock.read }), await open({ clock: clock.read })];
      const user = await createUser(a);
      for (let round = 0; round < 10; round += 1) {
        const steps = await Promise.all([
          ...[a, b, a, b].map((store) => startSession(store, user)),
          ...[b, a].map((store) => store.endAllSessions(user.id, 'sign-out-everywhere')),
          ...[b, a].map((store) => startSession(store, user)),
        ]);
        const started = steps.filter((step) => 'session' in step);
        const cutoff = Math.max(...steps.map((step) => ('cutoff' in step ? step.cutoff : 0)));
        const live = new Set((await b.listSessions(user.id)).map((session) => session.id));
        for (const { session } of started) assert.equal(live.has(session.id), session.createdAt > cutoff);
      }
    },
  },
  {
    title: 'refreshes and ending all at once: nothing is refreshed after the end',
    async run({ open }) {
      const clock = new HandClock();
      const [a, b] = [await open({ clock: clock.read }), await open({ clock: clock.read })];
      const user = await createUser(a);
      for (let round = 0; round < 5; round += 1) {
        const started = await Promise.all(Array.from({ length: 4 }, () => startSession(a, user)));
        clock.now += 31 * SECOND;
        await Promise.all([
          ...started.map((one) => b.presentRefreshCounter(presentation(one, 0))),
          a.endAllSessions(user.id, 'admin'),
          ...started.map((one) => a.presentRefreshCounter(presentation(one, 0))),
          ...started.map((one) => b.endSession(user.id, one.session.id, 'sign-out')),
        ]);
        for (const one of started) {
          const { status } = await b.presentRefreshCounter(presentation(one, 1));
          assert.equal(status, 'ended');
        }
      }
    },
  },
];
