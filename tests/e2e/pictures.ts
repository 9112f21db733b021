// Takes docs/pictures/demo.png from the real demo: `node --conditions=@mapae/source tests/e2e/pictures.ts`.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';
import { startDemo } from '../support/demo.ts';

const [demo, browser] = await Promise.all([startDemo(), launchChromium()]);
try {
  const context = await browser.newContext({ viewport: { width: 760, height: 720 } });
  const enter = async (path: string, button: string): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(`${demo.page}${path}`);
    await page.getByLabel('E-mail').fill('kim@example.test');
    await page.getByLabel('Password').fill('correct horse battery');
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
  const folder = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  await laptop.screenshot({ path: `${folder}demo.png` });
} finally {
  await browser.close();
  await demo.stop();
}
