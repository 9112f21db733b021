import assert from 'node:assert/strict';
import type { NewOneTimeToken, OneTimePurpose } from '../../stores/account-store.ts';
import type { Store } from '../../stores/store.ts';
import type { User } from '../../stores/user-store.ts';
import {
  countRevocations,
  createUser,
  HandClock,
  hashOf,
  presentation,
  SECOND,
  type StoreCase,
  sessionStart,
  startSession,
} from './harness.ts';

const LIFETIME = 900;

function token(user: User, purpose: OneTimePurpose, byte: number, payload?: string): NewOneTimeToken {
  return {
    hash: hashOf(byte),
    purpose,
    user: { id: user.id, credentialVersion: user.credentialVersion },
    payload,
    lifetimeSeconds: LIFETIME,
  };
}

const redeem: Readonly<Record<OneTimePurpose, (store: Store, hash: Uint8Array) => Promise<{ status: string }>>> = {
  'verify-email': (store, hash) => store.verifyEmail(hash),
  'reset-password': (store, hash) => store.resetPassword(hash, 'new'),
  'change-email': (store, hash) => store.changeEmail(hash),
  'first-admin': (store, hash) => store.claimAdmin(hash, 'nobody'),
};
const OF_USERS = ['verify-email', 'reset-password', 'change-email'] as const;

export const oneTimeTokenCases: readonly StoreCase[] = [
  ...OF_USERS.map(
    (purpose): StoreCase => ({
      title: `P08: a ${purpose} token works once: of twenty at once over two connections one gets it`,
      async run({ open }) {
        const stores = [await open(), await open()];
        const [store] = stores;
        assert.ok(store);
        const user = await createUser(store);
        assert.equal(await store.issueOneTimeToken(token(user, purpose, 1, 'new@example.test')), 'issued');
        const answers = await Promise.all(
          Array.from({ length: 10 }, () => stores.map((one) => redeem[purpose](one, hashOf(1)))).flat(),
        );
        assert.equal(answers.filter(({ status }) => status === 'done').length, 1);
        assert.equal(answers.filter(({ status }) => status === 'unknown').length, 19);
      },
    }),
  ),
  ...OF_USERS.map(
    (purpose): StoreCase => ({
      title: `a ${purpose} token is good for nothing else, not after its time, and not after a newer one`,
      async run({ open }) {
        const clock = new HandClock();
        const store = await open({ clock: clock.read });
        const user = await createUser(store);
        await store.issueOneTimeToken(token(user, purpose, 1, 'new@example.test'));
        await store.issueOneTimeToken(token(user, purpose, 2, 'new@example.test'));
        assert.equal((await redeem[purpose](store, hashOf(1))).status, 'unknown', 'replaced');
        for (const other of OF_USERS.filter((one) => one !== purpose)) {
          assert.equal((await redeem[other](store, hashOf(2))).status, 'unknown', other);
        }
        clock.now += LIFETIME * SECOND - 1;
        assert.equal((await redeem[purpose](store, hashOf(2))).status, 'done', 'in its last millisecond');
        const after = await store.findUser(user.id);
        assert.ok(after);
        await store.issueOneTimeToken(token(after, purpose, 3, 'newer@example.test'));
        clock.now += LIFETIME * SECOND;
        assert.equal((await redeem[purpose](store, hashOf(3))).status, 'unknown', 'too old');
      },
    }),
  ),
  {
    title: 'a token is void once the password was changed, and none is made for a credential version that is over',
    async run({ open }) {
      const store = await open();
      const user = await createUser(store);
      for (const [i, purpose] of OF_USERS.entries()) {
        await store.issueOneTimeToken(token(user, purpose, i + 1, 'new@example.test'));
      }
      await store.changePassword({ passwordHash: 'new', start: sessionStart(user) });
      for (const [i, purpose] of OF_USERS.entries()) {
        assert.equal((await redeem[purpose](store, hashOf(i + 1))).status, 'unknown', purpose);
        assert.equal(await store.issueOneTimeToken(token(user, purpose, 9)), 'credential-changed');
      }
    },
  },
  {
    title: 'a suspended person redeems nothing',
    async run({ open }) {
      const store = await open();
      const user = await createUser(store);
      await store.setSuspended(user.id, true);
      for (const purpose of OF_USERS) {
        await store.issueOneTimeToken(token(user, purpose, 1, 'new@example.test'));
        assert.equal((await redeem[purpose](store, hashOf(1))).status, 'unknown', purpose);
      }
    },
  },
  {
    title: 'verifying marks the address at the time of it, ends nothing, and tells what goes with it in the same step',
    async run(harness) {
      const clock = new HandClock();
      const store = await harness.open({ clock: clock.read });
      const user = await createUser(store);
      const started = await startSession(store, user);
      await store.issueOneTimeToken(token(user, 'verify-email', 1));
      clock.now += SECOND;
      const done = await store.verifyEmail(hashOf(1), (after, before) => {
        assert.equal(before.emailVerifiedAt, undefined);
        return {
          mails: [{ userId: after.id, sealed: hashOf(7), secretId: 'secret' }],
          audit: [{ event: 'email-verified', outcome: 'success', userId: after.id, actor: after.id }],
        };
      });
      assert.equal(done.status, 'done');
      assert.equal((await store.findUser(user.id))?.emailVerifiedAt, clock.now);
      assert.equal((await store.findSession(started.session.id))?.endedAt, undefined);
      assert.equal((await store.claimMails(10, 60)).length, 1);
      const [event] = await store.listAudit({ limit: 1, order: 'newest' });
      assert.equal(event?.event, 'email-verified');
      assert.equal(event.at, clock.now);
    },
  },
  {
    title: 'P08: a reset ends every session and every token on its way, in one step with one cut-off',
    async run(harness) {
      const store = await harness.open();
      const user = await createUser(store);
      const started = [await startSession(store, user), await startSession(store, user)];
      await store.issueOneTimeToken(token(user, 'change-email', 2, 'thief@example.test'));
      await store.issueOneTimeToken(token(user, 'reset-password', 1));
      const before = await countRevocations(harness, 4);
      assert.equal((await store.resetPassword(hashOf(1), 'new')).status, 'done');
      assert.equal(await countRevocations(harness, 4), before + 1);
      for (const one of started) {
        assert.equal((await store.presentRefreshCounter(presentation(one, 0))).status, 'ended');
        assert.equal((await store.findSession(one.session.id))?.endReason, 'password-reset');
      }
      assert.equal((await store.changeEmail(hashOf(2))).status, 'unknown');
      const after = await store.findUser(user.id);
      assert.equal(after?.passwordHash, 'new');
      assert.equal(after.credentialVersion, 2);
      assert.notEqual(after.emailVerifiedAt, undefined);
      // whoever verified the old password a moment ago starts nothing
      assert.equal((await store.startSession(sessionStart(user))).status, 'credential-changed');
      await startSession(store, after);
    },
  },
  {
    title:
      'F10: an address changes only when its token is spent; one that was taken meanwhile is told, and nothing changes',
    async run({ open }) {
      const store = await open();
      const user = await createUser(store);
      await store.issueOneTimeToken(token(user, 'change-email', 1, 'new@example.test'));
      assert.equal((await store.findUser(user.id))?.email, 'kim@example.test');
      assert.equal((await store.changeEmail(hashOf(1))).status, 'done');
      const after = await store.findUserByEmail('new@example.test');
      assert.equal(after?.id, user.id);
      assert.equal(after.credentialVersion, 2);

      await store.issueOneTimeToken(token(after, 'change-email', 2, 'lee@example.test'));
      const session = await startSession(store, after);
      await createUser(store, 'lee@example.test');
      assert.equal((await store.changeEmail(hashOf(2))).status, 'taken');
      assert.equal((await store.changeEmail(hashOf(2))).status, 'unknown', 'spent');
      assert.equal((await store.findUser(user.id))?.email, 'new@example.test');
      assert.equal((await store.findSession(session.session.id))?.endedAt, undefined);
    },
  },
  {
    title: 'the first administrator: one of many gets the role, and older tokens without it are cut off',
    async run(harness) {
      const stores = [await harness.open(), await harness.open()];
      const [store] = stores;
      assert.ok(store);
      const users = await Promise.all(['a', 'b', 'c'].map((name) => createUser(store, `${name}@example.test`)));
      assert.equal(await store.hasRole('admin'), false);
      await store.issueOneTimeToken({
        hash: hashOf(1),
        purpose: 'first-admin',
        user: undefined,
        payload: undefined,
        lifetimeSeconds: LIFETIME,
      });
      const answers = await Promise.all(users.flatMap(({ id }) => stores.map((one) => one.claimAdmin(hashOf(1), id))));
      const done = answers.filter(({ status }) => status === 'done');
      assert.equal(done.length, 1);
      assert.equal(await store.hasRole('admin'), true);
      assert.equal(await store.hasRole('adm'), false);
      const roles = await Promise.all(users.map(async ({ id }) => (await store.findUser(id))?.roles.length));
      assert.deepEqual(
        roles.toSorted((a, b) => Number(a) - Number(b)),
        [0, 0, 1],
      );
      assert.equal(await countRevocations(harness, 7), 1);
    },
  },
];
