import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { axeViolations } from '../support/axe.ts';
import { launchChromium } from '../support/chromium.ts';
import { FormVisitor, PASSWORD } from '../support/form-visitor.ts';
import { type PagesServer, startPagesServer } from '../support/pages-server.ts';

const TOKENS = /mr1\.|md1\.|eyJ[\w-]+\.eyJ/;
let pages: PagesServer;
let browser: Browser;
/** A page of somebody else: what it holds is set by each test. */
let elsewhere: Server;
let elsewhereHtml = '';
let lastAddress = 0;
const contexts: BrowserContext[] = [];
let complaints: string[] = [];

beforeAll(async () => {
  elsewhere = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end(elsewhereHtml);
  }).listen(0, '127.0.0.1');
  [pages, browser] = await Promise.all([startPagesServer({ pages: { name: 'Haru Notes' } }), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await pages?.close();
  elsewhere?.close();
});
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
  complaints = [];
});

const address = (): string => `somebody${++lastAddress}@example.test`;
// another site: not the host that the pages have
const elsewhereUrl = (): string => `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;

async function open(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ locale: 'en', ...options });
  contexts.push(context);
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    // a refused form is an error line in Chromium's console
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) complaints.push(message.text());
    if (TOKENS.test(message.text())) complaints.push('a token in the console');
  });
  return page;
}

/** Signs somebody in without the forms. */
async function enter(page: Page, email = address()): Promise<string> {
  const one = await new FormVisitor(pages).enter(email);
  const cookies = [...one.cookies].map(([name, value]) => ({
    name,
    value,
    url: pages.issuer,
    sameSite: 'Strict' as const,
  }));
  await page.context().addCookies(cookies.filter(({ name }) => name === 'mapae-refresh'));
  return email;
}

/** Opens a page of ours. Its script is deferred: it has run when the document is there. */
const visit = (page: Page, path: string) => page.goto(pages.issuer + path, { waitUntil: 'domcontentloaded' });

const heading = (page: Page): Promise<string | null> => page.locator('h1').textContent();

/** What a browser hands out beside its page, and whether a token is in it. */
interface Watch {
  readonly referrers: string[];
  readonly bodies: string[];
}

function watch(page: Page): Watch {
  const seen: Watch = { referrers: [], bodies: [] };
  page.on('request', (request) => seen.referrers.push(request.headers()['referer'] ?? ''));
  page.on('response', (response) => {
    const isPage = response.headers()['content-type']?.includes('text/html') === true;
    // the mailbox shows the mails with their links
    if (isPage && response.url().startsWith(pages.issuer) && !response.url().endsWith('/dev/mailbox'))
      void response.text().then(
        (text) => seen.bodies.push(text),
        () => {},
      );
  });
  return seen;
}

test('without script: sign up, confirm, sign in, change the password, sign a device out, sign out', async () => {
  const page = await open({ javaScriptEnabled: false });
  const email = address();
  await signUp(page, email);
  await page.getByRole('link', { name: 'Open the development mailbox' }).click();
  await page.locator('article', { hasText: email }).getByRole('link').click();
  await confirmAndSignIn(page, email);
  await changeAndLeave(page, email);
  expect(complaints).toEqual([]);
});

test('with script, the same way; B08: no token is in reach of script, in storage, the history, a referrer, a page or the console', async () => {
  const page = await open();
  const email = address();
  const { referrers, bodies } = watch(page);
  await signUp(page, email);
  const link = await pages.linkFor(email, 'verify-email');
  const linkToken = link.split('token=')[1] ?? '?';
  // from the page of a web mailer, another site
  elsewhereHtml = `<a href="${link}">open</a>`;
  await page.goto(elsewhereUrl(), { waitUntil: 'domcontentloaded' });
  await page.getByRole('link').click();
  await confirmAndSignIn(page, email);
  const reach = await page.evaluate(() =>
    JSON.stringify([
      document.cookie,
      Object.entries(localStorage),
      Object.entries(sessionStorage),
      location.href,
      document.referrer,
      performance.getEntries().map(({ name }) => name),
    ]),
  );
  for (const cookie of await page.context().cookies())
    expect([cookie.name, cookie.httpOnly, cookie.path]).toEqual([cookie.name, true, '/']);
  await changeAndLeave(page, email);
  const session = await page.context().newCDPSession(page);
  const { entries } = await session.send('Page.getNavigationHistory');
  const history = entries.map(({ url }) => url).join();
  expect(history).toContain('/link/verify-email');
  expect(bodies.length).toBeGreaterThan(10);
  for (const text of [reach, history, referrers.join(), bodies.join()]) {
    expect(text).not.toMatch(TOKENS);
    expect(text).not.toContain(linkToken);
    expect(text).not.toContain(PASSWORD);
  }
  expect(JSON.stringify(pages.log)).not.toMatch(TOKENS);
  expect(JSON.stringify(pages.log)).not.toContain(linkToken);
  expect(complaints).toEqual([]);
});

async function signUp(page: Page, email: string): Promise<void> {
  await visit(page, '/');
  await page.getByRole('link', { name: 'Make an account' }).click();
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Name').fill('Kim');
  await page.getByLabel('Password', { exact: true }).fill('password1');
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByText('This password was leaked somewhere').waitFor();
  expect(await page.getByLabel('E-mail address').inputValue()).toBe(email);
  expect(await page.getByLabel('Name').inputValue()).toBe('Kim');
  expect(await page.getByLabel('Password', { exact: true }).inputValue()).toBe('');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.waitForURL('**/check-mail', { waitUntil: 'domcontentloaded' });
}

async function confirmAndSignIn(page: Page, email: string): Promise<void> {
  await page.waitForURL('**/link/verify-email', { waitUntil: 'domcontentloaded' });
  await page.getByRole('button', { name: 'Confirm the address' }).click();
  await page.getByText('Your address is confirmed.').waitFor();
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/account', { waitUntil: 'domcontentloaded' });
  await page.getByText('Confirmed', { exact: true }).waitFor();
}

async function changeAndLeave(page: Page, email: string): Promise<void> {
  await page.getByRole('link', { name: 'Security' }).click();
  await page.locator('#f-password').fill(PASSWORD);
  await page.locator('#f-new_password').fill('another horse battery');
  await page.getByRole('button', { name: 'Change the password' }).click();
  await page.getByText('every other device was signed out').waitFor();

  await new FormVisitor(pages).signIn(email, 'another horse battery');
  await page.getByRole('link', { name: 'Devices' }).click();
  await page.getByRole('button', { name: 'Sign out Unknown device' }).click();
  await page.getByText('The device is signed out.').waitFor();
  await page.getByText('You are signed in nowhere else.').waitFor();

  await page.locator('header').getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('You are signed out.').waitFor();
}

test('keyboard only: sign in, find the account, sign out; the skip link comes first and the focus is seen', async () => {
  const page = await open();
  const email = address();
  await new FormVisitor(pages).signUp(email);
  await visit(page, '/sign-in');
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
  await page.keyboard.press('Tab');
  await page.keyboard.type(email);
  // past the link beside the label
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  expect(await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle)).toBe('solid');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/account', { waitUntil: 'domcontentloaded' });
  for (let i = 0; i < 30; i++) {
    await page.keyboard.press('Tab');
    if ((await page.evaluate(() => document.activeElement?.textContent)) === 'Sign out') break;
  }
  await page.keyboard.press('Enter');
  await page.getByText('You are signed out.').waitFor();
  expect(complaints).toEqual([]);
});

test('a refusal has the focus and is what assistive technology hears of the field', async () => {
  const page = await open();
  await visit(page, '/sign-up');
  await page.getByLabel('E-mail address').fill(address());
  await page.getByLabel('Password', { exact: true }).fill('password1');
  await page.getByRole('button', { name: 'Make the account' }).click();
  const password = page.getByLabel('Password', { exact: true });
  await page.getByText('This password was leaked somewhere').waitFor();
  expect(await password.evaluate((input) => input === document.activeElement)).toBe(true);
  const describedBy = (await password.getAttribute('aria-describedby')) ?? '';
  expect(await page.locator(`#${describedBy.split(' ')[0]}`).textContent()).toMatch(/leaked/);
  expect(await page.title()).toMatch(/^Error: /);
  await visit(page, '/sign-in');
  await page.getByLabel('E-mail address').fill('nobody@example.test');
  await page.getByLabel('Password', { exact: true }).fill('a wrong password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  expect(await page.getByRole('alert').evaluate((alert) => alert === document.activeElement)).toBe(true);
});

test('R14: after signing out, the back button shows nothing of the account', async () => {
  const page = await open();
  const email = await enter(page);
  await visit(page, '/account');
  await visit(page, '/account/activity');
  await page.locator('header').getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('You are signed out.').waitFor();
  for (let i = 0; i < 2; i++) {
    await page.goBack();
    await page.waitForURL('**/sign-in*');
    expect(await page.content()).not.toContain(email);
  }
});

test('B07: no page is shown in a frame, of another origin or of our own', async () => {
  const page = await open();
  await enter(page);
  elsewhereHtml = `<iframe src="${pages.issuer}/sign-in"></iframe><iframe src="${pages.issuer}/account/devices"></iframe>`;
  await page.goto(elsewhereUrl(), { waitUntil: 'load' });
  for (const frame of page.frames().slice(1)) expect(await frame.locator('form').count()).toBe(0);
  expect(complaints.filter((one) => one.includes('frame-ancestors')).length).toBeGreaterThanOrEqual(2);
});

test('B01: a form on another site signs nobody in and changes nothing', async () => {
  const page = await open();
  const [attacker, victim] = [address(), address()];
  await new FormVisitor(pages).signUp(attacker);
  const send = async (path: string, fields: Record<string, string>): Promise<number> => {
    const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`);
    elsewhereHtml = `<form method="post" action="${pages.issuer}${path}">${inputs.join('')}<button>x</button></form>`;
    await page.goto(elsewhereUrl(), { waitUntil: 'domcontentloaded' });
    const answer = page.waitForResponse((response) => response.request().method() === 'POST');
    await page.getByRole('button').click();
    return (await answer).status();
  };
  const form = /name="form" value="([^"]+)"/.exec((await new FormVisitor(pages).get('/sign-in')).text)?.[1] ?? '';
  expect(await send('/sign-in', { email: attacker, password: PASSWORD, form })).toBe(403);
  expect((await page.context().cookies()).map(({ name }) => name)).not.toContain('mapae-refresh');
  await enter(page, victim);
  expect(await send('/account/devices', { do: 'everywhere', form })).toBe(403);
  expect(await send('/sign-out', { form })).toBe(403);
  expect(await send('/language', { locale: 'ko', page: '/', form })).toBe(403);
  await visit(page, '/account');
  expect(await page.content()).toContain(victim);
});

test('a link on another site leads into the account of who is signed in', async () => {
  const page = await open();
  await enter(page);
  elsewhereHtml = `<a href="${pages.issuer}/account/data">go</a>`;
  await page.goto(elsewhereUrl(), { waitUntil: 'domcontentloaded' });
  await page.getByRole('link').click();
  await page.getByRole('heading', { name: 'Your data', exact: true }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/account/data');
});

/** All at once: one that breaks out anywhere is seen, whichever it is. */
const PROBES = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  "'><svg/onload=alert(1)>",
  '{{7*7}}',
].join('');

test('B06: what people type is text, wherever it is shown', async () => {
  const probe = PROBES;
  const page = await open();
  const email = await enter(page);
  await visit(page, '/account');
  await page.getByLabel('Name').fill(probe);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();
  const checkNothingBrokeOut = async (): Promise<void> => {
    expect(await page.locator('img[src=x], svg[onload], main script').count()).toBe(0);
    expect(await page.content()).not.toContain('>49<');
  };
  await checkNothingBrokeOut();
  expect(await page.getByLabel('Name').inputValue()).toBe(probe);
  // a device's name and a browser's are from outside, too
  await pages.server.fetch(
    new Request(`${pages.issuer}/v1/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': probe },
      body: JSON.stringify({ email, password: PASSWORD, delivery: 'bearer', device: probe }),
    }),
  );
  await visit(page, '/account/devices');
  expect(await page.locator('li strong').allTextContents()).toContain(probe);
  await checkNothingBrokeOut();
  await visit(page, '/account/security');
  await page.locator('#f-email').evaluate((input, value) => {
    (input as HTMLInputElement).type = 'text';
    (input as HTMLInputElement).value = value;
  }, probe);
  await page.locator('#f-email-password').fill('x');
  await page.getByRole('button', { name: 'Change the address' }).click();
  await page.locator('#f-email-error').waitFor();
  expect(await page.locator('#f-email').inputValue()).toBe(probe);
  await checkNothingBrokeOut();
  const query = encodeURIComponent(probe);
  for (const path of [
    `/sign-in?return_to=${query}&error=${query}&provider=${query}`,
    `/${query}`,
    `/account/activity?before=${query}`,
    `/link/verify-email?token=${query}`,
  ]) {
    await visit(page, path);
    await checkNothingBrokeOut();
  }
  expect(complaints).toEqual([]);
});

test('Korean: the pages speak it, and the mail too', async () => {
  const page = await open({ locale: 'ko-KR' });
  const email = address();
  await visit(page, '/sign-up');
  expect(await heading(page)).toBe('계정 만들기');
  await page.getByLabel('이메일 주소').fill(email);
  await page.getByLabel('비밀번호', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: '계정 만들기' }).click();
  await page.getByText('메일을 확인해 주세요').waitFor();
  await pages.linkFor(email, 'verify-email');
  await page.getByRole('link', { name: '개발용 메일함 열기' }).click();
  await page.locator('article', { hasText: email }).getByText('이메일 주소를 확인해 주세요').waitFor();
  expect(await page.locator('html').getAttribute('lang')).toBe('ko');
});

test('what script adds: a password shown and hidden again, a rule ticked, a countdown, times of the reader', async () => {
  const page = await open({ timezoneId: 'Asia/Seoul' });
  await page.clock.install();
  await visit(page, '/sign-up');
  const password = page.getByLabel('Password', { exact: true });
  await password.fill('short');
  const rule = page.locator('#f-password-length');
  // what the eye sees by a tick, the ear is told
  const said = rule.locator('[aria-live=polite]');
  expect(await rule.getAttribute('data-met')).toBeNull();
  await password.fill('long enough');
  expect(await rule.getAttribute('data-met')).toBe('');
  expect(await said.textContent()).toBe('met');
  await page.getByRole('button', { name: 'Show' }).click();
  expect(await password.getAttribute('type')).toBe('text');
  await page.getByRole('button', { name: 'Hide' }).click();
  expect(await password.getAttribute('type')).toBe('password');
  await page.getByLabel('E-mail address').fill(address());
  await password.fill(PASSWORD);
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByRole('button', { name: /^Send again in \d+ s$/ }).waitFor();
  expect(await page.getByRole('button', { name: /^Send again/ }).isDisabled()).toBe(true);
  await page.clock.runFor(31_000);
  expect(await page.getByRole('button', { name: 'Send it again' }).isDisabled()).toBe(false);
  await enter(page);
  await visit(page, '/account');
  const time = page.locator('time').first();
  const utc = new Date((await time.getAttribute('datetime')) ?? '');
  expect(await time.textContent()).toBe(
    new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'Asia/Seoul' }).format(utc),
  );
});

// every page in every size, theme and language: matrix.long.test.ts
test.each([
  ['light', ['/sign-in?error=denied', '/sign-up', '/nowhere', '/dev/mailbox'], ['/account/activity', '/account/data']],
  ['dark', ['/sign-in'], ['/account', '/account/security', '/account/devices']],
] as const)(
  'WCAG 2.2 AA, %s, 320 pixels wide: axe finds nothing, and nothing scrolls sideways',
  async (colorScheme, outside, inside) => {
    const page = await open({ colorScheme, viewport: { width: 320, height: 640 }, bypassCSP: true });
    const found: string[] = [];
    const look = async (path: string): Promise<void> => {
      await visit(page, path);
      found.push(...(await axeViolations(page)).map((one) => `${path} ${one}`));
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      if (width > 320) found.push(`${path} is ${width} pixels wide`);
    };
    for (const path of outside) await look(path);
    await enter(page, `a-rather-long-address-that-does-not-break-anywhere-${colorScheme}@example.test`);
    for (const path of inside) await look(path);
    expect(found).toEqual([]);
  },
);
