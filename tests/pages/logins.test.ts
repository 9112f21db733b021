import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { chooseAtDemoId, type DemoIdServer, startDemoId } from '../support/demo-id.ts';
import { FormVisitor, PASSWORD } from '../support/form-visitor.ts';
import { type PagesServer, startPagesServer } from '../support/pages-server.ts';

/** Logins at another provider, in a real browser: linked from the account page, offered after a sign-in, unlinked. docs/adr/0056 */
const LINK = 'Link: Demo ID';
const UNLINK = 'Unlink: Demo ID';
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
const refreshOf = async (page: Page): Promise<string | undefined> =>
  (await page.context().cookies(pages.issuer)).find(({ name }) => name === 'mapae-refresh')?.value;

async function open(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ locale: 'en', ...options });
  contexts.push(context);
  return context.newPage();
}

/** Somebody with a password and a confirmed address, on the security page. */
async function enter(page: Page, email: string, confirmed = true): Promise<void> {
  const one = await new FormVisitor(pages).enter(email);
  if (confirmed) {
    await one.get((await pages.linkFor(email, 'verify-email')).slice(pages.issuer.length));
    await one.submit('/link/verify-email', {});
  }
  const value = one.cookies.get('mapae-refresh') ?? '';
  await page.context().addCookies([{ name: 'mapae-refresh', value, url: pages.issuer, sameSite: 'Strict' }]);
  await page.goto(`${pages.issuer}/account/security`, { waitUntil: 'domcontentloaded' });
}

async function signInByDemoId(page: Page, email: string): Promise<void> {
  await page.goto(`${pages.issuer}/sign-in`, { waitUntil: 'domcontentloaded' });
  await page.getByRole('link', { name: 'Continue with Demo ID' }).click();
  await chooseAtDemoId(page, email);
}

async function beginLink(page: Page, at: string): Promise<void> {
  await page.locator('#f-logins-password').fill(PASSWORD);
  await page.getByRole('button', { name: LINK }).click();
  await chooseAtDemoId(page, at);
}

test.each([
  ['with script', true],
  ['without script', false],
])(
  'a login is linked from the account, %s: behind the password, by a yes; it opens the account, and is unlinked behind the password',
  async (_name, javaScriptEnabled) => {
    const page = await open({ javaScriptEnabled });
    const [email, there] = [person(), person()];
    await enter(page, email);
    await page.locator('#f-logins-password').fill('a wrong password');
    await page.getByRole('button', { name: LINK }).click();
    await page.getByText('That is not your password.').waitFor();
    expect(await page.locator('#f-logins-password').evaluate((input) => input === document.activeElement)).toBe(true);
    await beginLink(page, there);
    await page.getByRole('heading', { name: 'Link Demo ID?' }).waitFor();
    await page.getByText(there).waitFor();
    await page.getByText(email).waitFor();
    expect(page.url()).toBe(`${pages.issuer}/account/link-login`);
    await page.getByRole('button', { name: 'Link it', exact: true }).click();
    await page.getByText('The login is linked to your account.').waitFor();
    expect(await page.getByRole('button', { name: LINK }).count()).toBe(0);
    // a visit later there is nothing left to say yes to
    await page.goto(`${pages.issuer}/account/link-login`);
    await page.getByText('Nothing waits to be linked').first().waitFor();

    const other = await open({ javaScriptEnabled });
    await signInByDemoId(other, there);
    await other.waitForURL('**/account');
    await other.getByText(email).first().waitFor();
    // and this browser keeps which way that was
    await other.locator('header').getByRole('button', { name: 'Sign out' }).click();
    await other.getByText('You are signed out.').waitFor();
    await other.getByRole('link', { name: 'Continue with Demo ID Last used' }).waitFor();

    await page.goto(`${pages.issuer}/account/security`);
    await page.locator('#f-logins-password').fill('a wrong password');
    await page.getByRole('button', { name: UNLINK }).click();
    await page.getByText('That is not your password.').waitFor();
    await page.locator('#f-logins-password').fill(PASSWORD);
    await page.getByRole('button', { name: UNLINK }).click();
    await page.getByText('The login is no longer linked.').waitFor();
    await page.getByRole('button', { name: LINK }).waitFor();
  },
);

test('the offer: a known address brings no error and no login, but links after the password, and says so', async () => {
  const page = await open();
  const email = person();
  await enter(await open(), email);
  await signInByDemoId(page, email);
  await page.getByText('There is an account with this address already.').waitFor();
  expect(await page.title()).not.toMatch(/^Error/);
  expect(await refreshOf(page)).toBeUndefined();
  expect(await page.getByLabel('E-mail address').inputValue()).toBe(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/account');
  await page.getByText('The login is linked to your account.').waitFor();
  const other = await open();
  await signInByDemoId(other, email);
  await other.waitForURL('**/account');
  await other.getByText(email).first().waitFor();
});

test('the offer is for the account’s owner: whoever signs in as somebody else after it links nothing', async () => {
  const page = await open();
  const [email, other] = [person(), person()];
  await enter(await open(), email);
  await enter(await open(), other);
  await signInByDemoId(page, email);
  await page.getByLabel('E-mail address').fill(other);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/account');
  expect(await page.getByText('The login is linked').count()).toBe(0);
  await page.goto(`${pages.issuer}/account/security`);
  expect(await page.getByRole('button', { name: UNLINK }).count()).toBe(0);
});

test('RFC 9700 §4.7: a login that waits in one browser is linked by nobody else’s session', async () => {
  const [page, thief] = [await open(), await open()];
  await enter(page, person());
  await beginLink(page, person());
  await page.getByRole('heading', { name: 'Link Demo ID?' }).waitFor();
  await enter(thief, person());
  const waiting = (await page.context().cookies()).filter(({ name }) => name.includes('pending'));
  expect(waiting.map(({ httpOnly, sameSite }) => [httpOnly, sameSite])).toEqual([[true, 'Strict']]);
  await thief.context().addCookies(waiting);
  await thief.goto(`${pages.issuer}/account/link-login`);
  await thief.getByText('Nothing waits to be linked').first().waitFor();
  expect(await thief.getByRole('button', { name: 'Link it' }).count()).toBe(0);
  // no is an answer, too
  await page.getByRole('button', { name: 'Don’t link it' }).click();
  await page.getByRole('button', { name: LINK }).waitFor();
  expect((await page.context().cookies()).some(({ name }) => name.includes('pending'))).toBe(false);
});

test('whoever cancels at the provider is back in the account, still signed in, and is told so by the logins', async () => {
  const page = await open();
  await enter(page, person());
  await page.locator('#f-logins-password').fill(PASSWORD);
  await page.getByRole('button', { name: LINK }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.waitForURL('**/account/security?*');
  await page.getByRole('alert').getByText('You did not allow it at Demo ID.').waitFor();
  await page.getByRole('button', { name: LINK }).waitFor();
});

test('the Enter key in the password links and unlinks nothing; an address that nobody confirmed links nothing', async () => {
  const page = await open();
  await enter(page, person(), false);
  await page.locator('#f-logins-password').fill(PASSWORD);
  const posts: string[] = [];
  page.on('request', (request) => request.method() === 'POST' && posts.push(request.url()));
  await page.locator('#f-logins-password').press('Enter');
  await page.getByRole('button', { name: LINK }).click();
  await page.getByText('Confirm your e-mail address first.').waitFor();
  expect(posts).toHaveLength(1);
});

test('without a password a sign-in of a moment ago is the proof; later one signs in once more, by the same provider', async () => {
  const page = await open();
  const email = person();
  await signInByDemoId(page, email);
  await page.waitForURL('**/account');
  await page.goto(`${pages.issuer}/account/security`);
  await page.getByRole('button', { name: UNLINK }).click();
  await page.getByText('This is the only way into your account.').waitFor();
  passedMs = 700_000;
  await page.getByRole('button', { name: UNLINK }).click();
  await page.getByRole('alert').getByText('sign in once more').waitFor();
  const again = page.getByRole('link', { name: 'Continue with Demo ID' });
  expect(await again.getAttribute('href')).toBe('/social/demo-id/start?return_to=%2Faccount%2Fsecurity');
});
