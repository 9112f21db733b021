import assert from 'node:assert/strict';
import type { NewAuditEvent, Refusal } from '../../stores/account-store.ts';
import {
  createUser,
  DAY,
  HandClock,
  hashOf,
  presentation,
  SECOND,
  type StoreCase,
  sessionStart,
  startSession,
} from './harness.ts';

const mail = (byte: number) => ({ userId: undefined, sealed: hashOf(byte), secretId: 'secret' });
const event = (reason: string, userId = 'u'): NewAuditEvent => ({
  event: 'sign-in',
  outcome: 'failure',
  userId,
  actor: undefined,
  ip: '2001:db8::1',
  reason,
});

const refusal = (changes: Partial<Refusal> = {}): Refusal => ({
  event: 'sign-in',
  userId: undefined,
  ip: '198.51.100.7',
  reason: 'credentials',
  count: 1,
  ...changes,
});

export const outboxAndAuditCases: readonly StoreCase[] = [
  {
    title: 'each mail is claimed by one of many, stays with it for the lease, and comes again after it',
    async run({ open }) {
      const clock = new HandClock();
      const stores = await Promise.all([1, 2, 3].map(() => open({ clock: clock.read })));
      const [store] = stores;
      assert.ok(store);
      await store.enqueueMails(Array.from({ length: 20 }, (_, i) => mail(i)));
      const claimed = (
        await Promise.all(stores.flatMap((one) => [one.claimMails(4, 60), one.claimMails(4, 60)]))
      ).flat();
      const rest = await store.claimMails(20, 60);
      const ids = [...claimed, ...rest].map(({ id }) => id);
      assert.equal(ids.length, 20);
      assert.equal(new Set(ids).size, 20);
      assert.deepEqual(await store.claimMails(20, 60), []);
      clock.now += 60 * SECOND;
      const again = await store.claimMails(20, 60);
      assert.equal(again.length, 20);
      assert.ok(again.every(({ attempt }) => attempt === 2));
    },
  },
  {
    title: 'a mail that was sent or given up is gone, one put back comes at its time with the same id and content',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      await store.enqueueMails([mail(1), mail(2), mail(3)]);
      const [a, b, c] = await store.claimMails(3, 60);
      assert.ok(a && b && c);
      assert.equal(a.attempt, 1);
      await store.settleMail(a.id, 'sent');
      await store.settleMail(b.id, 'failed');
      await store.settleMail(c.id, { retrySeconds: 600 });
      clock.now += 599 * SECOND;
      assert.deepEqual(await store.claimMails(3, 60), []);
      clock.now += SECOND;
      const [again] = await store.claimMails(3, 60);
      assert.deepEqual(again, { ...c, attempt: 2, ageMs: 600 * SECOND });
    },
  },
  {
    title: 'an audit event is kept as it was told, capped, with the time and in order',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      await store.recordAudit([event('one'), event('x'.repeat(500), 'v')]);
      clock.now += SECOND;
      await store.recordAudit([event("two\n'; --")]);
      const all = await store.listAudit({ limit: 10, order: 'newest' });
      assert.deepEqual(
        all.map(({ reason }) => reason),
        ["two\n'; --", 'x'.repeat(200), 'one'],
      );
      const [newest] = all;
      assert.ok(newest);
      assert.deepEqual(newest, {
        ...event("two\n'; --"),
        sessionId: undefined,
        clientId: undefined,
        number: newest.number,
        at: clock.now,
        count: 1,
        since: undefined,
      });
      const mine = await store.listAudit({ limit: 1, order: 'newest', userId: 'u', cursor: newest.number });
      assert.deepEqual(
        mine.map(({ reason }) => reason),
        ['one'],
      );
      assert.deepEqual(await store.listAudit({ limit: 1, order: 'newest', event: 'sign-up' }), []);
    },
  },
  {
    title: 'a reader that goes on from the last settled number sees each event once, while many write',
    async run({ open }) {
      const clock = new HandClock();
      const stores = [await open({ clock: clock.read }), await open({ clock: clock.read })];
      const [store] = stores;
      assert.ok(store);
      const seen: number[] = [];
      const read = async () => {
        const page = await store.listAudit({ limit: 7, order: 'settled', cursor: seen.at(-1) ?? 0 });
        seen.push(...page.map(({ number }) => number));
        return page.length;
      };
      for (let round = 0; round < 5; round += 1) {
        await Promise.all(stores.flatMap((one) => [1, 2, 3].map((i) => one.recordAudit([event(`${i}`)]))));
        clock.now += SECOND;
        await read();
      }
      assert.ok(seen.length < 30, 'the newest are not settled yet');
      clock.now += 3 * SECOND;
      while ((await read()) > 0);
      assert.equal(seen.length, 30);
      assert.deepEqual(
        seen,
        seen.toSorted((a, b) => a - b),
      );
      assert.equal(new Set(seen).size, 30);
    },
  },
  {
    title:
      'L04: sign-up, sign-in, sign-out, an ended session and all of them, and a replay are events, once each and in order',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      const user = await createUser(store);
      const by = { actor: user.id, ip: '198.51.100.7' };
      const [a, b, c] = [
        await startSession(store, user),
        await startSession(store, user),
        await startSession(store, user),
      ];
      await store.endSession(user.id, a.session.id, 'sign-out', by);
      await store.endSession(user.id, a.session.id, 'sign-out', by);
      await store.endSession(user.id, b.session.id, 'ended-by-user', by);
      for (const counter of [0, 1]) {
        clock.now += 40 * SECOND;
        await store.presentRefreshCounter(presentation(c, counter));
      }
      assert.equal((await store.presentRefreshCounter(presentation(c, 0))).status, 'replayed');
      assert.equal((await store.presentRefreshCounter(presentation(c, 0))).status, 'ended');
      await store.endAllSessions(user.id, 'sign-out-everywhere', by);
      await store.startSession(sessionStart(user, { credentialVersion: 7 }));
      const events = await store.listAudit({ limit: 20, order: 'newest', userId: user.id });
      assert.deepEqual(
        events.toReversed().map((one) => [one.event, one.outcome, one.sessionId, one.actor]),
        [
          ['sign-up', 'success', undefined, user.id],
          ['sign-in', 'success', a.session.id, user.id],
          ['sign-in', 'success', b.session.id, user.id],
          ['sign-in', 'success', c.session.id, user.id],
          ['sign-out', 'success', a.session.id, user.id],
          ['session-ended', 'success', b.session.id, user.id],
          ['refresh-replayed', 'failure', c.session.id, undefined],
          ['sessions-ended', 'success', undefined, user.id],
        ],
      );
      assert.equal(events[0]?.ip, '198.51.100.7');
    },
  },
  {
    title:
      'L04: cut-offs, revocations and a new epoch are events, once each and in order, with who did it and whom it is about',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      const user = await createUser(store);
      const { session } = await startSession(store, user);
      const { session: other } = await startSession(store, user);
      const by = { actor: 'boss', ip: '198.51.100.7' };
      const client = { kind: 'client', id: 'first-party' } as const;
      for (const of of ['sessions', 'tokens'] as const)
        for (const target of [{ kind: 'subject', id: user.id } as const, client, { kind: 'everyone' } as const])
          await store.cutOff(of, target, by);
      await store.cutOff('tokens', { kind: 'subject', id: 'nobody' }, by);
      await store.revoke({ code: 5, value: 'first-party', before: clock.now });
      await store.revoke({ code: 9, value: '', before: clock.now }, by);
      await store.revoke({ code: 3, value: 'first-party', before: 0 }, by);
      await store.revoke({ code: 2, value: 'a-jti', before: 0 }, by);
      await store.revoke({ code: 1, value: session.id, before: 0 }, by);
      const { session: third } = await startSession(store, user);
      await store.revoke({ code: 1, value: third.id, before: 0 }, by);
      await store.revoke({ code: 1, value: third.id, before: 0 }, by);
      await store.revoke({ code: 1, value: 'elsewhere', before: 0 }, by);
      const { epoch } = await store.readState();
      await store.changeEpoch(epoch);
      await store.changeEpoch(epoch);
      const all = (await store.listAudit({ limit: 50, order: 'newest' })).toReversed();
      const [, , second, ...told] = all;
      assert.equal(second?.sessionId, other.id);
      assert.deepEqual(
        told.map((one) => [one.event, one.userId, one.clientId ?? one.sessionId, one.reason, one.actor, one.ip]),
        [
          ['sessions-ended', user.id, undefined, 'admin', ...Object.values(by)],
          ['sessions-cut-off', undefined, 'first-party', 'admin', ...Object.values(by)],
          ['sessions-cut-off', undefined, undefined, 'admin', ...Object.values(by)],
          ['tokens-cut-off', user.id, undefined, 'admin', ...Object.values(by)],
          ['tokens-cut-off', undefined, 'first-party', 'admin', ...Object.values(by)],
          ['tokens-cut-off', undefined, undefined, 'admin', ...Object.values(by)],
          // of the command, which is nobody
          ['sessions-cut-off', undefined, 'first-party', 'admin', undefined, undefined],
          ['tokens-cut-off', undefined, undefined, 'admin', ...Object.values(by)],
          ['client-revoked', undefined, 'first-party', 'admin', ...Object.values(by)],
          ['token-revoked', undefined, undefined, 'a-jti', ...Object.values(by)],
          ['sign-in', user.id, 'first-party', 'pwd', user.id, undefined],
          ['session-ended', user.id, third.id, 'admin', ...Object.values(by)],
          ['session-ended', undefined, 'elsewhere', 'admin', ...Object.values(by)],
          ['sessions-cut-off', undefined, undefined, 'restored', undefined, undefined],
        ],
      );
      assert.ok(all.every(({ outcome }) => outcome === 'success'));
    },
  },
  {
    title: 'L04: keys that are taken out of force and a secret that is dropped are events, once each',
    async run({ open }) {
      const store = await open();
      const key = { alg: 'ES256', publicJwk: '{}', sealedPrivateJwk: hashOf(1), createdAt: 1, since: 1 } as const;
      await store.ensureSigningKeys([
        { ...key, kid: 'a', state: 'active', secretId: 'good' },
        { ...key, kid: 'b', state: 'next', secretId: 'good' },
      ]);
      await store.removeSigningKeys(['a', 'unknown'], []);
      await store.removeSigningKeys(['a'], []);
      await store.dropSecret('bad', 'good');
      await store.dropSecret('bad', 'good');
      const all = (await store.listAudit({ limit: 9, order: 'newest' })).toReversed();
      assert.deepEqual(
        all.map((one) => [one.event, one.outcome, one.reason]),
        [
          ['keys-removed', 'success', 'a'],
          ['secret-dropped', 'success', 'bad'],
        ],
      );
    },
  },
  {
    title: 'old audit events are removed, a few at a time',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      await store.recordAudit([event('1'), event('2'), event('3')]);
      clock.now += 10 * DAY;
      await store.recordAudit([event('4')]);
      assert.equal(await store.pruneAudit(9 * 86_400, 2), 2);
      assert.equal(await store.pruneAudit(9 * 86_400, 2), 1);
      assert.equal(await store.pruneAudit(9 * 86_400, 2), 0);
      assert.equal((await store.listAudit({ limit: 10, order: 'newest' })).length, 1);
    },
  },
  {
    title:
      'L04: refusals alike, counted at once by many, become one event that counts each of them once, of whichever store settles it',
    async run({ open }) {
      const clock = new HandClock();
      const stores = await Promise.all([1, 2, 3].map(() => open({ clock: clock.read })));
      const [store] = stores;
      assert.ok(store);
      const began = clock.now;
      await Promise.all(
        stores.flatMap((one) =>
          Array.from({ length: 10 }, () => [
            one.countRefusals([refusal(), refusal({ ip: undefined, count: 3 })]),
            one.countRefusals([refusal({ ip: undefined }), refusal({ reason: 'suspended' })]),
          ]).flat(),
        ),
      );
      clock.now += 59 * SECOND;
      assert.equal(await store.settleRefusals(60, 10), 0);
      assert.deepEqual(await store.listAudit({ limit: 10, order: 'newest' }), []);
      clock.now += SECOND;
      const settled = await Promise.all(stores.map((one) => one.settleRefusals(60, 10)));
      assert.equal(
        settled.reduce((sum, n) => sum + n, 0),
        3,
      );
      const events = await store.listAudit({ limit: 10, order: 'newest' });
      assert.deepEqual(
        events.map(({ ip, reason, count, outcome }) => `${ip ?? '-'} ${reason ?? '-'} ${count} ${outcome}`).toSorted(),
        ['- credentials 120 failure', '198.51.100.7 credentials 30 failure', '198.51.100.7 suspended 30 failure'],
      );
      assert.ok(events.every(({ at, since }) => at === clock.now && since === began));
      await store.countRefusals([refusal()]);
      clock.now += 60 * SECOND;
      assert.equal(await store.settleRefusals(60, 10), 1, 'what was settled begins anew');
    },
  },
  {
    title: 'L04: what a user was refused stands before what they did next, and goes without an address when they go',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      const user = await createUser(store);
      const other = await createUser(store, 'lee@example.test');
      await store.countRefusals([refusal({ userId: user.id, count: 2 }), refusal({ userId: other.id })]);
      await startSession(store, user);
      await store.countRefusals([refusal({ userId: user.id })]);
      const deleted = await store.deleteUser(user.id, user.credentialVersion, ({ id }) => ({
        audit: [{ event: 'user-deleted', outcome: 'success', userId: id, actor: id }],
      }));
      assert.equal(deleted, 'deleted');
      const events = await store.listAudit({ limit: 10, order: 'newest', userId: user.id });
      assert.deepEqual(
        events.toReversed().map(({ event: name, outcome, count, ip }) => [name, outcome, count, ip]),
        [
          ['sign-up', 'success', 1, undefined],
          ['sign-in', 'failure', 2, undefined],
          ['sign-in', 'success', 1, undefined],
          ['sign-in', 'failure', 1, undefined],
          ['user-deleted', 'success', 1, undefined],
        ],
      );
      assert.deepEqual(
        (await store.listAudit({ limit: 10, order: 'newest', userId: other.id })).map(({ event: name }) => name),
        ['sign-up'],
      );
    },
  },
  {
    title: 'what goes with a sign-in hears whether it is the very first, and is written with it or not at all',
    async run({ open }) {
      const store = await open();
      const user = await createUser(store);
      const seen: boolean[] = [];
      const signIn = (credentialVersion: number) =>
        store.startSession(sessionStart(user, { credentialVersion }), ({ firstSignedInAt }) => {
          seen.push(firstSignedInAt === undefined);
          return { mails: [mail(1)] };
        });
      assert.equal((await signIn(9)).status, 'credential-changed');
      assert.deepEqual([seen, await store.claimMails(10, 60)], [[], []]);
      await signIn(user.credentialVersion);
      await store.endAllSessions(user.id, 'sign-out-everywhere');
      await signIn(user.credentialVersion);
      assert.deepEqual(seen, [true, false]);
      assert.equal((await store.claimMails(10, 60)).length, 2);
    },
  },
];
