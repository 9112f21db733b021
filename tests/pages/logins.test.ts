import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { chooseAtDemoId, type DemoIdServer, startDemoId } from '../support/demo-id.ts';
import { FormVisitor, PASSWORD } from '../support/form-visitor.ts';
import { type PagesServer, startPagesServer } from '../support/pages-server.ts';

/** Logins at another provider, in a real browser: linked from the account page, offered after a sign-in, unlinked. docs/adr/0056 */
const LINK = { name: 'Link: Demo ID', exact: true };
const UNLINK = { name: 'Unlink: Demo ID', exact: true };
let demo: DemoIdServer;
let pages: PagesServer;
let browser: Browser;
let passedMs = 0;
let lastPerson = 0;
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  demo = await startDemoId();
  [pages, browser] = await Promise.all([
    startPagesServer({ social: { oidc: [demo.settings] }, clock: () => Date.now() + passedMs }, demo.serverPort),
    launchChromium(),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await pages?.close();
  demo?.close();
});
afterEach(async () => {
  passedMs = 0;
  for (const context of contexts.splice(0)) await context.close();
});

const person = (): string => `person${++lastPerson}@example.test`;

async function open(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ locale: 'en', ...options });
  contexts.push(context);
  return context.newPage();
}

/** Somebody with a password, and a confirmed address unless said otherwise. */
async function enter(email: string, isConfirmed = true): Promise<FormVisitor> {
  const one = await new FormVisitor(pages).enter(email);
  if (!isConfirmed) return one;
  await one.get((await pages.linkFor(email, 'verify-email')).slice(pages.issuer.length));
  await one.submit('/link/verify-email', {});
  return one;
}

/** Begins to link, and goes to the provider and back. @returns Where that leads. */
async function beginLink(one: FormVisitor, who: string | undefined): Promise<string> {
  const begun = await one.submit('/account/security', { do: 'logins', link: 'demo-id', password: PASSWORD });
  const [, address = ''] = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(begun.text) ?? [];
  expect([begun.status, begun.headers.get('content-security-policy')?.includes("form-action 'self';")]).toEqual([
    200,
    true,
  ]);
  return passDemoId(one, address.replaceAll('&amp;', '&'), who);
}

/** Signs in at the provider. @param who  An address; undefined cancels there. @returns Where the callback leads. */
async function passDemoId(one: FormVisitor, start: string, who: string | undefined): Promise<string> {
  const jar = new Map<string, string>();
  const ask = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const cookie = [...jar].map((pair) => pair.join('=')).join('; ');
    const response = await fetch(url, { ...init, headers: { cookie }, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(name, value);
    }
    return response;
  };
  let at = start;
  while (!at.startsWith(pages.issuer)) {
    const isQuestion = at.includes('/who/');
    const body = new URLSearchParams(who === undefined ? {} : { email: who });
    const response = await ask(at, isQuestion ? { method: 'POST', body } : {});
    at = new URL(response.headers.get('location') ?? '', at).href;
  }
  const back = await one.get(at.slice(pages.issuer.length), { 'sec-fetch-site': 'cross-site' });
  return (back.location ?? '').replace(pages.issuer, '');
}

async function signInByDemoId(one: FormVisitor, who: string): Promise<string> {
  const { location } = await one.get('/social/demo-id/start?return_to=/account');
  return passDemoId(one, location ?? '', who);
}

describe('linking, by forms', () => {
  test('a visit links nothing; a yes does, once; a no drops what waits', async () => {
    const one = await enter(person());
    const there = person();
    expect(await beginLink(one, there)).toBe('/account/link-login');
    expect((await one.get('/account/link-login')).text).toContain(there);
    expect((await one.get('/account/security')).text).toContain('name="link" value="demo-id"');
    expect((await one.submit('/account/link-login', { do: 'no' })).location).toBe('/account/security');
    expect((await one.get('/account/link-login')).status).toBe(400);
    await beginLink(one, there);
    expect((await one.submit('/account/link-login', { do: 'link' })).location).toBe('/account/security');
    const shown = (await one.get('/account/security')).text;
    expect([shown.includes('linked to your account'), shown.includes('name="link" value="demo-id"')]).toEqual([
      true,
      false,
    ]);
    expect((await one.submit('/account/link-login', { do: 'link' })).status).toBe(400);
  });

  test('RFC 9700 §4.7: what waits in one browser is linked by nobody else, and by no other session of the same person', async () => {
    const email = person();
    const one = await enter(email);
    await beginLink(one, person());
    const pending = [...one.cookies].find(([name]) => name.includes('pending')) ?? ['', ''];
    const [stranger, other] = [await enter(person()), new FormVisitor(pages)];
    await other.signIn(email);
    for (const thief of [stranger, other]) thief.cookies.set(...pending);
    expect((await stranger.submit('/account/link-login', { do: 'link' })).status).toBe(400);
    const refused = await other.submit('/account/link-login', { do: 'link' });
    expect([refused.status, refused.text.includes('begun elsewhere')]).toEqual([400, true]);
    for (const thief of [stranger, other])
      expect((await thief.get('/account/security')).text).toContain('name="link" value="demo-id"');
  });

  test('a login that belongs to another account stays there, and that is said', async () => {
    const there = person();
    await signInByDemoId(new FormVisitor(pages), there);
    const one = await enter(person());
    await beginLink(one, there);
    const refused = await one.submit('/account/link-login', { do: 'link' });
    expect([refused.status, refused.text.includes('belongs to another account')]).toEqual([409, true]);
  });

  test('whoever cancels at the provider is led back to the account, and is told so by the logins', async () => {
    const one = await enter(person());
    const led = await beginLink(one, undefined);
    expect(led).toMatch(/^\/sign-in\?error=denied&provider=demo-id/);
    const back = await one.get(led);
    expect([back.status, back.location?.split('?')[0]]).toEqual([303, '/account/security']);
    expect((await one.get(back.location ?? '')).text).toMatch(/role="alert"[^>]*>You did not allow it at Demo ID/);
  });

  test.each([
    ['no password', {}, 422, 'Please type your password.'],
    ['a wrong password', { password: 'a wrong password' }, 401, 'That is not your password.'],
    ['a provider that isn’t there', { password: PASSWORD, link: 'nowhere' }, 404, 'There is no such provider here.'],
  ])('with %s nothing is begun', async (_with, fields, status, words) => {
    const one = await enter(person());
    const refused = await one.submit('/account/security', { do: 'logins', link: 'demo-id', ...fields });
    expect([refused.status, refused.text.includes(words), refused.text.includes('http-equiv')]).toEqual([
      status,
      true,
      false,
    ]);
    expect([...one.cookies.keys()].filter((name) => name.includes('flow'))).toEqual([]);
  });

  test('an address that nobody has confirmed links nothing', async () => {
    const one = await enter(person(), false);
    const refused = await one.submit('/account/security', { do: 'logins', link: 'demo-id', password: PASSWORD });
    expect([refused.status, refused.text.includes('Confirm your e-mail address first.')]).toEqual([403, true]);
  });

  test('without a password a sign-in of a moment ago is the proof; later one signs in once more, by the same provider', async () => {
    const one = new FormVisitor(pages);
    await signInByDemoId(one, person());
    const [, login = ''] = /name="login" value="([^"]+)"/.exec((await one.get('/account/security')).text) ?? [];
    const unlink = { do: 'logins', login };
    const only = await one.submit('/account/security', unlink);
    expect([only.status, only.text.includes('This is the only way into your account.')]).toEqual([409, true]);
    passedMs = 700_000;
    const late = await one.submit('/account/security', unlink);
    expect([late.status, late.text.includes('href="/social/demo-id/start?return_to=%2Faccount%2Fsecurity"')]).toEqual([
      403,
      true,
    ]);
  });

  test('the offer is for the owner of the account: whoever signs in as somebody else after it links nothing', async () => {
    const [email, other] = [person(), person()];
    await enter(email);
    await enter(other);
    const one = new FormVisitor(pages);
    expect(await signInByDemoId(one, email)).toMatch(/^\/sign-in\?error=link-offer/);
    await one.signIn(other);
    const shown = (await one.get('/account/security')).text;
    expect([shown.includes('linked to your account'), shown.includes('name="link" value="demo-id"')]).toEqual([
      false,
      true,
    ]);
  });
});

test('in a browser without script: linked behind the password, by a yes; the login opens the account, is remembered as the way in, and is unlinked behind the password', async () => {
  const page = await open({ javaScriptEnabled: false });
  const [email, there] = [person(), person()];
  const value = (await enter(email)).cookies.get('mapae-refresh') ?? '';
  await page.context().addCookies([{ name: 'mapae-refresh', value, url: pages.issuer, sameSite: 'Strict' }]);
  await page.goto(`${pages.issuer}/account/security`, { waitUntil: 'domcontentloaded' });
  const password = page.locator('#f-logins-password');
  await password.fill('a wrong password');
  await page.getByRole('button', LINK).click();
  await page.getByText('That is not your password.').waitFor();
  expect(await page.locator('#f-logins-password:focus').count()).toBe(1);
  // of many buttons the Enter key means none
  const posts: string[] = [];
  page.on('request', (request) => request.method() === 'POST' && posts.push(request.url()));
  await password.fill(PASSWORD);
  await password.press('Enter');
  await page.getByRole('button', LINK).click();
  await chooseAtDemoId(page, there);
  await page.getByRole('heading', { name: 'Link Demo ID?' }).waitFor();
  expect(posts.filter((url) => url.startsWith(pages.issuer))).toHaveLength(1);
  expect(page.url()).toBe(`${pages.issuer}/account/link-login`);
  for (const who of [there, email]) await page.getByText(who).waitFor();
  await page.getByRole('button', { name: 'Link it', exact: true }).click();
  await page.getByText('The login is linked to your account.').waitFor();
  await password.fill('a wrong password');
  await page.getByRole('button', UNLINK).click();
  await page.getByText('That is not your password.').waitFor();

  await page.locator('header').getByRole('button', { name: 'Sign out' }).click();
  // the provider still knows who this is
  await page.getByRole('link', { name: 'Continue with Demo ID' }).click();
  await page.waitForURL('**/account', { waitUntil: 'domcontentloaded' });
  await page.getByText(email).first().waitFor();
  await page.getByRole('link', { name: 'Security' }).click();
  await password.fill(PASSWORD);
  await page.getByRole('button', UNLINK).click();
  await page.getByText('The login is no longer linked.').waitFor();
  await page.getByRole('button', LINK).waitFor();
  await page.locator('header').getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Continue with Demo ID Last used' }).waitFor();
});

test('in a browser: a known address brings no error and no session but an offer; after the password the login is linked, and that is said', async () => {
  const page = await open();
  const email = person();
  await enter(email);
  await page.goto(`${pages.issuer}/sign-in`, { waitUntil: 'domcontentloaded' });
  await page.getByRole('link', { name: 'Continue with Demo ID' }).click();
  await chooseAtDemoId(page, email);
  await page.getByText('There is an account with this address already.').waitFor();
  expect(await page.title()).not.toMatch(/^Error/);
  expect((await page.context().cookies()).map(({ name }) => name)).not.toContain('mapae-refresh');
  expect(await page.getByLabel('E-mail address').inputValue()).toBe(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/account', { waitUntil: 'domcontentloaded' });
  await page.getByText('The login is linked to your account.').waitFor();
  const another = new FormVisitor(pages);
  expect(await signInByDemoId(another, email)).toBe('/account');
  expect((await another.get('/account')).text).toContain(email);
});
