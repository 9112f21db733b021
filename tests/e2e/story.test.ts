import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { runMapae } from '../../packages/cli/test/run-mapae.ts';
import { launchChromium } from '../support/chromium.ts';
import { startDemo } from '../support/demo.ts';

let demo: Awaited<ReturnType<typeof startDemo>>;
let browser: Browser;
let context: BrowserContext;
const complaints: string[] = [];

beforeAll(async () => {
  [demo, browser] = await Promise.all([startDemo(), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});
beforeEach(async () => {
  context = await browser.newContext();
  complaints.length = 0;
});
afterEach(() => context.close());

async function open(path: string): Promise<Page> {
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push('a dialog opened');
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    // a refused call is an error line in Chromium's console, and here it is the point
    if (message.type() === 'error' && !/status of 40[01]/.test(message.text())) complaints.push(message.text());
  });
  await page.goto(`${demo.page}${path}`);
  return page;
}

async function enter(page: Page, button: 'Sign up' | 'Sign in', email: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill('correct horse battery');
  await page.getByRole('button', { name: button, exact: true }).click();
  await page.getByText('Accepted.').waitFor();
}

test('sign up, write a note, sign in on a phone, sign the first device out: its next call is refused within a second', async () => {
  const laptop = await open('/');
  await enter(laptop, 'Sign up', 'kim@example.test');
  await laptop.getByLabel('New note').fill('buy rice');
  await laptop.getByRole('button', { name: 'Add' }).click();
  await laptop.getByText('buy rice').waitFor();

  const phone = await open('/?device=phone');
  await enter(phone, 'Sign in', 'kim@example.test');
  await phone.getByText('buy rice').waitFor();
  await phone.locator('#devices li', { hasText: 'Laptop' }).getByRole('button', { name: 'Sign out' }).click();

  await laptop.getByText(/^Refused -?\d+ ms/).waitFor();
  const said = await laptop.locator('#call-text').textContent();
  expect(Number(/\d+/.exec(said ?? '')?.[0])).toBeLessThanOrEqual(1_000);
  await phone.locator('#devices li', { hasText: 'Laptop' }).waitFor({ state: 'detached' });
  await expect.poll(() => phone.getByText('Accepted.').count()).toBe(1);

  // a reload finds no session to take up again
  await laptop.reload();
  await laptop.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  expect(complaints).toEqual([]);
});

test('a role that is given from the command line is in the next token: the page says so, and nobody signs in again', async () => {
  const page = await open('/');
  await enter(page, 'Sign up', 'role@example.test');
  await page.getByText('Roles: none').waitFor();
  const remove = page.getByRole('button', { name: 'Delete all' });
  expect(await remove.isVisible()).toBe(false);
  await page.getByLabel('New note').fill('buy rice');
  await page.getByRole('button', { name: 'Add' }).click();
  await page.getByText('buy rice').waitFor();

  // the line that the start program prints
  const [, line = ''] = /npm run -s mapae -- (user roles .*)/.exec(demo.text()) ?? [];
  const args = line.replace('<your e-mail>', 'role@example.test').replaceAll("'", '').split(' ');
  const given = await runMapae('.', args);
  expect(given).toMatchObject({ code: 0, stdout: 'editor\n' });

  await page.getByText('Roles: editor').waitFor();
  await page.getByText('nobody had to sign in again').waitFor();
  await page.getByText('Accepted.').waitFor();
  expect(await page.locator('#token').textContent()).toMatch(/"roles": \[\s*"editor"/);
  await remove.click();
  await page.getByText('buy rice').waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
});

test('a reload keeps the laptop signed in by its cookie, and signs the phone out with its memory', async () => {
  const laptop = await open('/');
  await enter(laptop, 'Sign up', 'reload@example.test');
  await laptop.reload();
  await laptop.getByText('Accepted.').waitFor();
  const phone = await open('/?device=phone');
  await enter(phone, 'Sign in', 'reload@example.test');
  await phone.reload();
  await phone.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  expect(complaints).toEqual([]);
});

test('B08: no token is in reach of script, in storage, in the address or in the page', async () => {
  for (const path of ['/', '/?device=phone']) {
    const page = await open(path);
    await enter(page, path === '/' ? 'Sign up' : 'Sign in', 'b08@example.test');
    const reach = await page.evaluate(() =>
      JSON.stringify([
        document.cookie,
        Object.entries(localStorage),
        Object.entries(sessionStorage),
        location.href,
        document.documentElement.outerHTML,
      ]),
    );
    expect(reach).not.toMatch(/mr1\.|eyJ[\w-]+\.eyJ/);
  }
  const cookies = await context.cookies();
  expect(cookies.map(({ name }) => name).sort()).toEqual(['mapae-device', 'mapae-refresh']);
  for (const cookie of cookies) expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' });
});

test.each([
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  '<svg/onload=alert(1)>',
  'javascript:alert(1)',
])('B06: what people type is text, never markup: %s', async (probe) => {
  const page = await open('/');
  await enter(page, 'Sign up', `probe${Math.random().toString(36).slice(2)}@example.test`);
  await page.getByLabel('New note').fill(probe);
  await page.getByRole('button', { name: 'Add' }).click();
  await expect.poll(() => page.locator('#notes li').first().textContent()).toBe(probe);
  expect(await page.locator('#notes img, #notes script, #notes svg').count()).toBe(0);
  expect(complaints).toEqual([]);
});

test('the server’s own page signs in and leads back: the notes page is signed in as well, and signed out with it', async () => {
  const page = await open('/');
  await enter(page, 'Sign up', 'pages@example.test');
  await page.getByRole('button', { name: 'Sign out here' }).click();
  await page.getByRole('link', { name: 'Or sign in on the server’s own pages' }).click();
  await page.getByLabel('E-mail address').fill('pages@example.test');
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`${demo.page}/`);
  await page.getByText('Accepted.').waitFor();

  const account = await context.newPage();
  await page.bringToFront();
  await account.goto(
    `${((await (await fetch(`${demo.page}/config.json`)).json()) as { server: string }).server}/account/devices`,
  );
  await account.getByRole('button', { name: 'Sign out everywhere' }).click();
  await account.getByText('You are signed out everywhere.').waitFor();
  await page.getByText(/^Refused/).waitFor();
  expect(complaints).toEqual([]);
});

test('wrong credentials and short passwords are said in words, and what was typed stays', async () => {
  const page = await open('/');
  await page.getByLabel('E-mail').fill('nobody@example.test');
  await page.getByLabel('Password').fill('wrong horse battery');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText('E-mail address or password is wrong.').waitFor();
  expect(await page.getByLabel('E-mail').inputValue()).toBe('nobody@example.test');
});

test('the page answers with a strict policy and without script, and fits 320 pixels', async () => {
  const response = await fetch(demo.page);
  expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
  expect(await response.text()).not.toMatch(/<script(?! type="module" src)/);
  const page = await open('/');
  await page.setViewportSize({ width: 320, height: 640 });
  await enter(page, 'Sign up', 'narrow@example.test');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
});
