import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { type PagesServer, startPagesServer } from '../support/pages-server.ts';

let pages: PagesServer;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  [pages, browser] = await Promise.all([startPagesServer(), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await pages?.close();
});
beforeEach(async () => {
  context = await browser.newContext();
});
afterEach(() => context.close());

test('a refused sign-up keeps what was typed but the password, names the reason by the field and has the focus there', async () => {
  const page = await context.newPage();
  await page.goto(`${pages.issuer}/sign-up`);
  await page.getByLabel('E-mail address').fill('kim@example.test');
  await page.getByLabel('Password', { exact: true }).fill('password1');
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByText('This password was leaked somewhere').waitFor();
  expect(await page.getByLabel('E-mail address').inputValue()).toBe('kim@example.test');
  const password = page.getByLabel('Password', { exact: true });
  expect(await password.inputValue()).toBe('');
  expect(await password.evaluate((input) => input === document.activeElement)).toBe(true);
  expect(await password.getAttribute('aria-describedby')).toContain('f-password-error');
});
