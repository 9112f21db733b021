import { beforeAll, describe, expect, test } from 'vitest';
import { API, type Changed, openServer, shareServer, type Tokens, verdict } from './server-under-test.ts';

interface UserPage {
  readonly users: readonly { readonly id: string; readonly email: string; readonly roles: readonly string[] }[];
  readonly next: string | null;
}

/** The admin API and the audit log. */
export function adminTests(name: string, options: Changed): void {
  describe(`the admin API over ${name}`, () => {
    const { call, signUp, signIn, server, clock, mails } = shareServer(options);
    let token: string;
    beforeAll(async () => {
      for (const who of ['boss', 'kim', 'lee', 'park']) await signUp(`${who}@example.test`);
      token = /\?token=([\w-]{22})/.exec(server.firstAdminLink ?? '')?.[1] ?? '';
    });
    const bearer = async (who: string): Promise<string> => (await signIn(`${who}@example.test`)).access_token;
    const idOf = async (who: string): Promise<string> =>
      ((await (await call('/v1/me', { bearer: await bearer(who) })).json()) as { id: string }).id;
    const roles = (userId: string, list: readonly string[], as: string): Promise<Response> =>
      call(`/v1/admin/users/${userId}/roles`, { method: 'PUT', json: { roles: list }, bearer: as });

    test('the first administrator comes by the link of the first start, once', async () => {
      const boss = await bearer('boss');
      expect(await verdict(await call('/v1/admin/users', { bearer: boss }))).toEqual([403, 'admin/role']);
      expect(await verdict(await call('/v1/admin/claim', { json: { token: 'x' }, bearer: boss }))).toEqual([
        400,
        'account/link',
      ]);
      expect((await call('/v1/admin/claim', { json: { token }, bearer: boss })).status).toBe(204);
      // what was made before the role is cut off: the next token has it
      expect((await call('/v1/admin/users', { bearer: boss })).status).toBe(401);
      expect((await call('/v1/admin/users', { bearer: await bearer('boss') })).status).toBe(200);
      const second = await call('/v1/admin/claim', { json: { token }, bearer: await bearer('kim') });
      expect(await verdict(second)).toEqual([400, 'account/link']);
    });

    const operations = [
      ['GET', '/v1/admin/users'],
      ['GET', '/v1/admin/users/aaaaaaaaaaaaaaaaaaaaaa'],
      ['POST', '/v1/admin/users/aaaaaaaaaaaaaaaaaaaaaa/suspend'],
      ['POST', '/v1/admin/users/aaaaaaaaaaaaaaaaaaaaaa/restore'],
      ['PUT', '/v1/admin/users/aaaaaaaaaaaaaaaaaaaaaa/roles'],
      ['POST', '/v1/admin/users/aaaaaaaaaaaaaaaaaaaaaa/reset-link'],
      ['GET', '/v1/admin/users/aaaaaaaaaaaaaaaaaaaaaa/sessions'],
      ['DELETE', '/v1/admin/users/aaaaaaaaaaaaaaaaaaaaaa/sessions'],
      ['DELETE', '/v1/admin/sessions/aaaaaaaaaaaaaaaaaaaaaa'],
      ['GET', '/v1/admin/audit'],
      ['GET', '/v1/admin/audit/export'],
    ] as const;

    test.each(operations)(
      'P12, P13: %s %s is for administrators, with a token for the account API',
      async (method, path) => {
        const boss = await signIn('boss@example.test', { resource: API });
        const body = method === 'PUT' ? { json: { roles: [] } } : {};
        expect(await verdict(await call(path, { method, ...body }))).toEqual([401, 'invalid_token']);
        expect(await verdict(await call(path, { method, ...body, bearer: await bearer('kim') }))).toEqual([
          403,
          'admin/role',
        ]);
        const forApi = await call(path, { method, ...body, bearer: boss.access_token });
        expect(await verdict(forApi)).toEqual([401, 'invalid_token']);
        const twice = await call(path, { method, ...body, headers: { authorization: 'Bearer a, Bearer b' } });
        expect(await verdict(twice)).toEqual([400, 'request/authorization']);
        if (path.includes('aaaa')) {
          const unknown = await call(path, { method, ...body, bearer: await bearer('boss') });
          expect(unknown.status).toBe(404);
          const malformed = await call(path.replace('a'.repeat(22), '%00'), {
            method,
            ...body,
            bearer: await bearer('boss'),
          });
          expect(malformed.status).toBe(404);
        }
      },
    );

    test('users are paged by cursor and found by address, role and suspension; a wrong parameter is 400', async () => {
      const boss = await bearer('boss');
      const page = async (query: string): Promise<UserPage> =>
        (await (await call(`/v1/admin/users?${query}`, { bearer: boss })).json()) as UserPage;
      const first = await page('limit=3');
      expect([first.users.length, first.next]).toEqual([3, first.users[2]?.id]);
      const second = await page(`limit=3&after=${first.next ?? ''}`);
      expect([second.users.length, second.next]).toEqual([1, null]);
      expect((await page('search=KIM')).users).toMatchObject([{ email: 'kim@example.test' }]);
      expect((await page('search=%25')).users).toEqual([]);
      expect((await page('role=admin')).users).toMatchObject([{ email: 'boss@example.test' }]);
      expect((await page('suspended=true')).users).toEqual([]);
      for (const query of [
        'limit=0',
        'limit=201',
        'limit=x',
        'order=id',
        'limit=1&limit=2',
        'search=',
        'suspended=1',
        '__proto__=1',
      ]) {
        const answer = await call(`/v1/admin/users?${query}`, { bearer: boss });
        expect([query, ...(await verdict(answer))]).toEqual([query, 400, 'request/query']);
      }
    });

    test('suspending ends every session and lets nobody in; restoring does; both are told', async () => {
      const kim = await signIn('kim@example.test');
      const id = await idOf('kim');
      const boss = await bearer('boss');
      const suspended = await call(`/v1/admin/users/${id}/suspend`, { method: 'POST', bearer: boss });
      expect(await suspended.json()).toMatchObject({ id, suspended_at: expect.any(String) as unknown });
      expect((await call('/v1/me', { bearer: kim.access_token })).status).toBe(401);
      const refreshed = await call('/v1/refresh', { json: { refresh_token: kim.refresh_token } });
      expect(await verdict(refreshed)).toEqual([400, 'invalid_grant']);
      const attempt = { email: 'kim@example.test', password: 'correct horse battery', delivery: 'bearer' };
      expect(await verdict(await call('/v1/sign-in', { json: attempt }))).toEqual([401, 'account/credentials']);
      const restored = await call(`/v1/admin/users/${id}/restore`, { method: 'POST', bearer: boss });
      expect(await restored.json()).toMatchObject({ suspended_at: null });
      await signIn('kim@example.test');
      for (const subject of ['suspended', 'sign in again']) {
        await expect
          .poll(() => mails.some((mail) => mail.to === 'kim@example.test' && mail.subject.includes(subject)))
          .toBe(true);
      }
    });

    test('P04: restoring lifts a lock-out by failed sign-ins', async () => {
      const id = await idOf('park');
      const boss = await bearer('boss');
      const attempt = (password: string) =>
        call('/v1/sign-in', { json: { email: 'park@example.test', password, delivery: 'bearer' } });
      for (let i = 0; i < 10; i += 1) await attempt(`wrong ${i}`);
      expect((await attempt('correct horse battery')).status).toBe(429);
      await call(`/v1/admin/users/${id}/restore`, { method: 'POST', bearer: boss });
      expect((await attempt('correct horse battery')).status).toBe(200);
    });

    test('roles are in the next access token, tokens from before are refused, the session lives', async () => {
      const lee = await signIn('lee@example.test', { resource: API });
      const id = await idOf('lee');
      const boss = await bearer('boss');
      expect(await (await roles(id, ['editor', 'editor'], boss)).json()).toMatchObject({ roles: ['editor'] });
      const refreshed = await call('/v1/refresh', { json: { refresh_token: lee.refresh_token, resource: API } });
      const { access_token } = (await refreshed.json()) as Tokens;
      const claims = (text: string) =>
        JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()) as object;
      expect(claims(lee.access_token)).not.toHaveProperty('roles');
      expect(claims(access_token)).toMatchObject({ roles: ['editor'] });
      for (const list of [['Admin'], ['a b'], [''], ['x'.repeat(33)], Array.from({ length: 11 }, (_, i) => `r${i}`)]) {
        expect(await verdict(await roles(id, list, boss))).toEqual([422, 'request/invalid']);
      }
      await expect
        .poll(() => mails.some((mail) => mail.to === 'lee@example.test' && mail.subject.includes('may do')))
        .toBe(true);
    });

    test('an administrator does none of this to themselves', async () => {
      const boss = await bearer('boss');
      const id = await idOf('boss');
      expect(await verdict(await roles(id, [], boss))).toEqual([409, 'admin/self']);
      for (const what of ['suspend', 'restore']) {
        const answer = await call(`/v1/admin/users/${id}/${what}`, { method: 'POST', bearer: boss });
        expect(await verdict(answer)).toEqual([409, 'admin/self']);
      }
    });

    test('ASVS 6.4.6: an administrator hands out a link, and chooses no password', async () => {
      const id = await idOf('kim');
      const answer = await call(`/v1/admin/users/${id}/reset-link`, { method: 'POST', bearer: await bearer('boss') });
      const { link, expires_in } = (await answer.json()) as { link: string; expires_in: number };
      expect(expires_in).toBe(900);
      const reset = { token: link.split('=')[1], password: 'chosen by the person' };
      expect((await call('/v1/password/reset', { json: reset })).status).toBe(204);
      expect(await verdict(await call('/v1/password/reset', { json: reset }))).toEqual([400, 'account/link']);
    });

    test('sessions of anybody are seen and ended', async () => {
      const lee = await signIn('lee@example.test', { device: 'phone' });
      const id = await idOf('lee');
      const boss = await bearer('boss');
      expect(await (await call(`/v1/admin/users/${id}`, { bearer: boss })).json()).toMatchObject({
        email: 'lee@example.test',
      });
      const answer = await call(`/v1/admin/users/${id}/sessions`, { bearer: boss });
      const { sessions } = (await answer.json()) as { sessions: readonly { id: string; device: string | null }[] };
      const phone = sessions.find(({ device }) => device === 'phone')?.id ?? '';
      expect((await call(`/v1/admin/sessions/${phone}`, { method: 'DELETE', bearer: boss })).status).toBe(204);
      expect((await call('/v1/me', { bearer: lee.access_token })).status).toBe(401);
      const other = await signIn('lee@example.test');
      expect((await call(`/v1/admin/users/${id}/sessions`, { method: 'DELETE', bearer: boss })).status).toBe(204);
      expect((await call('/v1/me', { bearer: other.access_token })).status).toBe(401);
    });

    test('L04: what was done is in the audit log with actor and target, in order, once', async () => {
      const boss = await bearer('boss');
      const [bossId, leeId] = [await idOf('boss'), await idOf('lee')];
      const answer = await call(`/v1/admin/audit?user=${leeId}&limit=500`, { bearer: boss });
      const { events } = (await answer.json()) as {
        events: readonly { event: string; actor: string; number: number }[];
      };
      const by = (event: string) => events.filter((one) => one.event === event);
      expect(by('roles-changed')).toMatchObject([{ actor: bossId, reason: 'editor' }]);
      expect(by('session-ended')).toMatchObject([{ actor: bossId, reason: 'admin' }]);
      expect(by('sessions-ended')).toMatchObject([{ actor: bossId, reason: 'admin' }]);
      const numbers = events.map(({ number }) => number);
      expect(numbers).toEqual(numbers.toSorted((a, b) => b - a));
      const page = (await (await call('/v1/admin/audit?limit=2', { bearer: boss })).json()) as {
        events: readonly { number: number }[];
        next: number;
      };
      expect(page.next).toBe(page.events[1]?.number);
      const next = await call(`/v1/admin/audit?limit=2&before=${page.next}&event=sign-in`, { bearer: boss });
      expect(next.status).toBe(200);
      for (const query of ['limit=501', 'before=-1', 'user=x', 'event=A']) {
        expect(await verdict(await call(`/v1/admin/audit?${query}`, { bearer: boss }))).toEqual([400, 'request/query']);
      }
    });

    test('L01: the export is one JSON object a line, whatever stands in it, and goes on from a number', async () => {
      clock.pass(4);
      const boss = await bearer('boss');
      const lines = async (query: string): Promise<readonly { number: number; event: string }[]> => {
        const answer = await call(`/v1/admin/audit/export?${query}`, { bearer: boss });
        expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
        const text = await answer.text();
        return text
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as { number: number; event: string });
      };
      const all = await lines('limit=5000');
      expect(all[0]?.event).toBe('sign-up');
      const [head, tail] = [await lines('limit=3'), await lines(`after=${all[2]?.number ?? 0}&limit=5000`)];
      expect([...head, ...tail].map(({ number }) => number)).toEqual(all.map(({ number }) => number));
      expect(await verdict(await call('/v1/admin/audit/export?limit=0', { bearer: boss }))).toEqual([
        400,
        'request/query',
      ]);
    });
  });
}

test('a server that has an administrator shows no link', async () => {
  await using first = await openServer();
  expect(first.server.firstAdminLink).toMatch(/^https:\/\/auth\.example\.test\/link\/first-admin\?token=[\w-]{22}$/);
});
