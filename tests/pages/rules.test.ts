import { createServer, sqlite } from '@mapae/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { socialCallback, startSocial } from '../../packages/server/src/endpoints/social.ts';
import { en } from '../../packages/server/src/pages/texts/en.ts';
import { ko } from '../../packages/server/src/pages/texts/ko.ts';
import { AUDIT_EVENTS } from '../../packages/server/src/stores/account-store.ts';
import { FormVisitor, PASSWORD } from '../support/form-visitor.ts';
import { namedProviders } from '../support/named-providers.ts';
import { type PagesServer, startPagesServer } from '../support/pages-server.ts';

const APP = 'https://app.example.test';
let pages: PagesServer;
beforeAll(async () => {
  pages = await startPagesServer({ origins: [APP] });
  const one = new FormVisitor(pages);
  await one.signUp('kim@example.test');
});
afterAll(() => pages?.close());
const visitor = (): FormVisitor => new FormVisitor(pages);

describe('B01, B02, B03: a form is taken from our own pages only', () => {
  test.each([
    ['another site', { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }],
    ['a sibling', { origin: 'https://other.example.test', 'sec-fetch-site': 'same-site' }],
    ['a listed origin: it may call the API and fills in no form', { origin: APP, 'sec-fetch-site': 'cross-site' }],
    ['Origin: null', { origin: 'null', 'sec-fetch-site': 'same-origin' }],
    ['no Origin', { origin: '', 'sec-fetch-site': 'same-origin' }],
    ['our origin, said by a cross-site request', { origin: 'OURS', 'sec-fetch-site': 'cross-site' }],
    ['a Referer only', { origin: '', 'sec-fetch-site': '', referer: 'OURS/sign-in' }],
  ])('%s: 403, in HTML, and nobody is signed in', async (_from, wanted) => {
    const one = visitor();
    await one.get('/sign-in');
    const headers = Object.fromEntries(
      Object.entries(wanted).map(([name, value]) => [name, value.replace('OURS', pages.issuer)]),
    );
    const answer = await one.submit('/sign-in', { email: 'kim@example.test', password: PASSWORD }, headers);
    expect(answer.status).toBe(403);
    expect(answer.headers.get('content-type')).toContain('text/html');
    expect([...one.cookies.keys()]).not.toContain('mapae-refresh');
  });

  test('a browser without Fetch Metadata is known by its Origin', async () => {
    const one = visitor();
    await one.get('/sign-in');
    const sent = await one.send('/sign-in', {
      method: 'POST',
      headers: { origin: pages.issuer, 'content-type': 'application/x-www-form-urlencoded' },
      body: '',
    });
    // taken, and found stale: there is no token in it
    expect([sent.status, sent.text.includes('open for a while')]).toEqual([403, true]);
  });
});

describe('login CSRF: a form is bound to the browser and to who is signed in there', () => {
  const CREDENTIALS = { email: 'kim@example.test', password: PASSWORD };
  const formOf = (text: string): string => /name="form" value="([^"]+)"/.exec(text)?.[1] ?? '';

  test('a token of another browser, none, a forged one: 403, the form is shown again with what was typed', async () => {
    const attacker = await visitor().get('/sign-in');
    for (const form of [formOf(attacker.text), '', `mf1.AAAAAA.${'A'.repeat(11)}.${'A'.repeat(43)}`]) {
      const one = visitor();
      await one.get('/sign-in');
      const answer = await one.post('/sign-in', { ...CREDENTIALS, form });
      expect(answer.status).toBe(403);
      expect(answer.text).toContain('value="kim@example.test"');
      expect(answer.text).not.toContain(PASSWORD);
      expect([...one.cookies.keys()]).not.toContain('mapae-refresh');
    }
  });

  test('a form from before somebody signed in does nothing for them', async () => {
    const one = visitor();
    const before = formOf((await one.get('/sign-in')).text);
    await one.signIn('kim@example.test');
    const answer = await one.post('/account/devices', { do: 'everywhere', form: before });
    expect(answer.status).toBe(403);
    expect((await one.get('/account')).status).toBe(200);
  });

  test('the shown form works after a stale one', async () => {
    const one = visitor();
    await one.get('/sign-in');
    await one.post('/sign-in', { ...CREDENTIALS, form: '' });
    expect((await one.submit('/sign-in', CREDENTIALS)).status).toBe(303);
  });
});

describe('B04: cookie tossing', () => {
  test.each([
    'mapae-refresh',
    'mapae-browser',
    'mapae-link',
    'mapae-notice',
    'mapae-language',
    'mapae-mailed',
    'Mapae-Refresh',
  ])('a second %s beside ours is refused, on a page that says so', async (name) => {
    const one = visitor();
    await one.signIn('kim@example.test');
    const own = [...one.cookies].map(([key, value]) => `${key}=${value}`).join('; ');
    const tossed = `${own}; ${name}=tossed; ${name}=tossed`;
    const answers = await Promise.all(
      ['/account', '/check-mail', '/link/verify-email'].map((path) => one.get(path, { cookie: tossed })),
    );
    expect(answers.map(({ status }) => status)).toContain(403);
    expect(answers.find(({ status }) => status === 403)?.text).toContain('<h1>This was stopped</h1>');
  });

  test('a tossed cookie alone opens nothing and says nothing', async () => {
    const one = visitor();
    const cookie = `mapae-refresh=mr1.x; mapae-browser=short; mapae-notice=__proto__; mapae-mailed=sign-up.${Buffer.from('<b>@x').toString('base64url')}; mapae-link=verify-email.x`;
    expect((await one.get('/account', { cookie })).status).toBe(303);
    const mailed = await one.get('/check-mail', { cookie });
    expect(mailed.text).not.toContain('<b>');
    expect((await one.get('/sign-in', { cookie })).text).not.toContain('role="status"');
  });
});

test('B05: every cookie is HttpOnly, has a SameSite and no Domain; __Host- and Secure where the issuer is https', async () => {
  const server = await createServer({
    issuer: 'https://id.example.test',
    database: sqlite(':memory:'),
    secrets: ['a secret of the tests, and long enough for one: 1'],
  });
  const answer = await server.fetch(
    new Request('https://id.example.test/sign-in', { headers: { accept: 'text/html' } }),
  );
  const lines = answer.headers.getSetCookie();
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^__Host-mapae-browser=[\w-]{22}; HttpOnly; SameSite=Lax; Path=\/; Max-Age=\d+; Secure$/);
  await server.close();
  const one = visitor();
  const signedIn = await one.signIn('kim@example.test');
  for (const line of signedIn.headers.getSetCookie()) {
    expect(line).toMatch(/; HttpOnly; SameSite=(Strict|Lax); Path=\/; Max-Age=\d+$/);
    expect(line.length).toBeLessThan(4_096);
  }
  expect(signedIn.headers.getSetCookie().find((line) => line.startsWith('mapae-refresh='))).toContain(
    'SameSite=Strict',
  );
});

test('B07, B12: every page: no frame, nothing inline, nothing from elsewhere, never kept', async () => {
  const one = visitor();
  await one.signIn('kim@example.test');
  for (const path of [
    '/sign-in',
    '/sign-up',
    '/forgot',
    '/check-mail',
    '/sign-out',
    '/account',
    '/account/security',
    '/account/devices',
    '/account/activity',
    '/account/data',
    '/link/verify-email',
    '/nowhere',
    '/dev/mailbox',
  ]) {
    const { headers, text } = await one.get(path);
    const policy = headers.get('content-security-policy') ?? '';
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'self'",
    ])
      expect([path, policy.split('; ').includes(part)]).toEqual([path, true]);
    expect(policy).not.toContain('unsafe');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(text).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?! src="\/assets\/script\.[\w-]{16}\.js" defer>)/);
    // the mailbox has the links of the mails
    if (path !== '/dev/mailbox') expect(text).not.toMatch(/(?:src|href|action)="(?:https?:)?\/\//);
  }
});

describe('F12: return_to leads to our pages and to listed origins', () => {
  test.each(['/account', '/account/devices', '/link/first-admin', `${APP}/notes?x=1#top`])(
    '%s is followed',
    async (wanted) => {
      const answer = await visitor().signIn('kim@example.test', PASSWORD, { return_to: wanted });
      expect([answer.status, answer.location]).toEqual([303, wanted]);
    },
  );

  test.each([
    'https://evil.test/',
    '//evil.test/',
    '/\\evil.test',
    '\\\\evil.test',
    'https:evil.test',
    '/account/..//evil.test',
    '/.//evil.test',
    ' https://evil.test',
    'java\tscript:alert(1)',
    'javascript:alert(1)//',
    'data:text/html,x',
    'https://app.example.test@evil.test/',
    'https://user:pass@app.example.test/',
    'https://app.example.test.evil.test/',
    'https://app.example.test:444/',
    'http://app.example.test/',
    'https://APP.example.test\u0000.evil.test',
    '/v1/me',
    '/sign-out',
    '/social/x/start',
    '/%2fevil.test',
    `${'/account'.padEnd(2_001, 'x')}`,
  ])('%s is not', async (wanted) => {
    const one = visitor();
    const answer = await one.signIn('kim@example.test', PASSWORD, { return_to: wanted });
    expect([answer.status, answer.location]).toEqual([303, '/account']);
    const shown = await visitor().get(`/sign-in?${new URLSearchParams({ return_to: wanted })}`);
    expect(shown.text).not.toContain('name="return_to"');
    expect(shown.headers.get('content-security-policy')).toContain("form-action 'self';");
  });

  test('the policy lets the form lead to the listed origin, and to no other', async () => {
    const shown = await visitor().get(`/sign-in?${new URLSearchParams({ return_to: `${APP}/x` })}`);
    expect(shown.headers.get('content-security-policy')).toContain(`form-action 'self' ${APP};`);
  });
});

describe('refused requests', () => {
  test.each([
    ['/nowhere', 404],
    ['/account/nowhere', 404],
    ['/assets/style.AAAAAAAAAAAAAAAA.css', 404],
  ])('%s is a page with a way on', async (path, status) => {
    const answer = await visitor().get(path);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain('href="/sign-in"');
  });

  test.each(['/v1/nowhere', '/v1/me', '/events/nowhere', '/.well-known/nowhere', '/oauth2/x'])(
    '%s is for programs: JSON, whatever is asked for',
    async (path) => {
      const answer = await visitor().get(path);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
    },
  );

  test('a program that asks for no HTML has JSON at a page too', async () => {
    const answer = await visitor().send('/nowhere', { headers: { accept: '*/*' } });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  test('405, 415, 413, a field that comes twice, bytes that are no text', async () => {
    const one = visitor();
    await one.get('/sign-in');
    const headers = { origin: pages.issuer, 'sec-fetch-site': 'same-origin' };
    const form = { ...headers, 'content-type': 'application/x-www-form-urlencoded' };
    const put = await one.send('/language', { headers: {} });
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'POST']);
    expect(
      (
        await one.send('/sign-in', {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body: '{}',
        })
      ).status,
    ).toBe(415);
    expect((await one.send('/sign-in', { method: 'POST', headers: form, body: 'a'.repeat(70_000) })).status).toBe(413);
    expect(
      (
        await one.post('/sign-in', [
          ['email', 'a'],
          ['email', 'b'],
        ])
      ).status,
    ).toBe(422);
    expect(
      (await one.send('/sign-in', { method: 'POST', headers: form, body: new Uint8Array([0x65, 0x3d, 0xff]) })).status,
    ).toBe(400);
  });

  test('the database is away: 503 as a page, with Retry-After; in JSON for programs', async () => {
    const other = await startPagesServer();
    const one = await new FormVisitor(other).enter('kim@example.test');
    await other.server.close();
    const answer = await one.get('/account');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(answer.text).toContain('We are not ready right now');
    await other.close();
  });
});

describe('a link on another site leads here', () => {
  const FROM_ELSEWHERE = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };

  test('without the cookie that stays at home, the page is opened once more from here', async () => {
    const first = await visitor().get('/account', FROM_ELSEWHERE);
    expect(first.status).toBe(200);
    expect(first.text).toContain('<meta http-equiv="refresh" content="0;url=/account">');
  });

  test('the token of a link never gets into that page', async () => {
    const first = await visitor().get('/link/first-admin?token=AAAAAAAAAAAAAAAAAAAAAA', FROM_ELSEWHERE);
    expect([first.status, first.location]).toEqual([303, '/link/first-admin']);
  });
});

test('an issuer with a path: every address of a page stands behind it', async () => {
  const issuer = 'https://example.test/auth';
  const secrets = ['a secret of the tests, and long enough for one: 1'];
  const server = await createServer({ issuer, database: sqlite(':memory:'), secrets });
  const get = (path: string) =>
    server.fetch(new Request(`https://example.test${path}`, { headers: { accept: 'text/html' } }));
  const text = await (await get('/auth/sign-in')).text();
  for (const [, path = ''] of text.matchAll(/(?:href|src|action|name="page" value)="(\/[^"]*)"/g))
    expect(path).toMatch(/^\/auth\//);
  expect((await get(/href="([^"]+\.css)"/.exec(text)?.[1] ?? '')).status).toBe(200);
  expect((await get('/auth/account')).headers.get('location')).toBe('/auth/sign-in?return_to=%2Fauth%2Faccount');
  // the issuer as it is written, and with a slash behind
  for (const root of ['/auth', '/auth/']) {
    const { status, headers } = await get(root);
    expect([root, status, headers.get('location')]).toEqual([root, 303, '/auth/sign-in']);
  }
  expect((await get('/authors')).status).toBe(404);
  expect(await (await get('/auth/nowhere')).text()).toContain('href="/auth/sign-in"');
  expect((await get('/auth/v1/nowhere')).headers.get('content-type')).toBe('application/problem+json');
  await server.close();
});

describe('languages', () => {
  test.each([
    ['ko-KR,ko;q=0.9,en;q=0.8', 'ko'],
    ['fr,ko;q=0.3', 'ko'],
    ['de', 'en'],
    ['en-GB,ko;q=0.9', 'en'],
  ])('Accept-Language: %s is %s', async (accept, locale) => {
    expect((await visitor().get('/sign-in', { 'accept-language': accept })).text).toContain(`<html lang="${locale}">`);
  });

  test('what was chosen at the foot of a page holds, and leads back there', async () => {
    const one = visitor();
    const chosen = await one.submit('/language', { locale: 'ko', page: '/forgot' });
    expect([chosen.status, chosen.location]).toEqual([303, '/forgot']);
    expect((await one.get('/forgot', { 'accept-language': 'en' })).text).toContain('<html lang="ko">');
    expect((await one.get('/nowhere', { 'accept-language': 'en' })).text).toContain('<html lang="ko">');
    for (const page of ['//evil.test', 'https://evil.test', '/\\evil.test'])
      expect((await one.submit('/language', { locale: 'en', page })).location).toBe('/');
  });

  test('every event of the audit log and every way through a provider has a sentence', () => {
    expect(AUDIT_EVENTS.filter((event) => !Object.hasOwn(en.events, event))).toEqual([]);
    expect(Object.keys(ko.social)).toEqual(Object.keys(en.social));
  });

  test('every refusal that a way through a provider may end with has a sentence', () => {
    const codes = [...(startSocial.refusals ?? []), ...(socialCallback.refusals ?? [])]
      // these are answered before anybody is led to the sign-in page
      .filter((code) => !/^request\/(?!too-many)|^invalid_|unknown-provider$/.test(code))
      .map((code) => code.replace(/^[a-z]+\//, ''));
    expect(codes.length).toBeGreaterThan(8);
    for (const code of [...codes, 'unavailable']) expect([code, Object.hasOwn(en.social, code)]).toEqual([code, true]);
  });

  test('a known code of a provider is said in words, an unknown one and markup are not', async () => {
    const one = visitor();
    expect((await one.get('/sign-in?error=denied&provider=%3Cb%3E')).text).toContain(
      'You did not allow it at the provider.',
    );
    for (const error of ['nonsense', '__proto__', 'constructor', '<b>'])
      expect((await one.get(`/sign-in?${new URLSearchParams({ error })}`)).text).not.toContain('role="alert"');
  });
});

describe('the way in that was used last', () => {
  const MARK = '<span class="last">Last used</span>';
  const openProviders = async (): Promise<PagesServer> => {
    const other = await startPagesServer({ social: namedProviders() });
    await new FormVisitor(other).signUp('kim@example.test');
    return other;
  };
  /** What stands before the mark: a button of a form, or the way through a provider. */
  const marked = (text: string): readonly string[] =>
    text
      .split(MARK)
      .slice(0, -1)
      .map((before) => /(<button|\/social\/[a-z]+)(?!.*(?:<button|\/social\/))/s.exec(before)?.[1] ?? '');

  test('is marked after a sign-in, in this browser, and not after a refused one', async () => {
    const other = await openProviders();
    const one = new FormVisitor(other);
    await one.signIn('kim@example.test', 'a wrong password');
    expect(marked((await one.get('/sign-in')).text)).toEqual([]);
    const signedIn = await one.signIn('kim@example.test');
    expect(signedIn.headers.getSetCookie().find((line) => line.startsWith('mapae-method='))).toMatch(
      /^mapae-method=password; HttpOnly; SameSite=Lax; Path=\/; Max-Age=31536000$/,
    );
    await one.submit('/sign-out', {});
    expect(marked((await one.get('/sign-in')).text)).toEqual(['<button']);
    expect(marked((await new FormVisitor(other).get('/sign-in')).text)).toEqual([]);
    await other.close();
  });

  test('P01: says nothing of who: the page is the same whatever address is typed', async () => {
    const other = await openProviders();
    const one = await new FormVisitor(other).signIn('kim@example.test').then(() => new FormVisitor(other));
    one.cookies.set('mapae-method', 'password');
    const shown = async (email: string): Promise<string> =>
      (await one.signIn(email, 'a wrong password')).text.replaceAll(email, '').replace(/value="mf1[^"]*"/g, '');
    expect(await shown('nobody@example.test')).toBe(await shown('kim@example.test'));
    await other.close();
  });

  test('B04: a second one beside ours is refused', async () => {
    const one = visitor();
    const answer = await one.get('/sign-in', { cookie: 'mapae-method=password; mapae-method=tossed' });
    expect([answer.status, answer.text.includes('<h1>This was stopped</h1>')]).toEqual([403, true]);
  });

  test('a provider that is configured is marked; one that isn’t, and nonsense, are not', async () => {
    const other = await openProviders();
    const shown = async (value: string) =>
      marked((await new FormVisitor(other).get('/sign-in', { cookie: `mapae-method=${value}` })).text);
    expect(await shown('provider.kakao')).toEqual(['/social/kakao']);
    for (const value of ['provider.nowhere', 'provider.__proto__', 'kakao', '<b>', ''])
      expect(await shown(value)).toEqual([]);
    await other.close();
  });

  test('where there is one way in, nothing is marked; a deleted account is forgotten', async () => {
    const one = await visitor().enter('gone@example.test');
    await one.submit('/sign-out', {});
    expect(marked((await one.get('/sign-in')).text)).toEqual([]);
    await one.signIn('gone@example.test');
    expect([...one.cookies.keys()]).toContain('mapae-method');
    await one.submit('/account/data', { do: 'delete', sure: 'yes', password: PASSWORD });
    expect([...one.cookies.keys()]).not.toContain('mapae-method');
  });
});

describe('what is loaded', () => {
  test.each([
    ['alone', {}],
    ['with every provider that has a mark', { social: namedProviders() }],
  ])(
    'the first page, %s, and all that it loads is at most 30 KiB; what is loaded is kept for a year',
    async (_with, options) => {
      const other = await startPagesServer(options);
      const one = new FormVisitor(other);
      const page = await one.get('/sign-in');
      const files = [...page.text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
      expect(files).toHaveLength(3);
      let bytes = Buffer.byteLength(page.text) + sizeOf(page.headers);
      for (const path of files) {
        const file = await one.send(path, { headers: {} });
        expect(file.status).toBe(200);
        expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
        bytes += Buffer.byteLength(file.text) + sizeOf(file.headers);
      }
      expect(bytes).toBeLessThanOrEqual(30 * 1_024);
      await other.close();
    },
  );

  test('each provider has a mark beside its name, inline and hidden from readers; an own one takes its place', async () => {
    const data = '<svg xmlns="http://www.w3.org/2000/svg"/>';
    const marks = { kakao: { type: 'image/svg+xml', data } } as const;
    const other = await startPagesServer({ social: namedProviders(), pages: { marks } });
    const one = new FormVisitor(other);
    const { text } = await one.get('/sign-in');
    const buttons = [...text.matchAll(/<a class="button quiet" href="\/social\/([a-z]+)\/start">(.*?)<\/a>/g)];
    expect(buttons.map(([, id]) => id)).toEqual(Object.keys(namedProviders()));
    for (const [, id, inner = ''] of buttons)
      expect([id, /^<svg class="mark"[^>]* aria-hidden="true">|^<img class="mark"[^>]* alt=""/.test(inner)]).toEqual([
        id,
        true,
      ]);
    const own = /src="(\/assets\/mark-kakao\.[\w-]{16}\.svg)"/.exec(text)?.[1] ?? '';
    expect((await one.send(own, { headers: {} })).text).toBe(data);
    await other.close();
    const large = { ...marks.kakao, data: ' '.repeat(2_049) };
    const logo = { type: 'image/png', data: ' '.repeat(15 * 1_024) } as const;
    const most = { ...marks.kakao, data: ' '.repeat(2_000) };
    for (const pages of [
      { marks: { kakao: large } },
      { marks: { '../x': marks.kakao } },
      { logo, marks: { kakao: most } },
    ])
      await expect(startPagesServer({ pages })).rejects.toThrow(/^pages/);
  });

  test('name, logo and colours are the server’s own; a colour that can not be read is refused at start', async () => {
    const logo = { type: 'image/svg+xml', data: '<svg xmlns="http://www.w3.org/2000/svg"/>', holdsName: true } as const;
    const other = await startPagesServer({
      pages: {
        name: 'Haru & <Co>',
        logo,
        theme: { accent: '#005a9c', accentDark: '#8ab4f8', radius: 4, font: 'Pretendard, sans-serif' },
      },
    });
    const one = new FormVisitor(other);
    const { text } = await one.get('/sign-in');
    expect(text).toContain('alt="Haru &amp; &lt;Co&gt;"');
    const style = /href="(\/assets\/style[^"]+)"/.exec(text)?.[1] ?? '';
    expect((await one.send(style, { headers: {} })).text).toMatch(
      /:root\{--radius:4px;--font:Pretendard, sans-serif;--accent:#005a9c;--on-accent:#fff\}/,
    );
    const picture = /src="(\/assets\/logo[^"]+)"/.exec(text)?.[1] ?? '';
    const served = await one.send(picture, { headers: {} });
    expect(served.headers.get('content-type')).toBe('image/svg+xml');
    expect(served.headers.get('content-security-policy')).toContain('sandbox');
    await other.close();
    for (const theme of [
      { accent: '#ffff00' },
      { accentDark: '#222222' },
      { accent: 'red' },
      { font: 'x;}body{' },
      { radius: 99 },
    ])
      await expect(startPagesServer({ pages: { theme } })).rejects.toThrow(/^pages/);
  });

  test('turned off there are no pages, and the API is as it was', async () => {
    const other = await startPagesServer({ pages: false });
    const one = new FormVisitor(other);
    for (const path of ['/', '/sign-in', '/account', '/link/verify-email']) {
      const answer = await one.get(path);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    }
    expect((await one.get('/healthz')).status).toBe(200);
    await other.close();
  });
});

function sizeOf(headers: Headers): number {
  return [...headers].reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
}
