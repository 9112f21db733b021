import { beforeAll, describe, expect, test } from 'vitest';
import {
  API,
  APP_ORIGIN,
  type Changed,
  PASSWORD,
  SAME_ORIGIN,
  shareServer,
  type Tokens,
  verdict,
} from './server-under-test.ts';

interface SessionList {
  readonly sessions: readonly {
    readonly id: string;
    readonly current: boolean;
    readonly device: string | null;
    readonly ip: string | null;
  }[];
}

/** Accounts, sessions and refresh over one kind of database. */
export function accountTests(name: string, options: Changed): void {
  describe(`the account API over ${name}`, () => {
    const { call, signUp, signIn, signInCookie, clock, log } = shareServer(options);
    beforeAll(async () => {
      await signUp('kim@example.test');
      await signUp('lee@example.test');
    });
    const list = async (bearer: string): Promise<SessionList> =>
      (await (await call('/v1/sessions', { bearer })).json()) as SessionList;

    test('me is the account, with no more than it says', async () => {
      const { access_token: bearer } = await signIn('kim@example.test');
      const answer = await call('/v1/me', { bearer });
      expect(await answer.json()).toMatchObject({
        email: 'kim@example.test',
        email_verified: false,
        name: null,
        roles: [],
      });
    });

    test('an address is the same in any case and form, with space around it', async () => {
      await signUp('  ÉCOLE@Example.TEST ');
      const { access_token: bearer } = await signIn('e\u0301cole@example.test');
      expect(await (await call('/v1/me', { bearer })).json()).toMatchObject({ email: 'école@example.test' });
    });

    test('ASVS 6.3.8: unknown account and wrong password have the same answer', async () => {
      const attempts = [
        { email: 'kim@example.test', password: 'wrong horse battery' },
        { email: 'nobody@example.test', password: PASSWORD },
      ];
      const answers = await Promise.all(
        attempts.map(async (json) => {
          const answer = await call('/v1/sign-in', { json, headers: SAME_ORIGIN });
          return [answer.status, [...answer.headers], await answer.text()];
        }),
      );
      expect(answers[0]).toEqual(answers[1]);
      expect(answers[0]?.[0]).toBe(401);
    });

    test('sign-up of a known address has the answer of a new one and changes nothing', async () => {
      const json = { email: 'kim@example.test', password: 'another password' };
      const known = await call('/v1/sign-up', { json });
      const fresh = await call('/v1/sign-up', { json: { ...json, email: 'new@example.test' } });
      expect([known.status, [...known.headers]]).toEqual([fresh.status, [...fresh.headers]]);
      expect(await known.json()).toEqual({ email: 'kim@example.test' });
      await signIn('kim@example.test');
    });

    test.each([
      ['an unknown client', { client_id: 'nobody' }, [400, 'invalid_client']],
      ['a client named __proto__', { client_id: '__proto__' }, [400, 'invalid_client']],
      ['an unknown resource', { resource: 'https://other.example' }, [400, 'invalid_target']],
      ['a resource with another spelling', { resource: `${API}/` }, [400, 'invalid_target']],
      ['an unknown scope', { resource: API, scope: 'notes:read admin' }, [400, 'invalid_scope']],
      ["another resource's scope", { scope: 'notes:read' }, [400, 'invalid_scope']],
      ['no scope at all', { resource: API, scope: ' ' }, [400, 'invalid_scope']],
    ])('sign-in with %s', async (_title, more, expected) => {
      const json = { email: 'kim@example.test', password: PASSWORD, delivery: 'bearer', ...more };
      expect(await verdict(await call('/v1/sign-in', { json }))).toEqual(expected);
    });

    test('scope only narrows, for the access token and the whole grant', async () => {
      const tokens = await signIn('kim@example.test', { client_id: 'mobile', resource: API, scope: 'notes:read' });
      expect(tokens.scope).toBe('notes:read');
      const wider = await call('/v1/refresh', { json: { refresh_token: tokens.refresh_token, resource: API } });
      expect(await wider.json()).toMatchObject({ scope: 'notes:read' });
      const account = await call('/v1/refresh', { json: { refresh_token: tokens.refresh_token } });
      expect(await account.json()).toMatchObject({ scope: 'account' });
      for (const [more, code] of [
        [{ resource: 'https://other.example' }, 'invalid_target'],
        [{ resource: API, scope: 'admin' }, 'invalid_scope'],
        // RFC 6749 §6: there is such a scope, and it was not granted
        [{ resource: API, scope: 'notes:write' }, 'invalid_scope'],
      ] as const) {
        const answer = await call('/v1/refresh', { json: { refresh_token: tokens.refresh_token, ...more } });
        expect(await verdict(answer)).toEqual([400, code]);
      }
    });

    const guarded = [
      ['GET', '/v1/me'],
      ['GET', '/v1/sessions'],
      ['DELETE', '/v1/sessions/aaaaaaaaaaaaaaaaaaaaaa'],
      ['POST', '/v1/sign-out-everywhere'],
      ['POST', '/v1/sign-out-others'],
      ['PATCH', '/v1/me'],
      ['DELETE', '/v1/me'],
      ['GET', '/v1/me/logins'],
      ['POST', '/v1/me/logins'],
      ['DELETE', '/v1/me/logins/aaaaaaaaaaaaaaaaaaaaaa'],
      ['POST', '/v1/social/demo/link'],
      ['GET', '/v1/me/export'],
      ['POST', '/v1/email/verification'],
      ['POST', '/v1/email/change'],
      ['POST', '/v1/password/change'],
      ['POST', '/v1/admin/claim'],
    ] as const;

    test('signing the others out ends every session but the own one, and devices without a name get one', async () => {
      await signUp('others@example.test');
      const mine = await signIn('others@example.test', { device: 'desk' });
      const others = [await signIn('others@example.test'), await signIn('others@example.test')];
      expect((await call('/v1/sign-out-others', { method: 'POST', bearer: mine.access_token })).status).toBe(204);
      expect((await list(mine.access_token)).sessions).toMatchObject([{ current: true, device: 'desk' }]);
      for (const { refresh_token } of others)
        expect(await verdict(await call('/v1/refresh', { json: { refresh_token } }))).toEqual([400, 'invalid_grant']);
      expect((await call('/v1/refresh', { json: { refresh_token: mine.refresh_token } })).status).toBe(200);
    });

    test.each(guarded)(
      'C05: %s %s refuses a token for an API, so a broken API can not replay it',
      async (method, path) => {
        const { access_token: bearer } = await signIn('kim@example.test', { resource: API });
        const answer = await call(path, { method, bearer });
        expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
        expect(await answer.json()).toMatchObject({ code: 'invalid_token', reason: 'token/audience' });
      },
    );

    test.each(guarded)('X01–X03: %s %s takes a bearer token in the header only', async (method, path) => {
      const { access_token: token } = await signIn('kim@example.test');
      const refused: readonly (readonly [string, Record<string, string>, string, readonly unknown[], string | null])[] =
        [
          ['nothing', {}, '', [401, 'invalid_token'], 'Bearer'],
          ['the query', {}, `?access_token=${token}`, [401, 'invalid_token'], 'Bearer'],
          ['another scheme', { authorization: `Basic ${token}` }, '', [401, 'invalid_token'], 'Bearer'],
          ['the token alone', { authorization: token }, '', [401, 'invalid_token'], 'Bearer'],
          ['two spaces', { authorization: `Bearer  ${token}` }, '', [401, 'invalid_token'], 'Bearer'],
          ['an empty token', { authorization: 'Bearer ' }, '', [401, 'invalid_token'], 'Bearer'],
          [
            'two headers',
            { authorization: `Bearer ${token}, Bearer ${token}` },
            '',
            [400, 'request/authorization'],
            null,
          ],
          ['null', { authorization: 'Bearer null' }, '', [401, 'invalid_token'], 'Bearer error="invalid_token"'],
        ];
      for (const [title, headers, query, expected, challenge] of refused) {
        const answer = await call(path + query, { method, headers });
        expect([title, answer.headers.get('www-authenticate')]).toEqual([title, challenge]);
        expect([title, ...(await verdict(answer))]).toEqual([title, ...expected]);
      }
    });

    test('X04: the scheme in any case', async () => {
      const { access_token: token } = await signIn('kim@example.test');
      for (const scheme of ['bearer', 'BEARER', 'bEaReR']) {
        expect((await call('/v1/me', { headers: { authorization: `${scheme} ${token}` } })).status).toBe(200);
      }
    });

    test('C02: a refresh token is no access token, and an access token no refresh token', async () => {
      const tokens = await signIn('kim@example.test');
      expect(await verdict(await call('/v1/me', { bearer: tokens.refresh_token }))).toEqual([401, 'invalid_token']);
      const answer = await call('/v1/refresh', { json: { refresh_token: tokens.access_token.slice(0, 200) } });
      expect(await verdict(answer)).toEqual([400, 'invalid_grant']);
    });

    test('an access token is over after its lifetime and the tolerance', async () => {
      const { access_token: bearer } = await signIn('kim@example.test');
      clock.pass(309);
      expect((await call('/v1/me', { bearer })).status).toBe(200);
      clock.pass(1);
      expect(await (await call('/v1/me', { bearer })).json()).toMatchObject({ reason: 'token/expired' });
    });

    test('sessions: newest first, the current one marked, with device and address', async () => {
      await call('/v1/sign-out-everywhere', {
        method: 'POST',
        bearer: (await signIn('kim@example.test')).access_token,
      });
      await signIn('kim@example.test', { device: '김의 전화' });
      clock.pass(1);
      const { access_token: bearer } = await signIn('kim@example.test', { device: 'laptop' });
      const { sessions } = await list(bearer);
      expect(sessions.map(({ device, current }) => [device, current])).toEqual([
        ['laptop', true],
        ['김의 전화', false],
      ]);
    });

    test("P13: another person's session is as unknown as none, and lives on", async () => {
      const kim = await signIn('kim@example.test');
      const lee = await signIn('lee@example.test');
      const [mine] = (await list(kim.access_token)).sessions;
      const answers = await Promise.all(
        [mine?.id ?? '', 'aaaaaaaaaaaaaaaaaaaaaa', 'x', '__proto__', '%00', "'--"].map((id) =>
          call(`/v1/sessions/${id}`, { method: 'DELETE', bearer: lee.access_token }),
        ),
      );
      const texts = await Promise.all(answers.map((answer) => answer.text()));
      expect(new Set(texts).size).toBe(1);
      for (const { status } of answers) expect(status).toBe(404);
      expect((await call('/v1/me', { bearer: kim.access_token })).status).toBe(200);
    });

    test('a session that is ended is over at once, here and for refresh; ending it again is no error', async () => {
      const phone = await signIn('kim@example.test');
      const laptop = await signIn('kim@example.test');
      const { sessions } = await list(phone.access_token);
      const id = sessions.find(({ current }) => current)?.id ?? '';
      for (let times = 0; times < 2; times++) {
        const answer = await call(`/v1/sessions/${id}`, { method: 'DELETE', bearer: laptop.access_token });
        expect([answer.status, await answer.text()]).toEqual([204, '']);
      }
      expect(await (await call('/v1/me', { bearer: phone.access_token })).json()).toMatchObject({
        reason: 'token/revoked',
      });
      const refreshed = await call('/v1/refresh', { json: { refresh_token: phone.refresh_token } });
      expect(await verdict(refreshed)).toEqual([400, 'invalid_grant']);
    });

    test('sign-out ends the session, is repeated without an error, and says the same of what never was', async () => {
      const tokens = await signIn('kim@example.test');
      for (const refresh_token of [tokens.refresh_token, tokens.refresh_token, 'mr1.never', '']) {
        const answer = await call('/v1/sign-out', { json: { refresh_token } });
        expect([answer.status, await answer.text()]).toEqual([204, '']);
      }
      expect((await call('/v1/me', { bearer: tokens.access_token })).status).toBe(401);
    });

    test('sign-out by cookie from a listed origin ends the session and removes the cookie', async () => {
      const { accessToken, cookie } = await signInCookie('kim@example.test');
      const answer = await call('/v1/sign-out', { method: 'POST', cookie, headers: { origin: APP_ORIGIN } });
      expect([answer.status, answer.headers.get('set-cookie')?.includes('Max-Age=0')]).toEqual([204, true]);
      expect((await call('/v1/me', { bearer: accessToken })).status).toBe(401);
    });

    test('sign-out-everywhere ends every session of this person and no one else', async () => {
      const [a, b, other] = [
        await signIn('kim@example.test'),
        await signIn('kim@example.test'),
        await signIn('lee@example.test'),
      ];
      expect((await call('/v1/sign-out-everywhere', { method: 'POST', bearer: a.access_token })).status).toBe(204);
      for (const { access_token, refresh_token } of [a, b]) {
        expect((await call('/v1/me', { bearer: access_token })).status).toBe(401);
        expect(await verdict(await call('/v1/refresh', { json: { refresh_token } }))).toEqual([400, 'invalid_grant']);
      }
      expect((await call('/v1/me', { bearer: other.access_token })).status).toBe(200);
      // also where the clock stands still: the next sign-in is later than the cut-off
      const again = await signIn('kim@example.test');
      expect((await call('/v1/me', { bearer: again.access_token })).status).toBe(200);
    });

    test('I10: no token, password or address is in the log of all this', () => {
      const text = JSON.stringify(log);
      expect(log.length).toBeGreaterThan(30);
      for (const part of ['mr1.', 'eyJ', PASSWORD, '@example.test']) expect(text).not.toContain(part);
    });
  });

  describe(`refresh over ${name}`, () => {
    const { call, signUp, signIn, clock, log } = shareServer(options);
    beforeAll(() => signUp('kim@example.test'));
    const refresh = (refresh_token: string, headers: Record<string, string> = {}): Promise<Response> =>
      call('/v1/refresh', { json: { refresh_token }, headers });
    const next = async (refresh_token: string, headers?: Record<string, string>): Promise<string> => {
      const answer = await refresh(refresh_token, headers);
      expect(answer.status).toBe(200);
      return ((await answer.json()) as Tokens).refresh_token;
    };

    test('within the window the same token again; after it the next, whose predecessor yields it within the window', async () => {
      const { refresh_token: first } = await signIn('kim@example.test');
      expect(await next(first)).toBe(first);
      clock.pass(31);
      const second = await next(first);
      expect(second).not.toBe(first);
      expect(await next(first)).toBe(second);
      clock.pass(29);
      expect(await next(first)).toBe(second);
    });

    test('an answer says whether the refresh token has rotated; one that has not sets no cookie, and so undoes no other', async () => {
      const { refresh_token: first } = await signIn('kim@example.test');
      const rotated = async (json: unknown, headers: Record<string, string> = {}) => {
        const answer = await call('/v1/refresh', { json, headers });
        return [((await answer.json()) as { rotated?: boolean }).rotated, answer.headers.has('set-cookie')];
      };
      const json = { email: 'kim@example.test', password: PASSWORD };
      const byCookie = await call('/v1/sign-in', { json, headers: SAME_ORIGIN });
      expect(await byCookie.json()).not.toHaveProperty('rotated');
      const [cookie = ''] = (byCookie.headers.get('set-cookie') ?? '').split(';');
      const withCookie = { ...SAME_ORIGIN, cookie };
      expect(await rotated({ refresh_token: first })).toEqual([false, false]);
      expect(await rotated({}, withCookie)).toEqual([false, false]);
      clock.pass(31);
      for (const verdictIs of ['advanced', 'retry']) {
        expect([verdictIs, ...(await rotated({ refresh_token: first }))]).toEqual([verdictIs, true, false]);
        expect([verdictIs, ...(await rotated({}, withCookie))]).toEqual([verdictIs, true, true]);
      }
    });

    test('R01: a predecessor after the window ends the session, and says so in the log', async () => {
      const { refresh_token: first, access_token } = await signIn('kim@example.test');
      clock.pass(31);
      const second = await next(first);
      clock.pass(31);
      expect(await verdict(await refresh(first))).toEqual([400, 'invalid_grant']);
      expect(await verdict(await refresh(second))).toEqual([400, 'invalid_grant']);
      expect((await call('/v1/me', { bearer: access_token })).status).toBe(401);
      expect(log.filter(({ event }) => event === 'refresh.replayed')).toHaveLength(1);
    });

    test('R03: a grandparent within the window is a replay', async () => {
      const { refresh_token: first } = await signIn('kim@example.test');
      clock.pass(31);
      const second = await next(first);
      clock.pass(31);
      const third = await next(second);
      expect(await verdict(await refresh(first))).toEqual([400, 'invalid_grant']);
      expect(await verdict(await refresh(third))).toEqual([400, 'invalid_grant']);
    });

    test('R05: an answer that was lost for hours comes again with the same Idempotency-Key, and with no other', async () => {
      const { refresh_token: first } = await signIn('kim@example.test');
      clock.pass(31);
      const second = await next(first, { 'idempotency-key': 'one' });
      clock.pass(7_200);
      expect(await next(first, { 'idempotency-key': 'one' })).toBe(second);
      expect(await verdict(await refresh(first, { 'idempotency-key': 'two' }))).toEqual([400, 'invalid_grant']);
      expect(await verdict(await refresh(second))).toEqual([400, 'invalid_grant']);
    });

    test.each([
      ['empty', ''],
      ['256 characters', 'x'.repeat(256)],
      ['a tab inside', 'a\tb'],
      ['Latin-1', 'clé'],
    ])('an Idempotency-Key that is %s is 400 and spends nothing', async (_title, key) => {
      const { refresh_token } = await signIn('kim@example.test');
      clock.pass(31);
      expect(await verdict(await refresh(refresh_token, { 'idempotency-key': key }))).toEqual([
        400,
        'request/idempotency-key',
      ]);
      expect(await next(refresh_token, { 'idempotency-key': 'x'.repeat(255) })).not.toBe(refresh_token);
    });

    test('a token with any character changed is refused, and the real one lives on', async () => {
      const { refresh_token } = await signIn('kim@example.test');
      for (let i = 0; i < refresh_token.length; i += 1) {
        const other = refresh_token[i] === 'A' ? 'B' : 'A';
        const forged = refresh_token.slice(0, i) + other + refresh_token.slice(i + 1);
        expect([i, ...(await verdict(await refresh(forged)))]).toEqual([i, 400, 'invalid_grant']);
      }
      for (const forged of [
        `${refresh_token}=`,
        ` ${refresh_token}`,
        refresh_token.toUpperCase(),
        refresh_token.replace('.0.', '.00.'),
      ]) {
        expect(await verdict(await refresh(forged))).toEqual([400, 'invalid_grant']);
      }
      await next(refresh_token);
    });

    test('a session unused for 30 days, or 180 days old, is over', async () => {
      const idle = await signIn('kim@example.test');
      const used = await signIn('kim@example.test');
      clock.pass(29 * 86_400);
      let token = await next(used.refresh_token);
      clock.pass(2 * 86_400);
      expect(await verdict(await refresh(idle.refresh_token))).toEqual([400, 'invalid_grant']);
      for (let day = 31; day < 175; day += 28) {
        token = await next(token);
        clock.pass(28 * 86_400);
      }
      expect(await verdict(await refresh(token))).toEqual([400, 'invalid_grant']);
    });
  });
}
