import assert from 'node:assert/strict';
import type { NewLogin, NewLoginUser } from '../../stores/login-store.ts';
import { type Store, StoreFailed } from '../../stores/store.ts';
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

const ISSUER = 'https://id.example.test';

function login(subject: string, changes: Partial<NewLogin> = {}): NewLogin {
  return { provider: 'demo', issuer: ISSUER, subject, email: undefined, tokens: undefined, ...changes };
}

function person(email: string, changes: Partial<NewLoginUser> = {}): NewLoginUser {
  const rest = { name: undefined, picture: undefined, locale: undefined, ip: undefined };
  return { email, emailVerified: true, ...rest, ...changes };
}

async function createSocialUser(store: Store, subject: string): Promise<User> {
  const made = await store.createUserWithLogin(person(`${subject}@example.test`), login(subject));
  assert.equal(made.status, 'created');
  return made.user;
}

const of = (user: User) => ({ userId: user.id, credentialVersion: user.credentialVersion });

export const loginCases: readonly StoreCase[] = [
  {
    title: 'a user is made together with a login, found by issuer and subject, and has no password',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      const made = await store.createUserWithLogin(
        person('kim@example.test', { name: '김미자', locale: 'ko', ip: '198.51.100.1' }),
        login('s1', { email: 'kim@example.test' }),
      );
      assert.equal(made.status, 'created');
      assert.equal(made.user.passwordHash, undefined);
      assert.equal(made.user.emailVerifiedAt, clock.now);
      const found = await store.findLogin(ISSUER, 's1');
      assert.deepEqual(found?.user, made.user);
      assert.deepEqual(found.login, {
        id: found.login.id,
        userId: made.user.id,
        provider: 'demo',
        issuer: ISSUER,
        subject: 's1',
        email: 'kim@example.test',
        createdAt: clock.now,
        lastUsedAt: clock.now,
      });
      assert.deepEqual(await store.listLogins(made.user.id), [found.login]);
      const [event] = await store.listAudit({ limit: 1, order: 'newest' });
      assert.deepEqual([event?.event, event?.reason, event?.ip], ['sign-up', 'demo', '198.51.100.1']);
      const unproved = await store.createUserWithLogin(
        person('lee@example.test', { emailVerified: false }),
        login('s2'),
      );
      assert.equal(unproved.status === 'created' ? unproved.user.emailVerifiedAt : 0, undefined);
    },
  },
  {
    title: 'F11: issuer and subject are compared byte for byte',
    async run({ open }) {
      const store = await open();
      await createSocialUser(store, 'Abc');
      for (const [issuer, subject] of [
        [ISSUER, 'abc'],
        [ISSUER, 'ABC'],
        [ISSUER, 'Abc '],
        [`${ISSUER}/`, 'Abc'],
        [ISSUER.toUpperCase(), 'Abc'],
      ] as const)
        assert.equal(await store.findLogin(issuer, subject), undefined, `${issuer} ${subject}`);
      const made = await store.createUserWithLogin(person('other@example.test'), login('abc'));
      assert.equal(made.status, 'created');
    },
  },
  {
    title: 'where address or login has an owner, neither user nor login is made',
    async run(harness) {
      const store = await harness.open();
      const owner = await createSocialUser(store, 's1');
      const first = await store.createUserWithLogin(person(owner.email), login('s2'));
      assert.equal(first.status, 'email-taken');
      const second = await store.createUserWithLogin(person('new@example.test'), login('s1'));
      assert.equal(second.status, 'login-taken');
      assert.equal(await store.findUserByEmail('new@example.test'), undefined);
      assert.equal(await store.findLogin(ISSUER, 's2'), undefined);
      const [row] = await harness.query('select count(*) as n from audit_events');
      assert.equal(Number(row?.['n']), 1);
    },
  },
  {
    title: 'of ten at once with one login one makes the user',
    async run({ open }) {
      const stores = [await open(), await open()];
      const made = await Promise.all(
        Array.from({ length: 5 }, (_, i) =>
          stores.map((store, j) => store.createUserWithLogin(person(`u${i}-${j}@example.test`), login('s1'))),
        ).flat(),
      );
      assert.equal(made.filter(({ status }) => status === 'created').length, 1);
      assert.equal(made.filter(({ status }) => status === 'login-taken').length, 9);
    },
  },
  {
    title: 'a login is added to a user whose credential is the one that was verified, and belongs to one',
    async run({ open }) {
      const store = await open();
      const user = await createUser(store);
      const other = await createSocialUser(store, 's1');
      assert.equal(
        (await store.addLogin({ ...of(user), credentialVersion: 9 }, login('s2'))).status,
        'credential-changed',
      );
      assert.equal((await store.addLogin(of(user), login('s1'))).status, 'taken');
      const added = await store.addLogin(of(user), login('s2'), ({ id }) => ({
        mails: [{ userId: id, sealed: hashOf(1), secretId: 'secret' }],
        audit: [{ event: 'login-linked', outcome: 'success', userId: id, actor: id }],
      }));
      assert.equal(added.status, 'added');
      assert.equal((await store.findLogin(ISSUER, 's2'))?.user.id, user.id);
      assert.equal((await store.findLogin(ISSUER, 's1'))?.user.id, other.id);
      assert.equal((await store.claimMails(10, 60)).length, 1);
      await store.setSuspended(user.id, true);
      assert.equal((await store.addLogin(of(user), login('s3'))).status, 'credential-changed');
    },
  },
  {
    title: 'the last login of a user without a password stays, also when two are taken away at once',
    async run({ open }) {
      const stores = [await open(), await open()];
      const [store, other] = stores;
      assert.ok(store);
      assert.ok(other);
      const user = await createSocialUser(store, 's1');
      const [first] = await store.listLogins(user.id);
      assert.ok(first);
      assert.equal(await store.removeLogin(user.id, first.id), 'last');
      const added = await store.addLogin(of(user), login('s2'));
      assert.equal(added.status, 'added');
      const answers = await Promise.all([
        store.removeLogin(user.id, first.id),
        other.removeLogin(user.id, added.login.id),
      ]);
      assert.deepEqual(new Set(answers), new Set(['last', 'removed']));
      assert.equal((await store.listLogins(user.id)).length, 1);
    },
  },
  {
    title: "with a password every login may go; another's, and one that is gone, is unknown",
    async run({ open }) {
      const store = await open();
      const user = await createUser(store);
      const other = await createSocialUser(store, 's1');
      const added = await store.addLogin(of(user), login('s2'));
      assert.equal(added.status, 'added');
      const [foreign] = await store.listLogins(other.id);
      assert.equal(await store.removeLogin(user.id, foreign?.id ?? ''), 'unknown');
      const audit = ({ id }: User) => ({
        audit: [{ event: 'login-unlinked', outcome: 'success', userId: id, actor: id } as const],
      });
      assert.equal(await store.removeLogin(user.id, added.login.id, audit), 'removed');
      assert.equal(await store.removeLogin(user.id, added.login.id, audit), 'unknown');
      const events = await store.listAudit({ limit: 10, order: 'newest', userId: user.id, event: 'login-unlinked' });
      assert.equal(events.length, 1);
    },
  },
  {
    title: 'F08: a claimed account keeps nothing that opened it before',
    async run(harness) {
      const store = await harness.open();
      const user = await createUser(store);
      const started = await startSession(store, user);
      await store.updateProfile(user.id, { name: 'Mallory', picture: 'https://pic.example/1' });
      assert.equal((await store.addLogin(of(user), login('attacker'))).status, 'added');
      await store.issueOneTimeToken({
        hash: hashOf(1),
        purpose: 'reset-password',
        user: { id: user.id, credentialVersion: 1 },
        payload: undefined,
        lifetimeSeconds: 60,
      });
      const claimed = await store.claimUser(of(user), login('owner'), ({ id }) => ({
        audit: [{ event: 'account-claimed', outcome: 'success', userId: id, actor: id }],
      }));
      assert.equal(claimed.status, 'claimed');
      assert.equal(claimed.user.id, user.id);
      assert.equal(claimed.user.passwordHash, undefined);
      assert.equal(claimed.user.name, undefined);
      assert.equal(claimed.user.picture, undefined);
      assert.notEqual(claimed.user.emailVerifiedAt, undefined);
      assert.equal(claimed.user.credentialVersion, 2);
      assert.deepEqual(await store.findUser(user.id), claimed.user);
      assert.equal((await store.findSession(started.session.id))?.endReason, 'claimed');
      assert.equal((await store.presentRefreshCounter(presentation(started, 0))).status, 'ended');
      assert.equal((await store.startSession(sessionStart(user))).status, 'credential-changed');
      assert.equal((await store.resetPassword(hashOf(1), 'mine')).status, 'unknown');
      assert.deepEqual(
        (await store.listLogins(user.id)).map(({ subject }) => subject),
        ['owner'],
      );
      assert.equal(await countRevocations(harness, 4), 1);
    },
  },
  {
    title: 'F08: whoever has proved an address, has a role, is suspended or has changed meanwhile is not claimed',
    async run({ open }) {
      const store = await open();
      const proved = await createSocialUser(store, 's1');
      const withRole = await createUser(store, 'a@example.test');
      await store.changeRoles(withRole.id, ['admin']);
      const suspended = await createUser(store, 'b@example.test');
      await store.setSuspended(suspended.id, true);
      const changed = await createUser(store, 'c@example.test');
      for (const user of [proved, withRole, suspended, { ...changed, credentialVersion: 2 }])
        assert.equal((await store.claimUser(of(user), login('new'))).status, 'not-claimable', user.email);
      assert.equal((await store.claimUser(of(changed), login('s1'))).status, 'taken');
      assert.equal((await store.findUser(changed.id))?.passwordHash, '$argon2id$x');
      assert.equal(await store.findLogin(ISSUER, 'new'), undefined);
    },
  },
  {
    title: 'what a provider says anew takes the place of what it said, and its tokens rest as they were sealed',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      const user = await createSocialUser(store, 's1');
      const [first] = await store.listLogins(user.id);
      assert.ok(first);
      assert.equal(await store.findSealedTokens(user.id, 'demo'), undefined);
      clock.now += SECOND;
      const tokens = { sealed: new Uint8Array([1, 0, 255]), secretId: 'secret' };
      await store.noteLogin(first.id, { email: 'new@example.test', tokens });
      assert.deepEqual(await store.findSealedTokens(user.id, 'demo'), {
        ...tokens,
        loginId: first.id,
        issuer: ISSUER,
        subject: 's1',
      });
      assert.equal(await store.findSealedTokens(user.id, 'other'), undefined);
      const [after] = await store.listLogins(user.id);
      assert.deepEqual(after, { ...first, email: 'new@example.test', lastUsedAt: clock.now });
      await store.noteLogin(first.id, { email: undefined, tokens: undefined });
      assert.equal(await store.findSealedTokens(user.id, 'demo'), undefined);
    },
  },
  {
    title: 'tokens under a secret are listed page by page, and one that was replaced meanwhile is not overwritten',
    async run({ open }) {
      const store = await open();
      const users: User[] = [];
      for (const [i, secretId] of ['old', 'old', 'other', 'old'].entries()) {
        const user = await createSocialUser(store, `s${i}`);
        const [only] = await store.listLogins(user.id);
        await store.noteLogin(only?.id ?? '', { email: undefined, tokens: { sealed: hashOf(i), secretId } });
        users.push(user);
      }
      const first = await store.listTokensUnder('old', undefined, 2);
      const second = await store.listTokensUnder('old', first[1]?.loginId, 2);
      const listed = [...first, ...second];
      assert.equal(second.length, 1);
      assert.deepEqual(new Set(listed.map(({ subject }) => subject)), new Set(['s0', 's1', 's3']));
      assert.ok(listed.every(({ sealed, subject }) => sealed[0] === Number(subject.slice(1))));
      // a sign-in between the look and the change
      const [early, late] = [listed.find(({ subject }) => subject === 's0'), users[0]];
      const newer = { sealed: hashOf(9), secretId: 'old' };
      await store.noteLogin(early?.loginId ?? '', { email: undefined, tokens: newer });
      await store.resealTokens(
        listed.map(({ loginId, sealed: before }) => ({ loginId, before, sealed: hashOf(7), secretId: 'new' })),
      );
      assert.deepEqual((await store.findSealedTokens(late?.id ?? '', 'demo'))?.sealed, hashOf(9));
      assert.deepEqual(
        await Promise.all(users.map(async ({ id }) => (await store.findSealedTokens(id, 'demo'))?.secretId)),
        ['old', 'new', 'other', 'new'],
      );
      const { sealed } = await store.readSecrets();
      assert.deepEqual(new Map(sealed.map(({ secretId, count }) => [secretId, count])).get('old'), 1);
    },
  },
  {
    title: 'nothing that lasts is sealed under a secret that was dropped',
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      const user = await createSocialUser(store, 's1');
      const [first] = await store.listLogins(user.id);
      assert.ok(first);
      const tokens = { sealed: hashOf(1), secretId: 'bad' };
      await store.noteLogin(first.id, { email: undefined, tokens });
      await other.dropSecret('bad', 'good');
      const refused = [
        () => store.noteLogin(first.id, { email: 'x@example.test', tokens: { ...tokens, sealed: hashOf(2) } }),
        () => store.createUserWithLogin(person('new@example.test'), login('s2', { tokens })),
        () => store.addLogin(of(user), login('s3', { tokens })),
        () => store.resealTokens([{ ...tokens, loginId: first.id, before: tokens.sealed }]),
      ];
      for (const step of refused) await assert.rejects(step(), StoreFailed);
      assert.deepEqual((await store.findSealedTokens(user.id, 'demo'))?.sealed, hashOf(1));
      assert.equal((await store.listLogins(user.id))[0]?.email, first.email);
      assert.equal(await store.findUserByEmail('new@example.test'), undefined);
    },
  },
  {
    title: 'logins go with their user, and what they named may come again',
    async run(harness) {
      const store = await harness.open();
      const user = await createSocialUser(store, 's1');
      assert.equal(await store.deleteUser(user.id, 1), 'deleted');
      assert.equal(await store.findLogin(ISSUER, 's1'), undefined);
      assert.notEqual((await createSocialUser(store, 's1')).id, user.id);
    },
  },
  {
    title: 'F02: of ten at once that spend one thing one does; it stays spent over a restart, until it would be over',
    async run({ open }) {
      const clock = new HandClock();
      const stores = [await open({ clock: clock.read }), await open({ clock: clock.read })];
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => stores.map((store) => store.spendOnce(hashOf(1), 60))).flat(),
      );
      assert.equal(answers.filter(Boolean).length, 1);
      const later = await open({ clock: clock.read });
      assert.equal(await later.spendOnce(hashOf(1), 60), false);
      assert.equal(await later.spendOnce(hashOf(2), 60), true);
      clock.now += 61 * SECOND;
      assert.equal(await later.spendOnce(hashOf(3), 60), true);
      assert.equal(await later.spendOnce(hashOf(1), 60), true, 'what is over is forgotten');
    },
  },
];
