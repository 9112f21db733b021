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

// the back button, double clicks, tabs and cancelling: tests/social/browser.long.test.ts
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
