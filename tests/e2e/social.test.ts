import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { type Demo, startDemo } from '../support/demo.ts';

let demo: Demo & { stop(): Promise<void> };
let browser: Browser;
let server = '';

beforeAll(async () => {
  [demo, browser] = await Promise.all([startDemo(), launchChromium()]);
  server = /authorization server\s+(http:\S+)/.exec(demo.text())?.[1] ?? '';
});
afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

test('somebody signs in with Demo ID in a browser and is led back signed in', async () => {
  const page = await (await browser.newContext({ locale: 'en' })).newPage();
  await page.goto(`${server}/sign-in`);
  await page.getByRole('link', { name: /Demo ID/ }).click();
  await page.getByRole('button', { name: 'kim@example.test' }).click();
  await page.waitForURL(`${demo.page}/`);
  const cookies = await page.context().cookies(server);
  expect(cookies.map(({ name }) => name)).toContain('mapae-refresh');
  expect(cookies.some(({ name }) => name.includes('flow'))).toBe(false);
  await page.goto(`${server}/sign-in`);
  expect(await page.content()).toContain('kim@example.test');
});

test('whoever cancels there is told so on the sign-in page; two tabs at once both come back', async () => {
  const context = await browser.newContext({ locale: 'en' });
  const [first, second] = [await context.newPage(), await context.newPage()];
  for (const tab of [first, second]) {
    await tab.goto(`${server}/sign-in`);
    await tab.getByRole('link', { name: /Demo ID/ }).click();
    await tab.getByRole('button', { name: 'Cancel' }).waitFor();
  }
  await second.getByRole('button', { name: 'Cancel' }).click();
  await second.waitForURL(/\/sign-in\?error=denied/);
  expect(await second.content()).toContain('Demo ID');
  await first.getByRole('button', { name: 'lee@example.test' }).click();
  await first.waitForURL(`${demo.page}/`);
});

test('the account page names the login that somebody came with, and keeps it as long as it is the only way in', async () => {
  const page = await (await browser.newContext({ locale: 'en' })).newPage();
  await page.goto(`${server}/sign-in`);
  await page.getByRole('link', { name: /Demo ID/ }).click();
  await page.getByRole('button', { name: 'kim@example.test' }).click();
  await page.waitForURL(`${demo.page}/`);
  await page.goto(`${server}/account/security`);
  const unlink = page.getByRole('button', { name: 'Unlink: Demo ID' });
  await unlink.click();
  await page
    .getByText(/only way/i)
    .first()
    .waitFor();
  await page.goto(`${server}/account/security`);
  expect(await unlink.count()).toBe(1);
});
