import { randomBytes } from 'node:crypto';
import { importPrivateJwk, type JwtClaims, timeOfId } from '@mapae/jwt';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { FormVisitor } from '../../../../tests/support/form-visitor.ts';
import { badTokens } from '../../../jwt/test/bad-tokens.ts';
import { hashOneTimeToken } from '../../src/accounts/one-time-link.ts';
import { deriveSecrets, unseal } from '../../src/secrets/secrets.ts';
import { openStore } from '../../src/stores/kysely-store.ts';
import { openNodeSqlite } from '../../src/stores/node-sqlite.ts';
import { sqliteDialect } from '../../src/stores/sqlite.ts';
import type { Store } from '../../src/stores/store.ts';
import {
  type Call,
  type Changed,
  ISSUER,
  openServer,
  PASSWORD,
  SAME_ORIGIN,
  shareServer,
  verdict,
} from './server-under-test.ts';

const SECRET = randomBytes(32).toString('base64url');
const REFRESH = '__Host-mapae-refresh';

/** A server whose store can be asked: for the key that signs, and for what was mailed as a token. */
function shareServerWithStore(options: Changed = {}) {
  let store: Store | undefined;
  const under = shareServer({
    secrets: [SECRET],
    database: {
      async open(storeOptions) {
        store = await openStore(
          sqliteDialect(await openNodeSqlite(':memory:'), await openNodeSqlite(':memory:')),
          storeOptions,
        );
        return store;
      },
    },
    ...options,
  });
  return {
    ...under,
    get store() {
      if (store === undefined) throw new Error('the server opens one');
      return store;
    },
  };
}

describe("the account API's own verifier", () => {
  const under = shareServerWithStore();
  const { call, signUp, signIn, server } = under;
  let good: string;
  beforeAll(async () => {
    await signUp('kim@example.test');
    good = (await signIn('kim@example.test')).access_token;
  });

  test('T, K, J, C: every token of the catalogue, signed with its own key where that matters, is 401 with its code', async () => {
    const signingKeys = await under.store.listSigningKeys();
    const row = signingKeys.find(({ alg, state }) => alg === 'ES256' && state === 'active');
    const secret = deriveSecrets([SECRET]).current;
    const key = importPrivateJwk(
      JSON.parse(unseal(secret, row?.sealedPrivateJwk ?? new Uint8Array(), row?.kid ?? '') ?? '{}'),
    );
    const claims = JSON.parse(Buffer.from(good.split('.')[1] ?? '', 'base64url').toString()) as JwtClaims;
    const rows = badTokens({ key, issuer: ISSUER, audience: ISSUER, claims });
    expect(rows.filter(({ id }) => id === 'J14' || id === 'J15' || id === 'J16').length).toBeGreaterThan(30);
    for (const { id, title, token, code } of rows) {
      const answer = await server.fetch(
        new Request(`${ISSUER}/v1/me`, { headers: { authorization: `Bearer ${token}` } }),
      );
      const body = (await answer.json()) as { readonly reason?: string; readonly code?: string };
      if (code === 'accepted') {
        expect([id, title, answer.status]).toEqual([id, title, 200]);
        continue;
      }
      // this one asks for more claims than the library does, and misses them first
      const reason = title.includes('in __proto__') ? 'token/claim' : code;
      expect([id, title, answer.status, body.code, body.reason]).toEqual([id, title, 401, 'invalid_token', reason]);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    }
    expect(await verdict(await call('/v1/me', { bearer: good }))).toEqual([200, undefined]);
  });

  test.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    'J14: a member named %s is refused, wherever it stands, and no object gets it',
    async (name) => {
      const raw = (body: string): Call => ({
        method: 'PATCH',
        raw: body,
        bearer: good,
        headers: { 'content-type': 'application/json' },
      });
      for (const body of [`{"${name}":{"admin":true}}`, `{"name":{"${name}":1}}`, `{"name":"Kim","${name}":["admin"]}`])
        expect([body, ...(await verdict(await call('/v1/me', raw(body))))]).toEqual([body, 422, 'request/invalid']);
      expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
    },
  );

  test('R13: ids of sessions made at once are unlike, with 74 random bits, and open nothing', async () => {
    const ids = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const { access_token } = await signIn('kim@example.test');
        return (JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString()) as { sid: string })
          .sid;
      }),
    );
    // the same millisecond by the clock of this test: what differs is random
    const random = ids.map((id) => Buffer.from(id, 'base64url').subarray(6).toString('hex'));
    expect([new Set(ids.map((id) => timeOfId(id))).size, new Set(random).size]).toEqual([1, ids.length]);
    for (const at of [2, 3, 4, 5, 6, 7])
      expect(new Set(random.map((hex) => hex.slice(2 * at, 2 * at + 2))).size).toBeGreaterThan(3);
    for (const id of ids.slice(0, 2)) {
      expect(await verdict(await call('/v1/me', { bearer: id }))).toEqual([401, 'invalid_token']);
      expect(await verdict(await call('/v1/refresh', { json: { refresh_token: id } }))).toEqual([400, 'invalid_grant']);
      const byCookie = await call('/v1/refresh', { method: 'POST', cookie: `${REFRESH}=${id}`, headers: SAME_ORIGIN });
      expect(await verdict(byCookie)).toEqual([400, 'invalid_grant']);
    }
    await signUp('lee@example.test');
    const lee = (await signIn('lee@example.test')).access_token;
    const taken = await call(`/v1/sessions/${ids[0] ?? ''}`, { method: 'DELETE', bearer: lee });
    expect(await verdict(taken)).toEqual([404, 'session/unknown']);
  });

  test('R13: no address that a browser is led to holds a session, a token or what opens one', async () => {
    const visitor = await new FormVisitor({ issuer: ISSUER, server }).enter('park@example.test');
    const seen = [];
    for (const path of [
      '/sign-in',
      '/account',
      '/account/devices',
      '/account/security',
      '/account/data',
      '/account/activity',
    ])
      seen.push(await visitor.get(path));
    seen.push(await visitor.submit('/sign-in', { email: 'park@example.test', password: PASSWORD }));
    const addresses = seen.flatMap(({ text, location }) => [
      location ?? '',
      ...[...text.matchAll(/(?:href|src|action)="([^"]*)"/g)].map(([, address = '']) => address),
    ]);
    expect(addresses.length).toBeGreaterThan(40);
    const user = await under.store.findUserByEmail('park@example.test');
    const secrets = [
      ...visitor.cookies.values(),
      ...(await under.store.listSessions(user?.id ?? '')).map(({ id }) => id),
      user?.id ?? 'nobody',
    ].filter((value) => value.length > 8);
    expect(secrets.length).toBeGreaterThan(3);
    for (const address of addresses) for (const value of secrets) expect(address).not.toContain(value);
    for (const address of addresses) expect(address).not.toMatch(/m[rdf]1\.|eyJ/);
  });
});

describe('R15: what is half way authorises nothing', () => {
  const under = shareServerWithStore({ requireVerifiedEmail: true });
  const { call, signUp, mails } = under;
  const mailed = (purpose: string): Promise<string> =>
    vi.waitFor(
      () => {
        const link = new RegExp(`/link/${purpose}\\?token=([\\w-]{22})`);
        const [token] = mails.flatMap(({ text }) => link.exec(text)?.[1] ?? []);
        if (token === undefined) throw new Error('not there yet');
        return token;
      },
      { timeout: 5_000 },
    );
  const visitor = new FormVisitor({ issuer: ISSUER, server: under.server });
  let verification: string;
  let reset: string;
  beforeAll(async () => {
    await signUp('kim@example.test');
    verification = await mailed('verify-email');
    await call('/v1/password/forgot', { json: { email: 'kim@example.test' } });
    reset = await mailed('reset-password');
    await visitor.get('/sign-in');
    await visitor.get(`/link/verify-email?token=${verification}`);
  });

  test('the token of a link, and each cookie of the pages, is no credential: not as a bearer token, not in a body, not as the cookie', async () => {
    expect(visitor.cookies.size).toBeGreaterThan(0);
    for (const [what, value] of [
      ['the token of a link that verifies', verification],
      ['the token of a link that resets', reset],
      ...visitor.cookies,
    ] as const) {
      const invalid = [what, 400, 'invalid_grant'];
      expect([what, ...(await verdict(await call('/v1/me', { bearer: value })))]).toEqual([what, 401, 'invalid_token']);
      expect([what, ...(await verdict(await call('/v1/refresh', { json: { refresh_token: value } })))]).toEqual(
        invalid,
      );
      const cookie = `${REFRESH}=${value}`;
      const refreshed = await call('/v1/refresh', { method: 'POST', cookie, headers: SAME_ORIGIN });
      expect([what, ...(await verdict(refreshed))]).toEqual(invalid);
      const page = await visitor.send('/account', { headers: { 'sec-fetch-mode': 'navigate', cookie } });
      expect([what, page.status, page.location?.startsWith('/sign-in') ?? page.location]).toEqual([what, 303, true]);
    }
  });

  test('a token for one thing is no good for another, and not spent by the try', async () => {
    const good = { password: 'another horse and battery' };
    expect(await verdict(await call('/v1/password/reset', { json: { token: verification, ...good } }))).toEqual([
      400,
      'account/link',
    ]);
    for (const path of ['/v1/email/verify', '/v1/email/confirm'])
      expect(await verdict(await call(path, { json: { token: reset } }))).toEqual([400, 'account/link']);
    const user = await under.store.findUserByEmail('kim@example.test');
    for (const [token, purpose] of [
      [verification, 'verify-email'],
      [reset, 'reset-password'],
    ] as const)
      expect((await under.store.findOneTimeTokenOwner(hashOneTimeToken(token) ?? new Uint8Array(), purpose))?.id).toBe(
        user?.id,
      );
  });

  test('a sign-in before the address is verified sets no cookie and makes no session', async () => {
    const answer = await call('/v1/sign-in', {
      json: { email: 'kim@example.test', password: PASSWORD },
      headers: SAME_ORIGIN,
    });
    expect([answer.headers.has('set-cookie'), ...(await verdict(answer))]).toEqual([false, 403, 'account/unverified']);
    const user = await under.store.findUserByEmail('kim@example.test');
    expect(await under.store.listSessions(user?.id ?? '')).toEqual([]);
  });
});

describe('R18: a cookie that was cut, put together anew, sealed under an old key or is another one', () => {
  const { call, signUp, signInCookie, server } = shareServer({ secrets: [SECRET] });
  let good: string;
  let bad: readonly (readonly [what: string, value: string])[];
  beforeAll(async () => {
    await signUp('kim@example.test');
    await signUp('lee@example.test');
    const tokenFor = async (email: string): Promise<string> =>
      (await signInCookie(email)).cookie.replace(`${REFRESH}=`, '');
    good = await tokenFor('kim@example.test');
    const other = await tokenFor('lee@example.test');
    const parts = good.split('.');
    await using elsewhere = await openServer();
    await elsewhere.signUp('kim@example.test');
    const old = (await elsewhere.signInCookie('kim@example.test')).cookie.replace(`${REFRESH}=`, '');
    const visitor = await new FormVisitor({ issuer: ISSUER, server }).enter('park@example.test');
    const put = (index: number, from: string): string =>
      parts.map((part, i) => (i === index ? (from.split('.')[index] ?? '') : part)).join('.');
    bad = [
      ...[0, 1, 3, 10, parts.slice(0, 3).join('.').length, good.length - 1].map(
        (n) => [`cut after ${n}`, good.slice(0, n)] as const,
      ),
      ['with the grant of somebody else', put(2, other)],
      ['with the tag of somebody else', put(4, other)],
      ['with another counter', parts.map((part, i) => (i === 3 ? '1' : part)).join('.')],
      ['with the id of another secret', put(1, old)],
      ['sealed under a secret that is gone', old],
      ['in quotes', `"${good}"`],
      ['spelled with escapes', good.replaceAll('.', '%2E')],
      ...[...visitor.cookies]
        .filter(([name]) => name !== REFRESH)
        .map(([name, value]) => [`of ${name}`, value] as const),
    ];
  });
  /** All that the outside sees, but for the time. */
  const seen = async (path: string, cookie: string | undefined, call_: Call = {}): Promise<string> => {
    const answer = await call(path, {
      ...call_,
      ...(cookie === undefined ? {} : { cookie }),
      headers: { ...SAME_ORIGIN, ...call_.headers },
    });
    const headers = [...answer.headers].map(([name, value]) => [name, value.replace(/(mapae-browser)=[\w.-]+/, '$1')]);
    return JSON.stringify([answer.status, headers, (await answer.text()).replace(/mf1\.[\w.-]+|nonce[^;"]*/g, '')]);
  };

  test('has one answer whatever is wrong with it, the same that a session has which is over', async () => {
    const gone = await signInCookie('kim@example.test');
    await call('/v1/sign-out', { method: 'POST', cookie: gone.cookie, headers: SAME_ORIGIN });
    const expected = await seen('/v1/refresh', gone.cookie, { method: 'POST' });
    expect(expected).toContain('invalid_grant');
    for (const [what, value] of bad)
      expect([what, await seen('/v1/refresh', `${REFRESH}=${value}`, { method: 'POST' })]).toEqual([what, expected]);
    const out = await seen('/v1/sign-out', gone.cookie, { method: 'POST' });
    for (const [what, value] of bad)
      expect([what, await seen('/v1/sign-out', `${REFRESH}=${value}`, { method: 'POST' })]).toEqual([what, out]);
  });

  test('is as no cookie to a page, and the real one lives on', async () => {
    const page = { headers: { accept: 'text/html', 'sec-fetch-mode': 'navigate' } };
    const expected = await seen('/account', undefined, page);
    expect(expected).toContain('/sign-in');
    for (const [what, value] of bad)
      expect([what, await seen('/account', `${REFRESH}=${value}`, page)]).toEqual([what, expected]);
    expect(
      (await call('/v1/refresh', { method: 'POST', cookie: `${REFRESH}=${good}`, headers: SAME_ORIGIN })).status,
    ).toBe(200);
  });
});
