import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axeViolations } from '../support/axe.ts';
import { launchChromium } from '../support/chromium.ts';
import { openPageStates, type PageStates } from '../support/page-states.ts';

/** Every page in every state, size, theme and language: `npm run test:long`. */
const WIDTHS = [1_280, 768, 320];

let browser: Browser;
let pages: PageStates;
beforeAll(async () => {
  browser = await launchChromium();
  pages = await openPageStates(browser);
});
afterAll(async () => {
  await pages?.close();
  await browser?.close();
});

describe.each(['en', 'ko'])('%s', (locale) => {
  test.each(['light', 'dark'] as const)(
    '%s: nothing scrolls sideways at 320, 768 and 1,280 pixels, axe finds nothing at the widest and the narrowest',
    async (colorScheme) => {
      const found: string[] = [];
      for (const { name, open } of pages.states) {
        const context = await browser.newContext({ locale, colorScheme, bypassCSP: true });
        const page = await open(context, locale);
        for (const width of WIDTHS)
          found.push(...(await look(page, width)).map((one) => `${name} at ${width}: ${one}`));
        await context.close();
      }
      expect(found).toEqual([]);
    },
    900_000,
  );
});

async function look(page: Page, width: number): Promise<readonly string[]> {
  await page.setViewportSize({ width, height: 800 });
  const needed = await page.evaluate(() => document.documentElement.scrollWidth);
  const violations = width === 768 ? [] : await axeViolations(page);
  return [...violations, ...(needed > width ? [`${needed} pixels wide`] : [])];
}
