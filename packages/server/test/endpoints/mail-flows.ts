import { describe, expect, test } from 'vitest';
import {
  APP_ORIGIN,
  type Call,
  type Changed,
  ISSUER,
  PASSWORD,
  SAME_ORIGIN,
  shareServer,
  type Tokens,
  verdict,
} from './server-under-test.ts';

const NEW_PASSWORD = 'another horse and battery';

/** Verification, reset, changes, deletion and export, with the mails that go with them. */
export function mailFlowTests(name: string, options: Changed): void {
  describe(`accounts and mail over ${name}`, () => {
    const { call, signUp, signIn, signInCookie, clock, mails, log, server } = shareServer(options);
    let people = 0;
    /** A person of this test alone, signed up. */
    const person = async (): Promise<string> => {
      people += 1;
      const email = `person${people}@example.test`;
      await signUp(email);
      return email;
    };
    const post = (path: string, json: object, more: Call = {}): Promise<Response> => call(path, { json, ...more });
    /** The newest mail to an address about something, once it is there. */
    const mailTo = async (email: string, subject: string): Promise<void> =>
      await expect
        .poll(() => mails.findLast(({ to, subject: own }) => to === email && own.includes(subject)))
        .toBeDefined();
    const newest = async (email: string, subject: string) => {
      await mailTo(email, subject);
      const mail = mails.findLast(({ to, subject: own }) => to === email && own.includes(subject));
      if (mail === undefined) throw new Error('no mail');
      return mail;
    };
    const tokenOf = (text: string): string => /\?token=([\w-]{22})/.exec(text)?.[1] ?? '';
    const verificationToken = async (email: string) => tokenOf((await newest(email, 'Confirm')).text);
    const resetToken = async (email: string): Promise<string> => {
      const before = mails.length;
      expect((await post('/v1/password/forgot', { email })).status).toBe(202);
      await expect.poll(() => mails.slice(before).some(({ subject }) => subject.startsWith('Reset'))).toBe(true);
      return tokenOf((await newest(email, 'Reset')).text);
    };

    test('sign-up sends a link of the issuer; used, the address is verified, once', async () => {
      const email = await person();
      const { text, html } = await newest(email, 'Confirm');
      const link = /https?:\/\/\S+/.exec(text)?.[0] ?? '';
      expect(link.startsWith(`${ISSUER}/link/verify-email?token=`)).toBe(true);
      expect(html).toContain(`href="${link}"`);
      const token = tokenOf(text);
      expect((await post('/v1/email/verify', { token })).status).toBe(204);
      expect(await verdict(await post('/v1/email/verify', { token }))).toEqual([400, 'account/link']);
      const { access_token: bearer } = await signIn(email);
      expect(await (await call('/v1/me', { bearer })).json()).toMatchObject({ email_verified: true });
      const again = await call('/v1/email/verification', { method: 'POST', bearer });
      expect(again.status).toBe(202);
    });

    test('X09: a link follows the configured issuer, whatever Host and X-Forwarded-Host say', async () => {
      const email = 'forged-host@example.test';
      const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' };
      await post('/v1/sign-up', { email, password: PASSWORD }, { headers });
      await post('/v1/password/forgot', { email }, { headers });
      for (const subject of ['Confirm', 'Reset']) {
        const { text, html } = await newest(email, subject);
        expect(text + html).not.toContain('evil');
        expect(text).toContain(ISSUER);
      }
    });

    test('a link can be asked for again; the older one is void; a few, then 429', async () => {
      const email = await person();
      const first = await verificationToken(email);
      const { access_token: bearer } = await signIn(email);
      expect((await call('/v1/email/verification', { method: 'POST', bearer })).status).toBe(202);
      await expect.poll(() => mails.filter(({ to }) => to === email).length).toBe(2);
      expect(await verdict(await post('/v1/email/verify', { token: first }))).toEqual([400, 'account/link']);
      const second = await verificationToken(email);
      expect((await post('/v1/email/verify', { token: second })).status).toBe(204);
      const other = await person();
      const { access_token } = await signIn(other);
      const ask = () => call('/v1/email/verification', { method: 'POST', bearer: access_token });
      const statuses = [];
      for (let i = 0; i < 4; i += 1) statuses.push((await ask()).status);
      expect(statuses).toEqual([202, 202, 429, 429]);
    });

    test.each(['', 'x', '__proto__', 'a'.repeat(22), "'; drop table users; --", '\u0000'])(
      'P08: %j is no token, anywhere',
      async (token) => {
        for (const [path, more] of [
          ['/v1/email/verify', {}],
          ['/v1/email/confirm', {}],
          ['/v1/password/reset', { password: NEW_PASSWORD }],
        ] as const) {
          expect(await verdict(await post(path, { token, ...more }))).toEqual([400, 'account/link']);
        }
      },
    );

    test('P08: a token of 128 bits, dead after 15 minutes', async () => {
      const email = await person();
      const token = await resetToken(email);
      expect(token).toMatch(/^[\w-]{22}$/);
      clock.pass(15 * 60);
      expect(await verdict(await post('/v1/password/reset', { token, password: NEW_PASSWORD }))).toEqual([
        400,
        'account/link',
      ]);
    });

    test('P08: a reset ends every session, voids links on their way, is told, and the old password is over', async () => {
      const email = await person();
      const verification = await verificationToken(email);
      const sessions = [await signIn(email), await signIn(email)];
      const token = await resetToken(email);
      expect(await verdict(await post('/v1/password/reset', { token, password: 'password1' }))).toEqual([
        422,
        'account/password-known',
      ]);
      expect(await verdict(await post('/v1/password/reset', { token, password: 'aaaaaaaaa' }))).toEqual([
        422,
        expect.stringMatching(/^account\/password-(weak|known)$/) as unknown as string,
      ]);
      expect((await post('/v1/password/reset', { token, password: NEW_PASSWORD })).status).toBe(204);
      for (const { access_token: bearer, refresh_token } of sessions) {
        expect((await call('/v1/me', { bearer })).status).toBe(401);
        expect(await verdict(await post('/v1/refresh', { refresh_token }))).toEqual([400, 'invalid_grant']);
      }
      expect(await verdict(await post('/v1/email/verify', { token: verification }))).toEqual([400, 'account/link']);
      await newest(email, 'Your password was changed');
      const old = await post('/v1/sign-in', { email, password: PASSWORD, delivery: 'bearer' });
      expect(await verdict(old)).toEqual([401, 'account/credentials']);
      await signIn(email, { password: NEW_PASSWORD });
    });

    test('P01: forgotten passwords: the same answer, and as many rows written, for an account and for none', async () => {
      const email = await person();
      const answers = await Promise.all(
        [email, 'nobody-at-all@example.test'].map(async (address) => {
          const answer = await post('/v1/password/forgot', { email: address });
          return [answer.status, [...answer.headers], await answer.text()];
        }),
      );
      expect(answers[0]).toEqual(answers[1]);
      expect(mails.some(({ to }) => to === 'nobody-at-all@example.test')).toBe(false);
    });

    test('P01: whose address is taken is told to its owner, not to the stranger', async () => {
      const email = await person();
      await post('/v1/sign-up', { email, password: 'somebody else entirely' });
      await newest(email, 'already have an account');
      await signIn(email);
    });

    test('P14: a name, an agent or an address that is markup or a header stays text', async () => {
      const email = 'o\'<b>&"x@example.test';
      const name = '"><script>alert(1)</script>';
      await post('/v1/sign-up', { email, password: PASSWORD, name });
      const { access_token: bearer } = await signIn(email);
      await post('/v1/email/change', { email: '"><img/src=x>@example.test', password: PASSWORD }, { bearer });
      for (const mail of mails.filter(({ to }) => to.includes('<'))) {
        expect(mail.subject).not.toMatch(/[<>\r\n]/);
        expect(mail.html).not.toMatch(/<(script|img|b)\b/);
      }
      const told = await newest(email, 'about to change');
      expect(told.html).toContain('&quot;&gt;&lt;img');
    });

    test('mails come in the language of the person: Korean, else English', async () => {
      const email = 'korean@example.test';
      const headers = { 'accept-language': 'fr-CH, ko-KR;q=0.9, en;q=0.8' };
      await post('/v1/sign-up', { email, password: PASSWORD }, { headers });
      const first = await newest(email, '이메일');
      expect([first.locale, first.html.includes('<html lang="ko">')]).toEqual(['ko', true]);
      const { access_token: bearer } = await signIn(email);
      await call('/v1/me', { method: 'PATCH', json: { locale: 'en' }, bearer });
      await post('/v1/password/forgot', { email });
      expect((await newest(email, 'Reset')).locale).toBe('en');
    });

    describe('a password that is changed', () => {
      test('ends all other sessions and answers with tokens of a new one', async () => {
        const email = await person();
        const [phone, laptop] = [await signIn(email), await signIn(email, { device: 'laptop' })];
        const answer = await post(
          '/v1/password/change',
          { password: PASSWORD, new_password: NEW_PASSWORD },
          { bearer: laptop.access_token },
        );
        expect(answer.status).toBe(200);
        const tokens = (await answer.json()) as Tokens;
        for (const old of [phone, laptop]) {
          expect((await call('/v1/me', { bearer: old.access_token })).status).toBe(401);
          expect(await verdict(await post('/v1/refresh', { refresh_token: old.refresh_token }))).toEqual([
            400,
            'invalid_grant',
          ]);
        }
        const { sessions } = (await (await call('/v1/sessions', { bearer: tokens.access_token })).json()) as {
          sessions: readonly { device: string; current: boolean }[];
        };
        expect(sessions).toMatchObject([{ device: 'laptop', current: true }]);
        expect((await post('/v1/refresh', { refresh_token: tokens.refresh_token })).status).toBe(200);
        await newest(email, 'Your password was changed');
      });

      test('in cookie delivery sets the cookie, under the CSRF rule', async () => {
        const email = await person();
        const { accessToken: bearer } = await signInCookie(email);
        const json = { password: PASSWORD, new_password: NEW_PASSWORD };
        expect(await verdict(await post('/v1/password/change', json, { bearer }))).toEqual([
          403,
          'request/cross-origin',
        ]);
        const answer = await post('/v1/password/change', json, { bearer, headers: { origin: APP_ORIGIN } });
        expect(answer.status).toBe(200);
        expect(await answer.clone().json()).not.toHaveProperty('refresh_token');
        const [cookie = ''] = (answer.headers.get('set-cookie') ?? '').split(';');
        expect((await call('/v1/refresh', { method: 'POST', cookie, headers: SAME_ORIGIN })).status).toBe(200);
      });

      test('needs the old one, and a good new one; a page that may hold no tokens gets none', async () => {
        const email = await person();
        const { access_token: bearer } = await signIn(email);
        const change = (json: object, headers = {}) => call('/v1/password/change', { json, bearer, headers });
        expect(await verdict(await change({ password: 'wrong', new_password: NEW_PASSWORD }))).toEqual([
          401,
          'account/credentials',
        ]);
        expect(await verdict(await change({ password: PASSWORD, new_password: 'password1' }))).toEqual([
          422,
          'account/password-known',
        ]);
        expect(await verdict(await change({ password: PASSWORD, new_password: `${email}` }))).toEqual([
          422,
          'account/password-weak',
        ]);
        const page = await change(
          { password: PASSWORD, new_password: NEW_PASSWORD },
          { origin: 'https://evil.example' },
        );
        expect(await verdict(page)).toEqual([403, 'request/bearer-origin']);
        await signIn(email);
      });
    });

    describe('F10: another address', () => {
      test('changes when the new one is proved; the old one is told before and after; every session ends', async () => {
        const email = await person();
        const fresh = `fresh-${email}`;
        const { access_token: bearer } = await signIn(email);
        const wrong = await post('/v1/email/change', { email: fresh, password: 'wrong' }, { bearer });
        expect(await verdict(wrong)).toEqual([401, 'account/credentials']);
        expect((await post('/v1/email/change', { email: fresh, password: PASSWORD }, { bearer })).status).toBe(202);
        await newest(email, 'about to change');
        expect(await (await call('/v1/me', { bearer })).json()).toMatchObject({ email });
        const token = tokenOf((await newest(fresh, 'Confirm your new')).text);
        expect((await post('/v1/email/confirm', { token })).status).toBe(204);
        await newest(email, 'was changed');
        expect((await call('/v1/me', { bearer })).status).toBe(401);
        const old = await post('/v1/sign-in', { email, password: PASSWORD, delivery: 'bearer' });
        expect(await verdict(old)).toEqual([401, 'account/credentials']);
        const { access_token } = await signIn(fresh);
        expect(await (await call('/v1/me', { bearer: access_token })).json()).toMatchObject({
          email: fresh,
          email_verified: true,
        });
      });

      test('that has an account is not given away: the same answer, and its owner gets no link to this one', async () => {
        const [email, other] = [await person(), await person()];
        const { access_token: bearer } = await signIn(email);
        expect((await post('/v1/email/change', { email: other, password: PASSWORD }, { bearer })).status).toBe(202);
        await newest(other, 'already have an account');
        expect(mails.some(({ to, subject }) => to === other && subject.includes('new e-mail'))).toBe(false);
      });

      test('that was taken meanwhile is 409, and nothing changes', async () => {
        const email = await person();
        const wanted = `wanted-${email}`;
        const { access_token: bearer } = await signIn(email);
        await post('/v1/email/change', { email: wanted, password: PASSWORD }, { bearer });
        const token = tokenOf((await newest(wanted, 'Confirm your new')).text);
        await signUp(wanted);
        expect(await verdict(await post('/v1/email/confirm', { token }))).toEqual([409, 'account/email-taken']);
        expect((await call('/v1/me', { bearer })).status).toBe(200);
      });
    });

    test('profile: what is named changes, null removes, anything else is 422', async () => {
      const email = await person();
      const { access_token: bearer } = await signIn(email);
      const patch = (json: object) => call('/v1/me', { method: 'PATCH', json, bearer });
      const full = { name: '김 <b>', picture: 'https://pic.example/a.png', locale: 'ko-KR' };
      expect(await (await patch(full)).json()).toMatchObject(full);
      expect(await (await patch({ picture: null })).json()).toMatchObject({ name: '김 <b>', picture: null });
      for (const json of [
        { email: 'x@example.test' },
        { roles: ['admin'] },
        { picture: 'javascript:alert(1)' },
        { picture: 'http://pic.example/' },
        { picture: 'data:text/html,x' },
        { locale: '../../etc' },
        { name: '' },
        { name: 'a\u0000' },
      ]) {
        expect([json, ...(await verdict(await patch(json)))]).toEqual([json, 422, 'request/invalid']);
      }
    });

    test('export: account, sessions and events, and nothing secret', async () => {
      const email = await person();
      const { access_token: bearer } = await signIn(email);
      const text = await (await call('/v1/me/export', { bearer })).text();
      expect(JSON.parse(text)).toMatchObject({
        account: { email },
        sessions: [{ current: true }],
        events: [{ event: 'sign-in' }, { event: 'sign-up' }],
      });
      expect(text).not.toMatch(/argon2|mr1\./);
    });

    test('deletion needs the password, ends everything and is told; the address is free again', async () => {
      const email = await person();
      const { access_token: bearer, refresh_token } = await signIn(email);
      const remove = (password: string) => call('/v1/me', { method: 'DELETE', json: { password }, bearer });
      expect(await verdict(await remove('wrong'))).toEqual([401, 'account/credentials']);
      expect((await remove(PASSWORD)).status).toBe(204);
      expect((await call('/v1/me', { bearer })).status).toBe(401);
      expect(await verdict(await post('/v1/refresh', { refresh_token }))).toEqual([400, 'invalid_grant']);
      await newest(email, 'deleted');
      await signUp(email);
      const { access_token } = await signIn(email);
      expect(await (await call('/v1/me/export', { bearer: access_token })).json()).toMatchObject({
        events: [{ event: 'sign-in' }, { event: 'sign-up' }],
      });
    });

    test('a stolen refresh token that comes back is told to its owner', async () => {
      const email = await person();
      const { refresh_token } = await signIn(email);
      clock.pass(31);
      await post('/v1/refresh', { refresh_token });
      clock.pass(31);
      expect(await verdict(await post('/v1/refresh', { refresh_token }))).toEqual([400, 'invalid_grant']);
      await newest(email, 'was signed out');
    });

    test('wrong passwords of somebody who is signed in are limited', async () => {
      const email = await person();
      const { access_token: bearer } = await signIn(email);
      const statuses = [];
      for (let i = 0; i < 12; i += 1) {
        statuses.push((await call('/v1/me', { method: 'DELETE', json: { password: `wrong${i}` }, bearer })).status);
      }
      expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 401));
      expect(statuses.slice(10)).toEqual([429, 429]);
      const change = { email: 'limited@example.test', password: PASSWORD };
      expect(await verdict(await post('/v1/email/change', change, { bearer }))).toEqual([429, 'request/too-many']);
      const password = { password: PASSWORD, new_password: NEW_PASSWORD };
      expect(await verdict(await post('/v1/password/change', password, { bearer }))).toEqual([429, 'request/too-many']);
      // the person's own sign-in is another matter
      await signIn(email);
    });

    test('forgotten passwords are limited for each address', async () => {
      const statuses = [];
      for (let i = 0; i < 5; i += 1) {
        statuses.push((await post('/v1/password/forgot', { email: 'limited@example.test' })).status);
      }
      expect(statuses).toContain(429);
    });

    test('I10: no token of a link, address or password is in the log', () => {
      const text = JSON.stringify(log);
      expect(log.some(({ event }) => event === 'mail.sent')).toBe(true);
      for (const part of ['?token=', '@example.test', PASSWORD, NEW_PASSWORD]) expect(text).not.toContain(part);
      for (const { text: body } of mails.filter(({ text: own }) => own.includes('?token='))) {
        expect(text).not.toContain(tokenOf(body));
      }
      expect(server.issuer).toBe(ISSUER);
    });
  });
}
