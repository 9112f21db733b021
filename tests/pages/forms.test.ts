import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FormVisitor, PASSWORD } from '../support/form-visitor.ts';
import { type PagesServer, startPagesServer } from '../support/pages-server.ts';

const APP = 'http://localhost:4902';
let pages: PagesServer;
let lastAddress = 0;

beforeAll(async () => {
  pages = await startPagesServer({ origins: [APP], pages: { name: 'Haru Notes', home: `${APP}/start` } });
});
afterAll(() => pages?.close());

const visitor = (): FormVisitor => new FormVisitor(pages);
const address = (): string => `person${++lastAddress}@example.test`;
/** Path of the link in a mail. */
const link = async (email: string, purpose: string): Promise<string> =>
  (await pages.linkFor(email, purpose)).slice(pages.issuer.length);

async function mailsTo(email: string): Promise<number> {
  const response = await pages.server.fetch(new Request(`${pages.issuer}/dev/mailbox`));
  const { mails } = (await response.json()) as {
    readonly mails: readonly { readonly to: string; readonly text: string }[];
  };
  return mails.filter(({ to, text }) => to === email && text.includes('/link/reset-password')).length;
}

async function refreshOf(one: FormVisitor): Promise<number> {
  const answer = await one.send('/v1/refresh', {
    method: 'POST',
    headers: { accept: '*/*', 'sec-fetch-site': 'same-origin' },
  });
  return answer.status;
}

describe('signing up and in', () => {
  test('leads to the mail, whose address is in no URL; then to the application', async () => {
    const one = visitor();
    const email = address();
    const sent = await one.signUp(email);
    expect([sent.status, sent.location]).toEqual([303, '/check-mail']);
    expect((await one.get('/check-mail')).text).toContain(email);
    const signedIn = await one.signIn(email);
    expect([signedIn.status, signedIn.location]).toEqual([303, `${APP}/start`]);
    expect((await one.get('/account')).status).toBe(200);
  });

  test('P01: a known address is answered as a new one is', async () => {
    const email = address();
    const [first, second] = [await visitor().signUp(email), await visitor().signUp(email)];
    const shape = ({ status, location, headers }: typeof first): unknown => [
      status,
      location,
      headers.getSetCookie().map((line) => line.replace(/=[^;]*/, '')),
    ];
    expect(shape(second)).toEqual(shape(first));
  });

  test('P01: asking for a new password says the same of a known and an unknown address', async () => {
    const one = visitor();
    const email = address();
    await one.signUp(email);
    const texts: string[] = [];
    for (const asked of [email, address()]) {
      const sent = await one.submit('/forgot', { email: asked });
      expect([sent.status, sent.location]).toEqual([303, '/check-mail']);
      texts.push((await one.get('/check-mail')).text.replaceAll(asked, '').replace(/value="mf1[^"]*"/g, ''));
    }
    expect(texts[1]).toBe(texts[0]);
  });

  test.each([
    ['email', 'no address', { email: 'kim', password: PASSWORD }],
    ['password', 'seven characters', { email: 'a@example.test', password: 'a1b2c3d' }],
    ['password', 'a breached one', { email: 'a@example.test', password: 'iloveyou1' }],
    ['password', 'a guessable one', { email: 'a@example.test', password: 'abcdefgh' }],
    ['name', 'a control character', { email: 'a@example.test', password: PASSWORD, name: 'a\u0007b' }],
  ])('a sign-up is refused by its field %s: %s', async (field, _why, fields) => {
    const refused = await visitor().submit('/sign-up', fields);
    expect(refused.status).toBe(422);
    expect(refused.text).toMatch(
      new RegExp(`id="f-${field}"[^>]*aria-invalid="true"[^>]*aria-describedby="f-${field}-error[^>]*autofocus`),
    );
    expect(refused.text).not.toContain(fields.password);
  });

  test.each([
    ['seven characters', 'a1b2c3d', 'length'],
    ['a breached one', 'iloveyou1', 'known'],
    ['a guessable one', 'abcdefgh', 'known'],
  ])(
    'ASVS 6.2: the rules of passwords stand in the page, and the one that was broken is marked: %s',
    async (_why, password, broken) => {
      const one = visitor();
      const rules = (text: string): readonly string[] =>
        [...text.matchAll(/<li id="f-password-(\w+)"( data-broken)?>/g)].map(([, rule = '', mark = '']) => rule + mark);
      expect(rules((await one.get('/sign-up')).text)).toEqual(['length', 'known']);
      const refused = await one.submit('/sign-up', { email: address(), password });
      expect(rules(refused.text)).toEqual(
        ['length', 'known'].map((rule) => (rule === broken ? `${rule} data-broken` : rule)),
      );
    },
  );

  test('P01: a mail can be had once more, and the answer is the same for an address that has no account', async () => {
    const [known, unknown] = [address(), address()];
    await visitor().signUp(known);
    const answers: unknown[] = [];
    for (const email of [known, unknown]) {
      const one = visitor();
      await one.submit('/forgot', { email });
      const before = await mailsTo(email);
      const again = await one.submit('/check-mail', {});
      const shown = (await one.get('/check-mail')).text.replaceAll(email, '').replace(/value="mf1[^"]*"/g, '');
      answers.push([again.status, again.location, shown]);
      expect(shown).toContain('Sent once more.');
      await expect.poll(() => mailsTo(email)).toBe(email === known ? before + 1 : 0);
    }
    expect(answers[1]).toEqual(answers[0]);
  });

  test('whoever is signed in already is told as whom, and may go on or change the account; the way back is kept', async () => {
    const [email, other] = [address(), address()];
    const one = await visitor().enter(email);
    await one.signUp(other);
    const wanted = { return_to: '/account/devices' };
    const shown = await one.get(`/sign-in?${new URLSearchParams(wanted)}`);
    expect(shown.text).toContain(`You are signed in as ${email}.`);
    expect(shown.text).toContain('<a class="button wide" href="/account/devices">Go on</a>');
    expect(shown.text).toMatch(
      /action="\/sign-out".*name="return_to" value="\/account\/devices".*Use another account/s,
    );
    const left = await one.submit('/sign-out', wanted);
    expect(left.location).toBe('/sign-in?return_to=%2Faccount%2Fdevices');
    expect((await one.get('/account')).status).toBe(303);
    const changed = await one.signIn(other, PASSWORD, wanted);
    expect(changed.location).toBe('/account/devices');
    expect((await one.get('/account')).text).toContain(other);
  });

  test('a wrong password is 401 and keeps the address; ten more are 429 with Retry-After and the time in words', async () => {
    const one = visitor();
    const email = address();
    await one.signUp(email);
    const refused = await one.signIn(email, 'a wrong password');
    expect(refused.status).toBe(401);
    expect(refused.text).toContain(`value="${email}"`);
    expect(refused.text).not.toContain('a wrong password');
    let last = refused;
    for (let i = 0; i < 10; i++) last = await one.signIn(email, 'a wrong password');
    expect(last.status).toBe(429);
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(last.text).toMatch(/Try again in \d+ (seconds|minutes)/);
  });

  test('R12: signing in as somebody else ends the session that this browser had, and gives it another', async () => {
    const [first, second] = [address(), address()];
    const one = await visitor().enter(first);
    const before = one.cookies.get('mapae-refresh');
    await one.signUp(second);
    await one.signIn(second);
    expect((await one.get('/account')).text).toContain(second);
    const old = visitor();
    old.cookies.set('mapae-refresh', before ?? '');
    expect((await old.get('/account')).status).toBe(303);
    expect(await refreshOf(old)).toBe(400);
  });

  test('a page that is only looked at spends nothing: the refresh token still refreshes', async () => {
    const one = await visitor().enter(address());
    for (let i = 0; i < 3; i++) await one.get('/account');
    expect(await refreshOf(one)).toBe(200);
    expect((await one.get('/account')).status).toBe(200);
  });

  test('R01: a spent refresh token opens no page', async () => {
    let now = Date.UTC(2026, 0, 1);
    const timed = await startPagesServer({ clock: () => now });
    const one = await new FormVisitor(timed).enter('kim@example.test');
    const first = one.cookies.get('mapae-refresh') ?? '';
    for (let i = 0; i < 2; i++) {
      now += 60_000;
      expect(await refreshOf(one)).toBe(200);
    }
    expect((await one.get('/account')).status).toBe(200);
    one.cookies.set('mapae-refresh', first);
    expect((await one.get('/account')).location).toBe('/sign-in?return_to=%2Faccount');
    await timed.close();
  });

  test('a session whose idle limit has passed opens no page', async () => {
    let now = Date.UTC(2026, 0, 1);
    const timed = await startPagesServer({ clock: () => now, idleSeconds: 3_600 });
    const one = await new FormVisitor(timed).enter('kim@example.test');
    now += 3_599_000;
    expect((await one.get('/account')).status).toBe(200);
    now += 2_000;
    expect((await one.get('/account')).status).toBe(303);
    await timed.close();
  });

  test('a token of bearer delivery in the cookie opens no page', async () => {
    const one = visitor();
    const email = address();
    await one.signUp(email);
    const answer = await one.send('/v1/sign-in', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: '*/*' },
      body: JSON.stringify({ email, password: PASSWORD, delivery: 'bearer' }),
    });
    one.cookies.set('mapae-refresh', (JSON.parse(answer.text) as { refresh_token: string }).refresh_token);
    expect((await one.get('/account')).status).toBe(303);
  });
});

describe('links in mails', () => {
  test('the token leaves the address at once; a visit spends nothing, the button does, once', async () => {
    const one = visitor();
    const email = address();
    await one.signUp(email);
    const path = await link(email, 'verify-email');
    const token = path.split('token=')[1] ?? '';
    // a mail scanner: other cookies, the same link, any number of times
    for (const method of ['GET', 'HEAD'] as const) {
      const scanner = visitor();
      expect((await scanner.send(path, { method, headers: {} })).location).toBe('/link/verify-email');
      expect((await scanner.get('/link/verify-email')).status).toBe(200);
    }
    const opened = await one.get(path);
    expect([opened.status, opened.location, opened.headers.get('referrer-policy')]).toEqual([
      303,
      '/link/verify-email',
      'no-referrer',
    ]);
    const shown = await one.get('/link/verify-email');
    expect(shown.text).toContain(email);
    expect(shown.text).not.toContain(token);
    expect((await one.submit('/link/verify-email', {})).location).toBe('/sign-in');
    expect((await one.get('/sign-in')).text).toContain('Your address is confirmed.');
    await one.get(path);
    expect((await one.get('/link/verify-email')).status).toBe(400);
  });

  test('a new password by link: the rules hold, the link survives a refused one, every session ends', async () => {
    const one = visitor();
    const email = address();
    await one.enter(email);
    const elsewhere = visitor();
    await elsewhere.signIn(email);
    await one.submit('/forgot', { email });
    await one.get(await link(email, 'reset-password'));
    expect((await one.get('/link/reset-password')).text).toContain(email);
    const refused = await one.submit('/link/reset-password', { password: 'password1' });
    expect([refused.status, refused.text.includes('leaked')]).toEqual([422, true]);
    const set = await one.submit('/link/reset-password', { password: 'another horse battery' });
    expect([set.status, set.location]).toEqual([303, '/sign-in']);
    expect((await elsewhere.get('/account')).status).toBe(303);
    expect((await one.get('/account')).status).toBe(303);
    expect((await one.submit('/link/reset-password', { password: 'a third horse battery' })).status).toBe(400);
    expect((await one.signIn(email)).status).toBe(401);
    expect((await one.signIn(email, 'another horse battery')).status).toBe(303);
  });

  test.each(['verify-email', 'reset-password', 'change-email', 'first-admin'])(
    'a link for %s that was never made is said to be over, with a way on',
    async (purpose) => {
      const one = await visitor().enter(address());
      for (const token of ['AAAAAAAAAAAAAAAAAAAAAA', 'short', '<script>']) {
        await one.get(`/link/${purpose}?token=${encodeURIComponent(token)}`);
        await one.get(`/link/${purpose}`);
        const answer = await one.submit(`/link/${purpose}`, { password: PASSWORD });
        expect([purpose, answer.status]).toEqual([purpose, 400]);
        expect(answer.text).toMatch(/<a class="button wide" href="\/(sign-in|forgot|account)"/);
        expect(answer.text).not.toContain('<script>');
      }
    },
  );

  test('a link for one thing is no good for another', async () => {
    const one = visitor();
    const email = address();
    await one.signUp(email);
    const token = (await link(email, 'verify-email')).split('token=')[1] ?? '';
    await one.get(`/link/reset-password?token=${token}`);
    expect((await one.submit('/link/reset-password', { password: 'another horse battery' })).status).toBe(400);
    expect((await one.signIn(email)).status).toBe(303);
  });

  test('the first administrator signs in, comes back to the link and has the role', async () => {
    const path = (pages.server.firstAdminLink ?? '').slice(pages.issuer.length);
    const one = visitor();
    const email = address();
    await one.signUp(email);
    await one.get(path);
    expect((await one.get('/link/first-admin')).location).toBe('/sign-in?return_to=%2Flink%2Ffirst-admin');
    const signedIn = await one.signIn(email, PASSWORD, { return_to: '/link/first-admin' });
    expect(signedIn.location).toBe('/link/first-admin');
    expect((await one.get('/link/first-admin')).text).toContain(email);
    expect((await one.submit('/link/first-admin', {})).status).toBe(200);
    expect((await one.get('/account')).text).toContain('<dd>admin</dd>');
  });
});

describe('the account', () => {
  test('P12: name and language are changed, and nothing else that is sent', async () => {
    const email = address();
    const one = await visitor().enter(email);
    const saved = await one.submit('/account', {
      do: 'save',
      name: '김민지',
      locale: 'ko',
      roles: 'admin',
      email: 'x@example.test',
    });
    expect([saved.status, saved.location]).toEqual([303, '/account']);
    const shown = await one.get('/account');
    expect(shown.text).toContain('<html lang="ko">');
    expect(shown.text).toContain('value="김민지"');
    expect(shown.text).toContain('저장되었습니다.');
    expect(shown.text).toContain(email);
    expect(shown.text).not.toContain('admin');
    // said once
    expect((await one.get('/account')).text).not.toContain('저장되었습니다.');
  });

  test('the password is changed behind the present one; this browser stays, others go', async () => {
    const email = address();
    const one = await visitor().enter(email);
    const other = visitor();
    await other.signIn(email);
    const wrong = { do: 'password', password: 'a wrong password', new_password: 'another horse battery' };
    const refused = await one.submit('/account/security', wrong);
    expect([refused.status, refused.text.includes('That is not your password.')]).toEqual([401, true]);
    const weak = await one.submit('/account/security', { ...wrong, password: PASSWORD, new_password: 'abcdefgh' });
    expect(weak.text).toMatch(/id="f-new_password"[^>]*aria-invalid="true"/);
    const done = await one.submit('/account/security', { ...wrong, password: PASSWORD });
    expect([done.status, done.location]).toEqual([303, '/account/security']);
    expect((await one.get('/account/security')).text).toContain('every other device was signed out');
    expect((await other.get('/account')).status).toBe(303);
    expect(await refreshOf(one)).toBe(200);
  });

  test('P10, F10: the address moves by the link in the new mailbox, and not before', async () => {
    const [email, next] = [address(), address()];
    const one = await visitor().enter(email);
    expect(
      (await one.submit('/account/security', { do: 'email', email: next, password: 'wrong one here' })).status,
    ).toBe(401);
    expect((await one.submit('/account/security', { do: 'email', email: 'nonsense', password: PASSWORD })).status).toBe(
      422,
    );
    expect((await one.submit('/account/security', { do: 'email', email: next, password: PASSWORD })).location).toBe(
      '/account/security',
    );
    expect((await one.get('/account')).text).toContain(email);
    const path = await link(next, 'change-email');
    const elsewhere = visitor();
    await elsewhere.get(path);
    expect((await elsewhere.get('/link/change-email')).status).toBe(200);
    expect((await elsewhere.submit('/link/change-email', {})).location).toBe('/sign-in');
    expect((await one.get('/account')).status).toBe(303);
    expect((await one.signIn(email)).status).toBe(401);
    expect((await one.signIn(next)).status).toBe(303);
  });

  test('P13: a device is signed out, another person’s is unknown', async () => {
    const email = address();
    const one = await visitor().enter(email);
    const phone = visitor();
    await phone.signIn(email);
    const stranger = await visitor().enter(address());
    const sessionIn = (text: string): string => /name="session" value="([\w-]{22})"/.exec(text)?.[1] ?? '';
    const session = sessionIn((await one.get('/account/devices')).text);
    await stranger.get('/account/devices');
    expect((await stranger.submit('/account/devices', { do: 'one', session })).status).toBe(404);
    expect((await phone.get('/account')).status).toBe(200);
    expect((await one.submit('/account/devices', { do: 'one', session })).status).toBe(303);
    expect((await phone.get('/account')).status).toBe(303);
    expect((await one.get('/account/devices')).text).toContain('You are signed in nowhere else.');
  });

  test('signed out everywhere is said when the revocation is in the feed', async () => {
    const email = address();
    const one = await visitor().enter(email);
    const phone = visitor();
    await phone.signIn(email);
    const before = await feedPosition();
    expect((await one.submit('/account/devices', { do: 'everywhere' })).location).toBe('/sign-in');
    expect(await feedPosition()).toBeGreaterThan(before);
    expect((await one.get('/sign-in')).text).toContain('You are signed out everywhere.');
    for (const somebody of [one, phone]) expect((await somebody.get('/account')).status).toBe(303);
  });

  test('the others are signed out, this one is not', async () => {
    const email = address();
    const one = await visitor().enter(email);
    const phone = visitor();
    await phone.signIn(email);
    expect((await one.submit('/account/devices', { do: 'others' })).location).toBe('/account/devices');
    expect((await phone.get('/account')).status).toBe(303);
    expect((await one.get('/account')).status).toBe(200);
  });

  test('the log of one’s own account, and of nobody else’s', async () => {
    const email = address();
    const one = await visitor().enter(email);
    await one.submit('/account', { do: 'save', name: 'Kim', locale: 'en' });
    const shown = (await one.get('/account/activity')).text;
    expect(shown).toContain('Personal data changed');
    expect(shown).toContain('Account made');
    const stranger = await visitor().enter(address());
    expect((await stranger.get('/account/activity')).text).not.toContain('Personal data changed');
    expect((await one.get('/account/activity?before=nonsense')).status).toBe(200);
  });

  test('the data comes as a file', async () => {
    const email = address();
    const one = await visitor().enter(email);
    await one.get('/account/data');
    const file = await one.submit('/account/data', { do: 'download' });
    expect(file.headers.get('content-disposition')).toMatch(/^attachment/);
    expect(JSON.parse(file.text)).toMatchObject({ account: { email } });
  });

  test('an account is deleted behind the password and a tick, and is gone', async () => {
    const email = address();
    const one = await visitor().enter(email);
    expect((await one.submit('/account/data', { do: 'delete', password: PASSWORD })).status).toBe(422);
    expect(
      (await one.submit('/account/data', { do: 'delete', sure: 'yes', password: 'a wrong password' })).status,
    ).toBe(401);
    expect((await one.submit('/account/data', { do: 'delete', sure: 'yes', password: PASSWORD })).location).toBe(
      '/sign-in',
    );
    expect((await one.get('/sign-in')).text).toContain('Your account is deleted.');
    expect((await one.signIn(email)).status).toBe(401);
  });

  test.each(['/account', '/account/security', '/account/devices', '/account/activity', '/account/data'])(
    '%s sends strangers to the sign-in and brings them back',
    async (path) => {
      const answer = await visitor().get(path);
      expect([answer.status, answer.location]).toEqual([303, `/sign-in?${new URLSearchParams({ return_to: path })}`]);
    },
  );
});

/** The number of the newest published revocation, as the feed says it now. */
async function feedPosition(): Promise<number> {
  const answer = await pages.server.fetch(new Request(`${pages.issuer}/events/revocations/poll?wait=0`));
  const { frames } = (await answer.json()) as { readonly frames: readonly string[] };
  const claims = Buffer.from(frames.at(-1)?.split('.')[1] ?? '', 'base64url').toString();
  return (JSON.parse(claims) as { readonly to: number }).to;
}
