import assert from 'node:assert/strict';
import type { Effects } from '../../stores/account-store.ts';
import type { SessionStarted } from '../../stores/session-store.ts';
import { type Store, StoreFailed } from '../../stores/store.ts';
import type { User } from '../../stores/user-store.ts';
import {
  createUser,
  DAY,
  HandClock,
  hashOf,
  newUser,
  presentation,
  type StoreCase,
  type StoreHarness,
  sessionStart,
  startSession,
} from './harness.ts';

const TABLES = [
  'users',
  'sessions',
  'grants',
  'revocations',
  'meta',
  'client_cutoffs',
  'signing_keys',
  'one_time_tokens',
  'outbox',
  'audit_events',
  'logins',
  'spent',
];

/** Who is there when a step runs: a person whose refresh token has advanced twice. */
interface Scene {
  readonly user: User;
  readonly started: SessionStarted;
  /** A login that they have beside the password. */
  readonly loginId: string;
}

const LOGIN = { provider: 'demo', issuer: 'https://id.example.test', email: undefined } as const;
const TOKENS = { sealed: hashOf(5), secretId: 'secret' };

const STEPS: Readonly<Record<string, (store: Store, scene: Scene) => Promise<unknown>>> = {
  createUser: (store) => store.createUser({ ...newUser('new@example.test'), verification: LINK }, tell),
  'createUser, where the address is taken': (store, { user }) =>
    store.createUser({ ...newUser(user.email), verification: LINK }, undefined, tell),
  upgradePasswordHash: (store, { user }) => store.upgradePasswordHash(user.id, 1, 'better'),
  startSession: (store, { user }) => store.startSession(sessionStart(user)),
  endSession: (store, { user, started }) => store.endSession(user.id, started.session.id, 'sign-out'),
  endAllSessions: (store, { user }) => store.endAllSessions(user.id, 'admin'),
  'presentRefreshCounter, advanced': (store, { started }) =>
    store.presentRefreshCounter(presentation(started, 2, { retryKeyHash: hashOf(1) })),
  'presentRefreshCounter, replayed': (store, { started }) => store.presentRefreshCounter(presentation(started, 0)),
  changePassword: (store, { user }) => store.changePassword({ passwordHash: 'new', start: sessionStart(user) }, tell),
  resetPassword: (store) => store.resetPassword(hashOf(1), 'new', tell),
  deleteUser: (store, { user }) => store.deleteUser(user.id, 1, tell),
  claimMails: (store) => store.claimMails(1, 60),
  'cutOff, a client': (store) => store.cutOff('tokens', { kind: 'client', id: 'first-party' }),
  endOtherSessions: (store, { user }) => store.endOtherSessions(user.id, 'none', 'sign-out-others'),
  startOfflineGrant: (store, { user }) => store.startOfflineGrant(sessionStart(user)),
  changeEpoch: (store, { started }) => store.changeEpoch(started.epoch),
  publishRevocations: (store) => store.publishRevocations(),
  'revoke, a session': (store, { started }) => store.revoke({ code: 1, value: started.session.id, before: 0 }),
  'revoke, a client': (store) => store.revoke({ code: 5, value: 'first-party', before: 1 }),
  ensureSigningKeys: (store) =>
    store.ensureSigningKeys(
      ['a', 'b'].map((kid) => ({
        kid,
        alg: 'ES256',
        publicJwk: '{}',
        sealedPrivateJwk: new Uint8Array(1),
        secretId: 'secret',
        state: 'active',
        createdAt: 1,
        since: 1,
      })),
    ),
  createUserWithLogin: (store) =>
    store.createUserWithLogin(
      {
        email: 'new@example.test',
        emailVerified: true,
        name: 'Kim',
        picture: undefined,
        locale: 'ko',
        ip: undefined,
      },
      { ...LOGIN, subject: 'new', tokens: TOKENS },
      tell,
    ),
  addLogin: (store, { user }) =>
    store.addLogin({ userId: user.id, credentialVersion: 1 }, { ...LOGIN, subject: 'second', tokens: TOKENS }, tell),
  claimUser: (store, { user }) =>
    store.claimUser({ userId: user.id, credentialVersion: 1 }, { ...LOGIN, subject: 'owner', tokens: TOKENS }, tell),
  removeLogin: (store, { user, loginId }) => store.removeLogin(user.id, loginId, tell),
  noteLogin: (store, { loginId }) => store.noteLogin(loginId, { email: 'seen@example.test', tokens: TOKENS }),
  resealTokens: (store, { loginId }) =>
    store.resealTokens([{ loginId, before: hashOf(4), sealed: hashOf(6), secretId: 'new' }]),
  spendOnce: (store) => store.spendOnce(hashOf(8), 60),
};

const LINK = { hash: hashOf(9), lifetimeSeconds: 60, isSent: true };

/** What goes with a change is there with it or not at all. */
const tell: Effects = ({ id }) => ({
  mails: [{ userId: id, sealed: hashOf(3), secretId: 'secret' }],
  audit: [{ event: 'password-changed', outcome: 'success', userId: id, actor: id }],
});

async function dump({ query }: StoreHarness): Promise<string> {
  const tables = await Promise.all(TABLES.map((table) => query(`select * from ${table} order by 1`)));
  return JSON.stringify(tables);
}

async function setScene(store: Store, clock: HandClock): Promise<Scene> {
  const user = await createUser(store);
  const started = await startSession(store, user);
  for (const counter of [0, 1]) {
    clock.now += DAY;
    await store.presentRefreshCounter(presentation(started, counter));
  }
  clock.now += DAY;
  await store.revoke({ code: 2, value: 'unpublished', before: 0 });
  await store.issueOneTimeToken({
    hash: hashOf(1),
    purpose: 'reset-password',
    user: { id: user.id, credentialVersion: 1 },
    payload: undefined,
    lifetimeSeconds: 900,
  });
  await store.enqueueMails([{ userId: user.id, sealed: hashOf(2), secretId: 'secret' }]);
  const added = await store.addLogin(
    { userId: user.id, credentialVersion: 1 },
    { ...LOGIN, subject: 'first', tokens: { sealed: hashOf(4), secretId: 'secret' } },
  );
  assert.equal(added.status, 'added');
  return { user, started, loginId: added.login.id };
}

const HALF_DONE: readonly StoreCase[] = Object.entries(STEPS).map(
  ([name, step]): StoreCase => ({
    title: `${name}: whichever statement fails, it happened whole or not at all, and the store goes on`,
    async run(harness) {
      const clock = new HandClock();
      const { store, failAt, count } = await harness.openFaulty({ clock: clock.read });
      const scene = await setScene(store, clock);
      const before = await dump(harness);
      let n = 0;
      // as long as there is an n-th statement
      for (let last = false; !last; ) {
        n += 1;
        failAt(n, 'before');
        const failed = await step(store, scene).then(
          () => undefined,
          (error: unknown) => error,
        );
        last = failed === undefined;
        if (!last) {
          assert.ok(failed instanceof StoreFailed, String(failed));
          if (name !== 'publishRevocations') assert.equal(await dump(harness), before, `statement ${n}`);
        }
      }
      assert.notEqual(await dump(harness), before);
      assert.ok(n > 1, 'a statement at least');
      failAt(0, 'before');
      await store.readState();
      assert.equal(count(), 1);
    },
  }),
);

const LOST_COMMIT: StoreCase = {
  title: 'a commit whose answer is lost rejects with StoreFailed, and is found done or not done',
  async run(harness) {
    const clock = new HandClock();
    const { store, failAt, count } = await harness.openFaulty({ clock: clock.read });
    const { started } = await setScene(store, clock);
    const present = () => store.presentRefreshCounter(presentation(started, 2, { retryKeyHash: hashOf(1) }));
    failAt(0, 'after');
    const user = await createUser(store, 'count@example.test');
    const other = await startSession(store, user);
    clock.now += DAY;
    failAt(0, 'after');
    await store.presentRefreshCounter(presentation(other, 0, { retryKeyHash: hashOf(1) }));
    failAt(count(), 'after');
    await assert.rejects(present(), StoreFailed);
    assert.equal((await store.findGrant(started.grant.id))?.counter, 3, 'it was done');
    clock.now += DAY;
    assert.equal((await present()).status, 'retry', 'and the client that asks again gets its token');
  },
};

export const faultCases: readonly StoreCase[] = [...HALF_DONE, LOST_COMMIT];
