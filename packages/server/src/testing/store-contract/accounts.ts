import assert from 'node:assert/strict';
import type { SigningKeyRow } from '../../stores/signing-key-store.ts';
import { createUser, HandClock, newUser, START, type StoreCase } from './harness.ts';

function signingKey(kid: string, alg = 'ES256'): SigningKeyRow {
  return {
    kid,
    alg,
    publicJwk: `{"kid":"${kid}"}`,
    sealedPrivateJwk: new Uint8Array([1, 2, 255]),
    secretId: 'secret',
    state: 'active',
    createdAt: START,
    since: START,
  };
}

export const accountCases: readonly StoreCase[] = [
  {
    title: 'a user is found by id and by e-mail as it was made',
    async run({ open }) {
      const clock = new HandClock();
      const store = await open({ clock: clock.read });
      const made = await store.createUser({ ...newUser(), name: '김미자' });
      assert.equal(made.status, 'created');
      assert.deepEqual(made.user, {
        id: made.user.id,
        email: 'kim@example.test',
        emailVerifiedAt: undefined,
        passwordHash: '$argon2id$x',
        credentialVersion: 1,
        name: '김미자',
        picture: undefined,
        locale: undefined,
        roles: [],
        createdAt: START,
        disabledAt: undefined,
        firstSignedInAt: undefined,
        sessionsCutoff: 0,
        tokensCutoff: 0,
      });
      assert.match(made.user.id, /^[\w-]{22}$/);
      const other = await open();
      assert.deepEqual(await other.findUser(made.user.id), made.user);
      assert.deepEqual(await other.findUserByEmail('kim@example.test'), made.user);
      assert.equal(await other.findUser('nobody'), undefined);
      assert.equal(await other.findUserByEmail('no@example.test'), undefined);
    },
  },
  {
    title: 'of twenty at once with one address one is made, and the others are told it is taken',
    async run({ open }) {
      const stores = [await open(), await open()];
      const made = await Promise.all(
        Array.from({ length: 10 }, () => stores.map((store) => store.createUser(newUser()))).flat(),
      );
      assert.equal(made.filter((one) => one.status === 'created').length, 1);
    },
  },
  {
    title: 'a password hash is upgraded only while the credential version is the one that was verified',
    async run({ open }) {
      const store = await open();
      const { id } = await createUser(store);
      await store.upgradePasswordHash(id, 2, 'late');
      assert.equal((await store.findUser(id))?.passwordHash, '$argon2id$x');
      await store.upgradePasswordHash(id, 1, 'better');
      const user = await store.findUser(id);
      assert.equal(user?.passwordHash, 'better');
      assert.equal(user.credentialVersion, 1);
    },
  },
  {
    title: 'of several first sets of signing keys one is kept, and all are told which',
    async run({ open }) {
      const stores = await Promise.all([open(), open(), open()]);
      const sets = await Promise.all(
        stores.map((store, i) => store.ensureSigningKeys([signingKey(`a${i}`), signingKey(`n${i}`)])),
      );
      const [first] = sets;
      assert.equal(first?.length, 2);
      for (const set of sets) assert.deepEqual(set, first);
      assert.equal(new Set(first.map((key) => key.kid.slice(1))).size, 1, 'both of one set');
      assert.deepEqual(await stores[0]?.listSigningKeys(), first);
      assert.deepEqual(first[0]?.sealedPrivateJwk, new Uint8Array([1, 2, 255]));
    },
  },
  {
    title: 'a key of another algorithm is added to those that are there',
    async run({ open }) {
      const store = await open();
      await store.ensureSigningKeys([signingKey('es')]);
      const keys = await store.ensureSigningKeys([signingKey('es2'), signingKey('rs', 'RS256')]);
      assert.deepEqual(keys.map((key) => key.kid).sort(), ['es', 'rs']);
    },
  },
  {
    title: 'several processes may open one empty database at once: one schema, one epoch',
    async run({ open }) {
      const stores = await Promise.all(Array.from({ length: 5 }, () => open()));
      const states = await Promise.all(stores.map((store) => store.readState()));
      const [first] = states;
      assert.equal(first?.epoch.length, 16);
      for (const { epoch, number } of states) assert.deepEqual([epoch, number], [first.epoch, 0]);
    },
  },
  {
    title: 'an unchanged database says so, and a commit of any connection is noticed',
    async run({ open }) {
      const [a, b] = [await open(), await open()];
      await a.changedSince();
      await createUser(b, 'b@example.test');
      assert.equal(await a.changedSince(), true, "another's");
      await createUser(a, 'a@example.test');
      assert.equal(await a.changedSince(), true, 'its own');
    },
  },
];
