// Takes the pictures of the README and the docs from the real demo and the real pages: `npm run pictures`.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';
import { type Demo, startDemo } from '../support/demo.ts';

const FOLDER = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));
const EMAIL = 'kim@example.test';
const PASSWORD = 'correct horse battery';

mkdirSync(FOLDER, { recursive: true });
const [demo, browser] = await Promise.all([startDemo(), launchChromium()]);
try {
  await pictureDemo(browser, demo);
  await picturePages(browser, demo);
} finally {
  await browser.close();
  await demo.stop();
}

/** A device is signed out by another, and its next call is refused. */
async function pictureDemo(browser: Browser, { page: address }: Demo): Promise<void> {
  const context = await browser.newContext({ locale: 'en', viewport: { width: 760, height: 720 } });
  const enter = async (path: string, button: string): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(`${address}${path}`);
    await page.getByLabel('E-mail').fill(EMAIL);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: button, exact: true }).click();
    await page.getByText('Accepted.').waitFor();
    return page;
  };
  const laptop = await enter('/', 'Sign up');
  await laptop.getByLabel('New note').fill('Buy rice');
  await laptop.getByRole('button', { name: 'Add' }).click();
  const phone = await enter('/?device=phone', 'Sign in');
  await laptop.waitForTimeout(3_000);
  await phone.locator('#devices li', { hasText: 'Laptop' }).getByRole('button', { name: 'Sign out' }).click();
  await laptop.getByText(/^Refused/).waitFor();
  await laptop.screenshot({ path: `${FOLDER}demo.png` });
  await context.close();
}

/** The hosted pages, each as somebody would come to it. */
async function picturePages(browser: Browser, demo: Demo): Promise<void> {
  const { server } = (await (await fetch(`${demo.page}/config.json`)).json()) as { readonly server: string };
  const context = await browser.newContext({ locale: 'en', viewport: { width: 1_000, height: 720 } });
  const page = await context.newPage();
  const take = (name: string) => page.screenshot({ path: `${FOLDER}${name}.png` });
  await page.goto(`${server}/sign-in?${new URLSearchParams({ return_to: `${server}/account` }).toString()}`);
  await page.getByLabel('E-mail address').fill(EMAIL);
  await take('sign-in');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/account');
  await page.goto(`${server}/account/devices`);
  await take('account-devices');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(`${server}/account/security`);
  await take('account-security-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(`${server}/dev/mailbox`);
  await take('mailbox');
  await context.close();
}
