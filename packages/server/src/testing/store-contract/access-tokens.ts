import assert from 'node:assert/strict';
import { generateTimeOrderedId } from '@mapae/jwt';
import type { TokenIds } from '../../stores/access-token-store.ts';
import type { RevocationCode } from '../../stores/revocation-store.ts';
import { createUser, HandClock, hashOf, SECOND, type StoreCase, startSession } from './harness.ts';

const zeros = (bytes: number): Uint8Array => new Uint8Array(bytes);

export const accessTokenCases: readonly StoreCase[] = [
  {
    title:
      'keepAccessToken, findAccessToken: a record is found by its hash until its end, then pruned; a user takes theirs along',
    async run(harness) {
      const clock = new HandClock();
      const store = await harness.open({ clock: clock.read });
      const user = await createUser(store);
      const record = { userId: user.id, claims: { sub: user.id, scope: 'a b', nested: { n: 1 } } };
      for (let n = 1; n <= 3; n += 1)
        await store.keepAccessToken({ ...record, hash: hashOf(n), expiresAt: clock.now + n * SECOND });
      assert.deepEqual((await store.findAccessToken(hashOf(1)))?.claims, record.claims);
      assert.equal(await store.findAccessToken(hashOf(9)), undefined);
      clock.now += SECOND;
      assert.equal(await store.findAccessToken(hashOf(1)), undefined);
      assert.notEqual(await store.findAccessToken(hashOf(2)), undefined);
      clock.now += 1;
      assert.deepEqual([await store.pruneAccessTokens(10), await store.pruneAccessTokens(10)], [1, 0]);
      assert.equal(await store.deleteUser(user.id, user.credentialVersion), 'deleted');
      assert.equal(await store.findAccessToken(hashOf(2)), undefined);
    },
  },
  {
    title:
      'isTokenOver: true for every kind of revocation that a verifier would refuse it by, published or not, and for no other',
    async run(harness) {
      const clock = new HandClock();
      const store = await harness.open({ clock: clock.read });
      const user = await createUser(store);
      const { session } = await startSession(store, user);
      const ids: TokenIds = {
        subject: user.id,
        sessionId: session.id,
        clientId: 'app',
        tokenId: generateTimeOrderedId(clock.now + 500, zeros),
      };
      assert.equal(await store.isTokenOver(ids), false);
      const offline = { ...ids, sessionId: undefined };
      const cases: readonly (readonly [RevocationCode, string, number, boolean, boolean])[] = [
        // code, value, before, ends the session's token, ends the one without a session
        [2, ids.tokenId, 0, true, true],
        [3, 'app', 0, true, true],
        [3, 'other', 0, false, false],
        [4, user.id, session.createdAt - 1, false, false],
        [4, user.id, session.createdAt, true, false],
        [6, '', clock.now + 500, true, true],
        [7, user.id, clock.now + 499, false, false],
        [7, user.id, clock.now + 500, true, true],
        [8, 'app', clock.now + 500, true, true],
        [9, '', clock.now + 499, false, false],
      ];
      for (const [code, value, before, withSession, without] of cases) {
        await store.revoke({ code, value, before });
        const got = [await store.isTokenOver(ids), await store.isTokenOver(offline)];
        assert.deepEqual(got, [withSession, without], `code ${code}, before ${before - clock.now}`);
        await harness.query('delete from revocations');
        await harness.query('update users set sessions_cutoff = 0, tokens_cutoff = 0');
        await harness.query('update meta set sessions_cutoff = 0, tokens_cutoff = 0');
      }
      assert.equal(await store.isTokenOver({ ...ids, subject: 'nobody' }), true);
      const other = { ...ids, sessionId: generateTimeOrderedId(clock.now, zeros) };
      await store.revoke({ code: 1, value: session.id, before: 0 });
      assert.deepEqual([await store.isTokenOver(ids), await store.isTokenOver(offline)], [true, false]);
      assert.equal(await store.isTokenOver(other), true, 'a session that never was');
      await harness.query('delete from revocations');
      assert.deepEqual([await store.isTokenOver(ids), await store.isTokenOver(offline)], [true, false]);
    },
  },
];
