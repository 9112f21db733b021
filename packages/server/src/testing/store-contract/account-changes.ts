import assert from 'node:assert/strict';
import type { User } from '../../stores/user-store.ts';
import {
  countRevocations,
  createUser,
  HandClock,
  hashOf,
  presentation,
  type StoreCase,
  sessionStart,
  startSession,
} from './harness.ts';

export const accountChangeCases: readonly StoreCase[] = [
  {
    title: 'a profile changes in what is named, and null removes',
    async run({ open }) {
      const store = await open();
      const { id } = await createUser(store);
      await store.updateProfile(id, { name: '김미자', picture: 'https://pic.example/1', locale: 'ko' });
      const after = await store.updateProfile(id, { name: null }, (user, before) => ({
        audit: [{ event: 'profile-changed', outcome: 'success', userId: user.id, actor: user.id, reason: before.name }],
      }));
      assert.ok(after);
      assert.equal(after.name, undefined);
      assert.equal(after.picture, 'https://pic.example/1');
      assert.deepEqual(await store.findUser(id), after);
      assert.equal((await store.listAudit({ limit: 1, order: 'newest' }))[0]?.reason, '김미자');
      assert.equal(await store.updateProfile('nobody', { name: 'x' }), undefined);
      assert.deepEqual(await store.updateProfile(id, {}), after);
    },
  },
  {
    title: 'a changed password ends every session but the one it starts, which is later than the cut-off',
    async run(harness) {
      const clock = new HandClock();
      const store = await harness.open({ clock: clock.read });
      const user = await createUser(store);
      const old = [await startSession(store, user), await startSession(store, user)];
      const started = await store.changePassword({ passwordHash: 'new', start: sessionStart(user) });
      assert.equal(started.status, 'started');
      for (const one of old) {
        assert.equal((await store.findSession(one.session.id))?.endReason, 'password-changed');
        assert.equal((await store.presentRefreshCounter(presentation(one, 0))).status, 'ended');
      }
      const after = await store.findUser(user.id);
      assert.equal(after?.credentialVersion, 2);
      assert.ok(started.session.createdAt > after.sessionsCutoff);
      assert.equal((await store.presentRefreshCounter(presentation(started, 0))).status, 'same');
      assert.equal(await countRevocations(harness, 4), 1);
      assert.equal((await store.findGrantOfSession(started.session.id))?.id, started.grant.id);
      assert.equal(await store.findGrantOfSession(old[0]?.session.id ?? ''), undefined);
    },
  },
  {
    title: 'of two changes of one password at once the second is told that it knows an old one',
    async run({ open }) {
      const stores = [await open(), await open()];
      const [store] = stores;
      assert.ok(store);
      const user = await createUser(store);
      const answers = await Promise.all(
        stores.map((one, i) => one.changePassword({ passwordHash: `${i}`, start: sessionStart(user) })),
      );
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), ['credential-changed', 'started']);
    },
  },
  {
    title: 'a deleted user is gone with all there was, its revocation is written, and what goes with it too',
    async run(harness) {
      const store = await harness.open();
      const user = await createUser(store);
      const other = await createUser(store, 'lee@example.test');
      const started = await startSession(store, user, { ip: '198.51.100.1' });
      const spared = await startSession(store, other);
      await store.enqueueMails([{ userId: user.id, sealed: hashOf(1), secretId: 'secret' }]);
      await store.issueOneTimeToken({
        hash: hashOf(1),
        purpose: 'verify-email',
        user: { id: user.id, credentialVersion: 1 },
        payload: undefined,
        lifetimeSeconds: 60,
      });
      assert.equal(await store.deleteUser(user.id, 2), 'credential-changed');
      const farewell = (gone: User) => ({
        mails: [{ userId: undefined, sealed: hashOf(2), secretId: 'secret' }],
        audit: [{ event: 'user-deleted', outcome: 'success', userId: gone.id, actor: gone.id } as const],
      });
      assert.equal(await store.deleteUser(user.id, 1, farewell), 'deleted');
      assert.equal(await store.findUser(user.id), undefined);
      assert.equal(await store.findSession(started.session.id), undefined);
      assert.equal((await store.presentRefreshCounter(presentation(started, 0))).status, 'unknown');
      assert.equal((await store.verifyEmail(hashOf(1))).status, 'unknown');
      assert.equal(await countRevocations(harness, 4), 1);
      const mails = await store.claimMails(10, 60);
      assert.deepEqual(
        mails.map(({ sealed }) => sealed),
        [hashOf(2)],
      );
      const events = await store.listAudit({ limit: 10, order: 'newest', userId: user.id });
      assert.deepEqual(
        events.map(({ event, ip }) => [event, ip]),
        [
          ['user-deleted', undefined],
          ['sign-in', undefined],
          ['sign-up', undefined],
        ],
      );
      assert.equal((await store.presentRefreshCounter(presentation(spared, 0))).status, 'same');
      assert.equal(
        (await store.createUser({ email: user.email, passwordHash: 'x', name: undefined })).status,
        'created',
      );
    },
  },
  {
    title: 'a suspended person has no session and gets none, and can be let in again',
    async run(harness) {
      const store = await harness.open();
      const user = await createUser(store);
      const started = await startSession(store, user);
      const audit = (event: 'user-suspended' | 'user-restored') => (about: User) => ({
        audit: [{ event, outcome: 'success', userId: about.id, actor: 'admin' } as const],
      });
      const suspended = await store.setSuspended(user.id, true, audit('user-suspended'));
      assert.notEqual(suspended?.disabledAt, undefined);
      await store.setSuspended(user.id, true, audit('user-suspended'));
      assert.equal((await store.presentRefreshCounter(presentation(started, 0))).status, 'ended');
      assert.equal((await store.startSession(sessionStart(user))).status, 'disabled');
      assert.equal(await countRevocations(harness, 4), 1);
      assert.equal((await store.setSuspended(user.id, false, audit('user-restored')))?.disabledAt, undefined);
      await startSession(store, user);
      assert.equal((await store.presentRefreshCounter(presentation(started, 0))).status, 'ended', 'not the old one');
      const events = await store.listAudit({ limit: 10, order: 'newest', userId: user.id });
      assert.deepEqual(
        events.map(({ event }) => event),
        ['sign-in', 'user-restored', 'user-suspended', 'sign-in', 'sign-up'],
      );
      assert.equal(await store.setSuspended('nobody', true), undefined);
    },
  },
  {
    title: 'users are paged by id, each once, and found by a part of address or name, wildcards meant literally',
    async run({ open }) {
      const store = await open();
      const made = [];
      for (let i = 0; i < 7; i += 1) made.push((await createUser(store, `user${i}@example.test`)).id);
      await store.updateProfile(made[2] ?? '', { name: 'Kim 100%' });
      await store.setSuspended(made[3] ?? '', true);
      const seen: string[] = [];
      for (;;) {
        const after = seen.at(-1);
        const page = await store.listUsers({ limit: 3, ...(after === undefined ? {} : { after }) });
        if (page.length === 0) break;
        seen.push(...page.map(({ id }) => id));
      }
      assert.deepEqual(seen, made.toSorted());
      const find = async (search: string) => (await store.listUsers({ limit: 10, search })).map(({ id }) => id);
      assert.deepEqual(await find('USER2@'), [made[2]]);
      assert.deepEqual(await find('kim 100%'), [made[2]]);
      assert.deepEqual(await find('%'), [made[2]]);
      assert.deepEqual(await find('user_'), []);
      assert.deepEqual(await find("'; drop table users; --"), []);
      const ids = async (query: { suspended?: boolean; role?: string }) =>
        (await store.listUsers({ limit: 10, ...query })).map(({ id }) => id);
      assert.deepEqual(await ids({ suspended: true }), [made[3]]);
      assert.equal((await ids({ suspended: false })).length, 6);
      assert.deepEqual(await ids({ role: 'admin' }), []);
    },
  },
  {
    title: 'a search sees everybody once, however many there are',
    async run({ open, query }) {
      const store = await open();
      const count = 2_300;
      await query(`insert into users (id, email, credential_version, name, roles, created_at, sessions_cutoff, tokens_cutoff, disabled_at)
        with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
        select 'id-' || cast(1000000 + i as text), 'many' || i || '@example.test', 1, 'Number ' || i, case when i % 2 = 0 then '["even"]' else '[]' end,
          1, 0, 0, case when i > 2200 then 5 end from n`);
      const all = async (filter: object): Promise<number> => {
        const seen = new Set<string>();
        for (let after: string | undefined; ; ) {
          const page = await store.listUsers({ limit: 400, ...filter, ...(after === undefined ? {} : { after }) });
          for (const { id } of page) {
            assert.ok(id > (after ?? '') && !seen.has(id), 'in order, and once');
            seen.add(id);
            after = id;
          }
          if (page.length < 400) return seen.size;
        }
      };
      assert.equal(await all({ search: 'MANY' }), count);
      assert.equal(await all({ search: 'number 2300' }), 1);
      assert.equal(await all({ search: 'nobody' }), 0);
      assert.equal(await all({ role: 'even' }), count / 2);
      assert.equal(await all({ suspended: true }), 100);
      assert.equal(await all({ suspended: true, role: 'even', search: '0@example' }), 10);
    },
  },
];
