import type { BrowserContext, Page } from 'playwright-core';
import { startDemo } from './demo.ts';
import { PASSWORD } from './form-visitor.ts';
import type { PageState, PageStates } from './page-states.ts';

/** The demo's page in its situations: before a sign-in, refused, signed in, and signed out by another device. */
export async function openDemoStates(): Promise<PageStates> {
  const demo = await startDemo();
  let lastPerson = 0;
  const start = async (context: BrowserContext): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(demo.page);
    await page.locator('#sign-in').waitFor();
    return page;
  };
  const send = async (page: Page, email: string, button: string): Promise<void> => {
    await page.locator('[name=email]').fill(email);
    await page.locator('[name=password]').fill(PASSWORD);
    await page.locator(`button[value=${button}]`).click();
  };
  const enter = async (context: BrowserContext): Promise<Page> => {
    const page = await start(context);
    await send(page, `person${++lastPerson}@example.test`, 'sign-up');
    await page.locator('#calls li').first().waitFor();
    return page;
  };
  const states: readonly PageState[] = [
    { name: 'demo-sign-in', open: start },
    {
      name: 'demo-refused',
      async open(context) {
        const page = await start(context);
        await send(page, 'nobody@example.test', 'sign-in');
        await page.locator('#message').waitFor();
        return page;
      },
    },
    {
      name: 'demo-inside',
      async open(context) {
        const page = await enter(context);
        await page.locator('#note input').fill('Buy rice, and something for the neighbours’ cat');
        await page.locator('#note button').click();
        await page.locator('#notes li').waitFor();
        return page;
      },
    },
    {
      name: 'demo-signed-out',
      async open(context) {
        const page = await enter(context);
        await page.locator('#sign-out').click();
        await page.locator('#inside').waitFor({ state: 'hidden' });
        return page;
      },
    },
  ];
  return { states, close: () => demo.stop() };
}
