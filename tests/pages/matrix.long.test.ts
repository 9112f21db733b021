import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axeViolations } from '../support/axe.ts';
import { launchChromium } from '../support/chromium.ts';
import { FormVisitor } from '../support/form-visitor.ts';
import { type PagesServer, startPagesServer } from '../support/pages-server.ts';

/** Every page in every size, theme and language: `npm run test:long`. */
const PATHS = [
  ...[
    '/sign-in',
    '/sign-in?error=link-offer',
    '/sign-up',
    '/forgot',
    '/check-mail',
    '/nowhere',
    '/link/reset-password',
  ],
  ...[
    '/dev/mailbox',
    '/account',
    '/account/security',
    '/account/devices',
    '/account/activity',
    '/account/data',
    '/sign-out',
  ],
];
const WIDTHS = [320, 768, 1_280];

let pages: PagesServer;
let browser: Browser;
let cookies: FormVisitor['cookies'];
beforeAll(async () => {
  [pages, browser] = await Promise.all([startPagesServer({ pages: { name: 'Haru Notes' } }), launchChromium()]);
  const one = new FormVisitor(pages);
  await one.enter('kim@example.test');
  await new FormVisitor(pages).signIn('kim@example.test');
  await one.submit('/forgot', { email: 'kim@example.test' });
  const link = await pages.linkFor('kim@example.test', 'reset-password');
  await one.get(link.slice(pages.issuer.length));
  cookies = one.cookies;
});
afterAll(async () => {
  await browser?.close();
  await pages?.close();
});

describe.each(['en', 'ko'])('%s', (locale) => {
  test.each(['light', 'dark'] as const)(
    '%s: axe finds nothing and nothing scrolls sideways, at 320, 768 and 1,280 pixels',
    async (colorScheme) => {
      const context = await browser.newContext({ locale, colorScheme, bypassCSP: true });
      await context.addCookies([
        ...[...cookies].map(([name, value]) => ({ name, value, url: pages.issuer })),
        { name: 'mapae-language', value: locale, url: pages.issuer },
      ]);
      const page = await context.newPage();
      const found: string[] = [];
      for (const path of PATHS) {
        await page.goto(pages.issuer + path);
        for (const width of WIDTHS)
          found.push(...(await look(page, width)).map((one) => `${path} at ${width}: ${one}`));
      }
      expect(found).toEqual([]);
      await context.close();
    },
  );
});

async function look(page: Page, width: number): Promise<readonly string[]> {
  await page.setViewportSize({ width, height: 800 });
  const needed = await page.evaluate(() => document.documentElement.scrollWidth);
  return [...(await axeViolations(page)), ...(needed > width ? [`${needed} pixels wide`] : [])];
}
