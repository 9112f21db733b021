import { beforeAll, describe, expect, test } from 'vitest';
import { FormVisitor } from '../../../../tests/support/form-visitor.ts';
import {
  BEARER_ORIGIN,
  type Changed,
  ISSUER,
  openServer,
  PASSWORD,
  shareServer,
  verdict,
} from './server-under-test.ts';

interface Event {
  readonly event: string;
  readonly outcome: string;
  readonly user: string | null;
  readonly actor: string | null;
  readonly ip: string | null;
  readonly reason: string | null;
  readonly count: number;
  readonly since: string | null;
}

/** What the audit log holds of those who were not let in, and the mail to those who were, from elsewhere. */
export function refusedSignInTests(name: string, options: Changed): void {
  describe(`refused sign-ins in the audit log over ${name}`, () => {
    const under = shareServer(options);
    const { call, signUp, signIn, server, clock, log } = under;
    let boss: string;
    beforeAll(async () => {
      for (const who of ['boss', 'kim', 'lee', 'park']) await signUp(`${who}@example.test`);
      const token = /\?token=([\w-]{22})/.exec(server.firstAdminLink ?? '')?.[1] ?? '';
      await call('/v1/admin/claim', { json: { token }, bearer: (await signIn('boss@example.test')).access_token });
      boss = (await signIn('boss@example.test')).access_token;
    });
    const idOf = async (who: string): Promise<string> => {
      const answer = await call(`/v1/admin/users?search=${who}@example.test`, { bearer: boss });
      return ((await answer.json()) as { users: { id: string }[] }).users[0]?.id ?? '';
    };
    const attempt = (email: string, password: string, remoteAddress: string): Promise<Response> =>
      call('/v1/sign-in', {
        json: { email, password, delivery: 'bearer' },
        headers: { origin: BEARER_ORIGIN },
        remoteAddress,
      });
    const events = async (query: string): Promise<readonly Event[]> => {
      const answer = await call(`/v1/admin/audit?${query}`, { bearer: boss });
      return ((await answer.json()) as { events: Event[] }).events.toReversed();
    };
    const refused = async (query: string): Promise<readonly (readonly unknown[])[]> =>
      (await events(query))
        .filter(({ outcome, event }) => outcome === 'failure' && event !== 'sign-up')
        .map(({ event, ip, reason, count }) => [event, ip, reason, count]);
    /** What was counted is told after a minute, by the server's own rounds. */
    const untilTold = async (query: string, expected: readonly (readonly unknown[])[]): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      clock.pass(61);
      await expect.poll(() => refused(query), { timeout: 6_000, interval: 200 }).toEqual(expected);
    };

    test('L04: wrong passwords are one event for each network, that counts them, before what the person does next', async () => {
      const kim = await idOf('kim');
      for (const ip of ['203.0.113.5', '203.0.113.5', '2001:db8:1:2:3::9', '203.0.113.5', '2001:db8:1:2:ffff::1'])
        expect((await attempt('kim@example.test', `wrong from ${ip}`, ip)).status).toBe(401);
      expect(await refused(`user=${kim}`)).toEqual([]);
      await signIn('kim@example.test');
      const all = await events(`user=${kim}`);
      expect(all.map(({ event, outcome, ip, count }) => [event, outcome, ip, count])).toEqual([
        ['sign-up', 'success', null, 1],
        ['sign-in', 'failure', '203.0.113.5', 3],
        ['sign-in', 'failure', '2001:db8:1:2::/64', 2],
        ['sign-in', 'success', null, 1],
      ]);
      expect(all[1]).toMatchObject({ reason: 'credentials', actor: null, since: new Date(clock.now).toISOString() });
    });

    test('L04: whoever is suspended and knows the password is told apart in the log, and not in the answer', async () => {
      const lee = await idOf('lee');
      expect((await call(`/v1/admin/users/${lee}/suspend`, { method: 'POST', bearer: boss })).status).toBe(200);
      const answers = [
        await attempt('lee@example.test', PASSWORD, '203.0.113.6'),
        await attempt('lee@example.test', 'wrong password', '203.0.113.6'),
      ];
      const texts = await Promise.all(answers.map((answer) => answer.text()));
      expect(texts[0]).toBe(texts[1]);
      await untilTold(`user=${lee}`, [
        ['sign-in', '203.0.113.6', 'suspended', 1],
        ['sign-in', '203.0.113.6', 'credentials', 1],
      ]);
    });

    test('L02: an address without an account, and what was typed for a password, stand nowhere', async () => {
      const typed = 'My Other Password 7';
      await attempt(`${typed.replaceAll(' ', '.')}@example.test`, typed, '203.0.113.7');
      await attempt('nobody@example.test', typed, '203.0.113.7');
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      clock.pass(61);
      const told = async (): Promise<readonly Event[]> =>
        (await events('event=sign-in')).filter(({ ip }) => ip === '203.0.113.7');
      await expect.poll(async () => (await told()).length, { timeout: 6_000, interval: 200 }).toBe(1);
      expect(await told()).toMatchObject([{ user: null, reason: 'credentials', count: 2 }]);
      const everything = await (await call('/v1/admin/audit/export', { bearer: boss })).text();
      expect(everything + JSON.stringify(log)).not.toMatch(/My.Other|nobody@|wrong from/i);
    });

    test('L04: limits that were reached are counted, about the account where it is one of the account', async () => {
      const park = await idOf('park');
      for (let n = 0; n < 10; n++) await attempt('park@example.test', `wrong ${n}`, '203.0.113.8');
      for (let n = 0; n < 5; n++)
        expect(await verdict(await attempt('park@example.test', PASSWORD, '203.0.113.8'))).toEqual([
          429,
          'request/too-many',
        ]);
      await untilTold(`user=${park}`, [
        ['sign-in', '203.0.113.8', 'credentials', 10],
        ['sign-in', '203.0.113.8', 'sign-in:account', 5],
      ]);
    });

    test('L04: mails that are asked for too often, at the API and at the page, are counted, about the account where there is one', async () => {
      const ask = async (email: string): Promise<number> =>
        (await call('/v1/password/forgot', { json: { email }, remoteAddress: '203.0.113.20' })).status;
      await signUp('mina@example.test');
      const mina = await idOf('mina');
      const asked = [];
      for (let n = 0; n < 5; n++) asked.push(await ask('mina@example.test'));
      const refusals = asked.filter((status) => status === 429).length;
      expect(asked.filter((status) => status === 202).length).toBe(5 - refusals);
      expect(refusals).toBeGreaterThan(0);
      for (let n = 0; n < 5; n++) await ask('nobody@example.test');

      const visitor = new FormVisitor({ issuer: ISSUER, server });
      await visitor.signUp('sora@example.test');
      const sora = await idOf('sora');
      const again = [];
      for (let n = 0; n < 5; n++) again.push((await visitor.submit('/check-mail', {})).status);
      const stopped = again.filter((status) => status === 429).length;
      expect(stopped).toBeGreaterThan(0);
      await untilTold(`user=${mina}`, [['password-reset-asked', '203.0.113.20', 'mail:address', refusals]]);
      await untilTold(`user=${sora}`, [['email-verification-asked', '127.0.0.1', 'mail:address', stopped]]);
      const counted = (await events('event=password-reset-asked')).filter(({ reason }) => reason === 'mail:address');
      expect(counted.map(({ user, ip, count }) => `${user ?? 'nobody'} ${ip ?? ''} ${count}`).toSorted()).toEqual(
        [`${mina} 203.0.113.20 ${refusals}`, 'nobody 203.0.113.20 2'].toSorted(),
      );
    });

    test('L04, ASVS 7.5.1: a wrong password of somebody who is signed in is one of them', async () => {
      const kim = await idOf('kim');
      const bearer = (await signIn('kim@example.test')).access_token;
      const changed = await call('/v1/password/change', {
        json: { password: 'wrong password', new_password: 'another good one' },
        bearer,
        headers: { origin: BEARER_ORIGIN },
        remoteAddress: '203.0.113.9',
      });
      expect(changed.status).toBe(401);
      await signIn('kim@example.test');
      expect(await refused(`user=${kim}&event=re-authentication`)).toEqual([
        ['re-authentication', '203.0.113.9', 'credentials', 1],
      ]);
    });
  });

  test(`L04: a flood from ever new networks is a bounded number of events, and each one is counted (${name})`, async () => {
    await using under = await openServer(options);
    const { call, signUp, signIn, server, clock } = under;
    await signUp('boss@example.test');
    const token = /\?token=([\w-]{22})/.exec(server.firstAdminLink ?? '')?.[1] ?? '';
    await call('/v1/admin/claim', {
      json: { token },
      bearer: (await signIn('boss@example.test')).access_token,
    });
    const boss = (await signIn('boss@example.test')).access_token;
    // one password at many accounts: after twenty its limit is reached, so that the flood costs no hashing
    for (let n = 0; n < 300; n++)
      await call('/v1/sign-in', {
        json: { email: `${n}@example.test`, password: 'Winter is here', delivery: 'bearer' },
        headers: { origin: BEARER_ORIGIN },
        remoteAddress: `198.51.100.${n % 250}`,
      });
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    clock.pass(61);
    const counts = async (): Promise<readonly number[]> => {
      const answer = await call('/v1/admin/audit?event=sign-in&limit=500', { bearer: boss });
      return ((await answer.json()) as { events: Event[] }).events
        .filter(({ outcome }) => outcome === 'failure')
        .map(({ count }) => count);
    };
    const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
    await expect.poll(async () => sum(await counts()), { timeout: 8_000, interval: 200 }).toBe(300);
    expect((await counts()).length).toBeLessThanOrEqual(103);
  }, 30_000);

  describe(`a sign-in on another device over ${name}`, () => {
    const under = shareServer(options);
    const { signUp, mails, clock, call } = under;
    const told = (email: string): readonly string[] =>
      mails.filter((mail) => mail.to === email && /New sign-in|새 기기/.test(mail.subject)).map(({ text }) => text);
    const enter = async (email: string, more: object = {}, headers: Readonly<Record<string, string>> = {}) => {
      const answer = await call('/v1/sign-in', {
        json: { email, password: PASSWORD, delivery: 'bearer', ...more },
        headers: { origin: BEARER_ORIGIN, ...headers },
        remoteAddress: '203.0.113.77',
      });
      expect(answer.status).toBe(200);
      return ((await answer.json()) as { device_token: string }).device_token;
    };
    /** Whatever was to be mailed has been, once a mail that was written later is there. */
    const settled = async (): Promise<void> => {
      const marker = `${mails.length}-${clock.now}@example.test`;
      await signUp(marker);
      await expect.poll(() => mails.some(({ to }) => to === marker), { timeout: 6_000 }).toBe(true);
    };

    test('ASVS 6.3.5: is told to the person, with time, network and kind of device; the first one of all is not', async () => {
      await signUp('hana@example.test');
      const first = await enter('hana@example.test');
      await settled();
      expect(told('hana@example.test')).toEqual([]);
      await enter('hana@example.test', { device_token: first });
      await settled();
      expect(told('hana@example.test')).toEqual([]);
      await enter(
        'hana@example.test',
        { device: '<b>Call 02-123-4567</b>' },
        { 'user-agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0' },
      );
      await settled();
      const [mail = '', ...more] = told('hana@example.test');
      expect(more).toEqual([]);
      expect(mail).toContain('Firefox on Windows');
      expect(mail).toContain('203.0.113.77');
      expect(mail).toContain(new Date(clock.now).toISOString().slice(0, 10));
      expect(mail).not.toContain('02-123');
    });

    test('is told in Korean to whoever reads Korean', async () => {
      await call('/v1/sign-up', {
        json: { email: 'duri@example.test', password: PASSWORD },
        headers: { 'accept-language': 'ko-KR,ko;q=0.9' },
      });
      await enter('duri@example.test');
      await enter('duri@example.test');
      await settled();
      expect(told('duri@example.test')).toEqual([expect.stringContaining('처음 보는 기기')]);
    });

    test('by cookie: the device is known by its own cookie', async () => {
      await signUp('sol@example.test');
      const cookieOf = (answer: Response): string =>
        answer.headers
          .getSetCookie()
          .map((cookie) => cookie.split(';')[0] ?? '')
          .join('; ');
      const enterBy = (cookie?: string): Promise<Response> =>
        call('/v1/sign-in', {
          json: { email: 'sol@example.test', password: PASSWORD },
          headers: { 'sec-fetch-site': 'same-origin' },
          ...(cookie === undefined ? {} : { cookie }),
        });
      const cookie = cookieOf(await enterBy());
      expect((await enterBy(cookie)).status).toBe(200);
      await settled();
      expect(told('sol@example.test')).toEqual([]);
      expect((await enterBy()).status).toBe(200);
      await settled();
      expect(told('sol@example.test').length).toBe(1);
    });

    test('is told a few times, not a hundred; mails asked for by strangers use up none of them', async () => {
      await signUp('bit@example.test');
      await enter('bit@example.test');
      for (let n = 0; n < 5; n++) await call('/v1/password/forgot', { json: { email: 'bit@example.test' } });
      for (let n = 0; n < 7; n++) await enter('bit@example.test');
      await settled();
      // five, and the first one of all was counted among them
      expect(told('bit@example.test').length).toBe(4);
    });

    test('a wrong password is told to nobody', async () => {
      await signUp('yuna@example.test');
      await enter('yuna@example.test');
      await call('/v1/sign-in', {
        json: { email: 'yuna@example.test', password: 'wrong password', delivery: 'bearer' },
        headers: { origin: BEARER_ORIGIN },
      });
      await settled();
      expect(told('yuna@example.test')).toEqual([]);
    });
  });
}
