import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createDemoId } from '../../examples/notes/src/demo-id-provider.ts';
import { CLIENT, type RunningProvider, startOidcProvider } from '../../packages/server/test/social/oidc-provider.ts';
import { launchChromium } from '../support/chromium.ts';
import { freePort } from '../support/free-port.ts';
import { type PagesServer, startPagesServer } from '../support/pages-server.ts';

/** What people do with a browser that no test of addresses shows: the back button, clicks that come twice, tabs. */

let pages: PagesServer;
let browser: Browser;
let demoIdPort = 0;
let demoId: Server;
let formProvider: RunningProvider;
const contexts: BrowserContext[] = [];
const complaints: string[] = [];

/** Another site than the pages: they are at localhost. */
const demoIdOrigin = (): string => `http://127.0.0.1:${demoIdPort}`;

async function startDemoId(): Promise<void> {
  const listener = createDemoId({
    issuer: `${demoIdOrigin()}/demo-id`,
    path: '/demo-id',
    client: { id: CLIENT.id, secret: CLIENT.secret },
    redirectUri: `${pages.issuer}/social/demo-id/callback`,
  });
  demoId = createServer(listener).listen(demoIdPort, '127.0.0.1');
  await once(demoId, 'listening');
}

async function stopDemoId(): Promise<void> {
  demoId.close();
  demoId.closeAllConnections();
  await once(demoId, 'close');
}

beforeAll(async () => {
  const port = await freePort();
  demoIdPort = await freePort();
  formProvider = await startOidcProvider(`http://localhost:${port}/social/form/callback`);
  formProvider.person = { sub: 'park', email: 'park@example.test', email_verified: true };
  const client = { clientId: CLIENT.id, clientSecret: CLIENT.secret };
  pages = await startPagesServer(
    {
      social: {
        oidc: [
          { ...client, id: 'demo-id', name: 'Demo ID', issuer: `${demoIdOrigin()}/demo-id` },
          { ...client, id: 'form', name: 'Form ID', issuer: formProvider.issuer, responseMode: 'form_post' },
        ],
      },
    },
    port,
  );
  [browser] = await Promise.all([launchChromium(), startDemoId()]);
});
afterAll(async () => {
  await browser?.close();
  await stopDemoId();
  await formProvider?.close();
  await pages?.close();
});
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
  const heard = complaints.splice(0);
  if (heard.length > 0) throw new Error(heard.join('\n'));
});

async function openContext(options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ locale: 'en', ...options });
  context.setDefaultTimeout(15_000);
  contexts.push(context);
  context.on('page', (page) => {
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('response', (response) => {
      if (response.url().startsWith(pages.issuer) && response.status() >= 500)
        complaints.push(`${response.status()} ${response.url()}`);
    });
  });
  return context;
}

const account = /\/account$/;
const begin = async (page: Page, name = 'Demo ID'): Promise<void> => {
  await page.goto(`${pages.issuer}/sign-in`);
  await page.getByRole('link', { name }).click();
};
const choose = (page: Page, person: string): Promise<void> => page.getByRole('button', { name: person }).click();

/** Whose account the browser is signed in to, as the page says. */
async function signedInAs(context: BrowserContext): Promise<string> {
  const page = await context.newPage();
  await page.goto(`${pages.issuer}/account`);
  const text = (await page.locator('body').textContent()) ?? '';
  await page.close();
  return /[\w.-]+@example\.test/.exec(text)?.[0] ?? `nobody: ${page.url()}`;
}
async function cookieNames(context: BrowserContext): Promise<readonly string[]> {
  return (await context.cookies(pages.issuer)).map(({ name }) => name);
}

test.each([true, false])('the whole flow, with scripts switched on: %s', async (javaScriptEnabled) => {
  const context = await openContext({ javaScriptEnabled });
  const page = await context.newPage();
  await begin(page);
  await choose(page, 'kim@example.test');
  await page.waitForURL(account);
  expect(await signedInAs(context)).toBe('kim@example.test');
  const names = await cookieNames(context);
  expect(names).toContain('mapae-refresh');
  expect(names.some((name) => name.includes('flow'))).toBe(false);
});

test('a provider that answers by a form of its own site: the flow’s cookie comes along', async () => {
  const context = await openContext();
  const page = await context.newPage();
  // the provider's page posts itself
  await begin(page, 'Form ID');
  await page.waitForURL(account);
  expect(await signedInAs(context)).toBe('park@example.test');
});

test('back from the provider: the sign-in page is there again, and the same button works', async () => {
  const context = await openContext();
  const page = await context.newPage();
  await begin(page);
  await page.getByRole('button', { name: 'lee@example.test' }).waitFor();
  await page.goBack();
  expect(page.url()).toBe(`${pages.issuer}/sign-in`);
  await page.getByRole('link', { name: 'Demo ID' }).click();
  await choose(page, 'lee@example.test');
  await page.waitForURL(account);
  expect(await signedInAs(context)).toBe('lee@example.test');
});

test('back after the sign-in, to the provider, and through it once more: nobody is signed out, nothing is broken', async () => {
  const context = await openContext();
  const page = await context.newPage();
  await begin(page);
  await choose(page, 'kim@example.test');
  await page.waitForURL(account);
  await page.goBack({ timeout: 5_000 }).catch(() => {});
  // whatever the history holds: the provider's page, which is over, or ours
  expect(await signedInAs(context)).toBe('kim@example.test');
  if (await page.getByRole('button', { name: 'kim@example.test' }).isVisible()) {
    await choose(page, 'kim@example.test');
    await page.waitForLoadState();
  }
  expect(await signedInAs(context)).toBe('kim@example.test');
  await page.goForward().catch(() => {});
  expect(await signedInAs(context)).toBe('kim@example.test');
});

/** Walks as far as the callback's address, with the browser's own cookies, and does not ask it. */
async function untilCallback(context: BrowserContext): Promise<string> {
  const page = await context.newPage();
  await begin(page);
  await page.getByRole('button', { name: 'kim@example.test' }).waitFor();
  const chosen = await context.request.post(page.url(), { form: { person: 'kim@example.test' }, maxRedirects: 0 });
  const resumed = await context.request.get(new URL(chosen.headers()['location'] ?? '', page.url()).href, {
    maxRedirects: 0,
  });
  await page.close();
  const callback = resumed.headers()['location'] ?? '';
  expect(callback).toContain('/social/demo-id/callback?code=');
  return callback;
}

test('the callback loaded twice at once: one tab signs in, and neither ends in an error of the server', async () => {
  const context = await openContext();
  const callback = await untilCallback(context);
  const [first, second] = [await context.newPage(), await context.newPage()];
  await Promise.all([first.goto(callback), second.goto(callback)]);
  await Promise.all([first, second].map((page) => page.waitForURL(/\/(?:account|sign-in)/)));
  expect(await signedInAs(context)).toBe('kim@example.test');
  expect((await cookieNames(context)).some((name) => name.includes('flow'))).toBe(false);
});

test('the callback loaded again, later: the person stays signed in, and is told what to do', async () => {
  const context = await openContext();
  const callback = await untilCallback(context);
  const page = await context.newPage();
  await page.goto(callback);
  await page.waitForURL(account);
  await page.goto(callback);
  await page.waitForURL(/\/(?:account|sign-in\?error=state)/);
  expect(await signedInAs(context)).toBe('kim@example.test');
  // in a browser that never began: nobody is signed in, and the page says so, with the button to begin
  const stranger = await openContext();
  const other = await stranger.newPage();
  await other.goto(callback);
  await other.waitForURL(/\/sign-in\?error=state/);
  await other.getByRole('alert').waitFor();
  expect(await cookieNames(stranger)).not.toContain('mapae-refresh');
  await other.getByRole('link', { name: 'Demo ID' }).click();
  await choose(other, 'lee@example.test');
  await other.waitForURL(account);
  expect(await signedInAs(stranger)).toBe('lee@example.test');
});

test('a double click on our button, and on the provider’s: the person gets in', async () => {
  const context = await openContext();
  const page = await context.newPage();
  await page.goto(`${pages.issuer}/sign-in`);
  await page.getByRole('link', { name: 'Demo ID' }).dblclick();
  const button = page.getByRole('button', { name: 'kim@example.test' });
  await button.waitFor();
  await button.dblclick({ noWaitAfter: true });
  await page.waitForLoadState();
  // the provider may say that its page is over: the way back is ours
  if (!account.test(page.url())) {
    await page.waitForURL(account, { timeout: 3_000 }).catch(() => {});
  }
  if (!account.test(page.url())) {
    await begin(page).catch(() => page.goto(`${pages.issuer}/account`));
    if (!account.test(page.url())) await choose(page, 'kim@example.test');
  }
  expect(await signedInAs(context)).toBe('kim@example.test');
});

test.each([
  ['the first first', [0, 1]],
  ['the second first', [1, 0]],
] as const)('two tabs under way at once, %s: both come home', async (_order, order) => {
  const context = await openContext();
  const tabs = [await context.newPage(), await context.newPage()];
  for (const tab of tabs) {
    await begin(tab);
    await tab.getByRole('button', { name: 'kim@example.test' }).waitFor();
  }
  for (const n of order) {
    const tab = tabs[n];
    if (tab === undefined) throw new Error('there are two');
    await choose(tab, 'kim@example.test');
    await tab.waitForURL(account);
  }
  expect(await signedInAs(context)).toBe('kim@example.test');
  expect((await cookieNames(context)).some((name) => name.includes('flow'))).toBe(false);
});

test('two tabs, two people: the one who came last is signed in, in both', async () => {
  const context = await openContext();
  const [first, second] = [await context.newPage(), await context.newPage()];
  for (const tab of [first, second]) await begin(tab);
  await choose(first, 'kim@example.test');
  await first.waitForURL(account);
  await choose(second, 'lee@example.test');
  await second.waitForURL(account);
  await first.reload();
  for (const tab of [first, second]) expect(await tab.locator('body').textContent()).toContain('lee@example.test');
  expect(await signedInAs(context)).toBe('lee@example.test');
});

test('two tabs, one is cancelled at the provider: the other goes on', async () => {
  const context = await openContext();
  const [first, second] = [await context.newPage(), await context.newPage()];
  for (const tab of [first, second]) await begin(tab);
  await first.getByRole('button', { name: 'Cancel' }).click();
  await first.waitForURL(/\/sign-in\?error=denied/);
  await choose(second, 'lee@example.test');
  await second.waitForURL(account);
  expect(await signedInAs(context)).toBe('lee@example.test');
  // the provider knows who was chosen in this browser: the first tab's button leads home at once
  await first.getByRole('link', { name: 'Demo ID' }).click();
  await first.waitForURL(account);
  expect(await signedInAs(context)).toBe('lee@example.test');
});

test('F13: the provider goes down while the person is there: the page says so, and its button works when it is back', async () => {
  const context = await openContext();
  const callback = await untilCallback(context);
  await stopDemoId();
  const page = await context.newPage();
  await page.goto(callback);
  await page.waitForURL(/\/sign-in\?error=provider-down/);
  expect(await page.getByRole('alert').textContent()).toContain('Demo ID');
  expect(await cookieNames(context)).not.toContain('mapae-refresh');
  await startDemoId();
  await page.getByRole('link', { name: 'Demo ID' }).click();
  await choose(page, 'kim@example.test');
  await page.waitForURL(account);
  expect(await signedInAs(context)).toBe('kim@example.test');
});

test('the account page names the login that somebody came with, and keeps it as long as it is the only way in', async () => {
  const context = await openContext();
  const page = await context.newPage();
  await begin(page);
  await choose(page, 'kim@example.test');
  await page.waitForURL(account);
  // a page on the way there may ask for it twice, and the second time would interrupt what is asked for next
  await page.waitForLoadState('networkidle');
  await page.goto(`${pages.issuer}/account/security`);
  const unlink = page.getByRole('button', { name: 'Unlink: Demo ID' });
  await unlink.click();
  await page
    .getByText(/only way/i)
    .first()
    .waitFor();
  await page.goto(`${pages.issuer}/account/security`);
  expect(await unlink.count()).toBe(1);
});
