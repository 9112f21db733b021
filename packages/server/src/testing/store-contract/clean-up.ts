import assert from 'node:assert/strict';
import {
  createUser,
  DAY,
  HandClock,
  presentation,
  SECOND,
  type StoreCase,
  type StoreHarness,
  sessionStart,
  startSession,
} from './harness.ts';

async function count({ query }: StoreHarness, table: 'sessions' | 'grants'): Promise<number> {
  const [row] = await query(`select count(*) as n from ${table}`);
  return Number(row?.['n']);
}

export const cleanUpCases: readonly StoreCase[] = [
  {
    title:
      'removeOverSessions: what has been over for a week goes with its grants, by end or by limit; what lives stays',
    async run(harness) {
      const clock = new HandClock();
      const store = await harness.open({ clock: clock.read });
      const user = await createUser(store);
      const ended = await startSession(store, user);
      await startSession(store, user, { idleSeconds: 86_400 });
      const living = await startSession(store, user);
      await store.endSession(user.id, ended.session.id, 'sign-out');
      assert.equal((await store.removeOverSessions(undefined, 100)).removed, 0);
      clock.now += 7 * DAY - SECOND;
      assert.equal((await store.removeOverSessions(undefined, 100)).removed, 0);
      clock.now += 2 * SECOND;
      assert.deepEqual(await store.removeOverSessions(undefined, 100), { removed: 1, next: undefined });
      assert.equal(await store.findSession(ended.session.id), undefined);
      clock.now += DAY;
      assert.deepEqual(await store.removeOverSessions(undefined, 100), { removed: 1, next: undefined });
      assert.deepEqual([await count(harness, 'sessions'), await count(harness, 'grants')], [1, 1]);
      assert.equal((await store.presentRefreshCounter(presentation(living, 0))).status, 'advanced');
      // a token of a session that is gone is refused like one that never was
      assert.equal((await store.presentRefreshCounter(presentation(ended, 0))).status, 'unknown');
    },
  },
  {
    title: 'removeOverSessions: looks at no more than it was told, and a walk sees every session once',
    async run(harness) {
      const clock = new HandClock();
      const store = await harness.open({ clock: clock.read });
      const user = await createUser(store);
      for (let n = 0; n < 7; n += 1) {
        const started = await startSession(store, user);
        if (n % 2 === 0) await store.endSession(user.id, started.session.id, 'sign-out');
        clock.now += SECOND;
      }
      clock.now += 8 * DAY;
      const pages: number[] = [];
      let after: string | undefined;
      do {
        const page = await store.removeOverSessions(after, 2);
        pages.push(page.removed);
        after = page.next;
      } while (after !== undefined && pages.length < 10);
      assert.equal(
        pages.reduce((sum, removed) => sum + removed, 0),
        4,
      );
      assert.ok(pages.length >= 4 && pages.every((removed) => removed <= 2), String(pages));
      assert.equal(await count(harness, 'sessions'), 3);
    },
  },
  {
    title: 'removeOverGrants: grants that outlive their session go a week after their end, others stay',
    async run(harness) {
      const clock = new HandClock();
      const store = await harness.open({ clock: clock.read });
      const user = await createUser(store);
      await startSession(store, user);
      const offline = async (idleSeconds: number): Promise<string> => {
        const started = await store.startOfflineGrant(sessionStart(user, { idleSeconds }));
        assert.ok('grant' in started);
        return started.grant.id;
      };
      const [ended, idle, alive] = [await offline(100 * 86_400), await offline(86_400), await offline(100 * 86_400)];
      await store.endGrant(user.id, ended);
      clock.now += 6 * DAY;
      assert.deepEqual(await store.removeOverGrants(undefined, 10), { removed: 0, next: undefined });
      clock.now += 3 * DAY;
      let [removed, after] = [0, undefined as string | undefined];
      for (let pages = 0; pages < 5; pages += 1) {
        const page = await store.removeOverGrants(after, 2);
        removed += page.removed;
        after = page.next;
        if (after === undefined) break;
      }
      assert.equal(removed, 2);
      assert.equal(await store.findGrant(idle), undefined);
      assert.ok((await store.findGrant(alive)) !== undefined);
      assert.equal(await count(harness, 'grants'), 2);
    },
  },
  {
    title: 'removeOverSessions: the page is found by the primary key, whatever the size of the table',
    async run(harness) {
      const store = await harness.open();
      await createUser(store);
      const sql = `select id, ended_at, idle_expires_at from sessions where id > 'A' order by id limit 200`;
      const plan = await explain(harness, sql);
      assert.match(plan, /index/i);
      assert.doesNotMatch(plan, /\bsort\b|temp b-tree/i);
    },
  },
];

async function explain({ query, bytes }: StoreHarness, sql: string): Promise<string> {
  if (bytes('00').startsWith("x'")) return JSON.stringify(await query(`explain query plan ${sql}`));
  // a small table is read whole or sorted by PostgreSQL, index or not, unless it is told not to
  for (const off of ['enable_seqscan', 'enable_bitmapscan', 'enable_sort']) await query(`set ${off} = off`);
  return JSON.stringify(await query(`explain ${sql}`));
}
