import type { Browser, BrowserContext, Cookie, Page } from 'playwright-core';
import { chooseAtDemoId, startDemoId } from './demo-id.ts';
import { FormVisitor, PASSWORD } from './form-visitor.ts';
import { namedProviders } from './named-providers.ts';
import { type PagesServer, startPagesServer } from './pages-server.ts';

/** One state of one page. Nothing in how it is reached is a sentence: it is the same in every language. */
export interface PageState {
  readonly name: string;
  /** @param context  Empty; of the colours that are wanted. @param locale  Its language: somebody who is signed in has one of their own. */
  open(context: BrowserContext, locale: string): Promise<Page>;
}

export interface PageStates {
  readonly states: readonly PageState[];
  close(): Promise<void>;
}

const KIM = 'kim@example.test';
const LONG_EMAIL = 'maximiliane.von-und-zu-hohenstein-katzenelnbogen@a-rather-long-company-name.example.test';
const LONG_NAME = '가나다라마바사아자차카타파하'.repeat(7).slice(0, 98);
const LONG_DEVICE = '김민지의 갤럭시 탭 S9 울트라 (회사에서 받은 것) Donaudampfschifffahrtsgesellschaftskapitän-Laptop';
const DEVICES = ['Firefox on Windows', LONG_DEVICE];
/** Past the ten minutes for which a sign-in is a proof. */
const LATER_MS = 700_000;

interface Wish {
  /** Default: the first server. */
  readonly on?: PagesServer;
  readonly path: string;
  readonly as?: readonly Cookie[];
  /** Whose style, where it isn't its own. */
  readonly assets?: PagesServer;
  /** Looked at when a sign-in is no proof any more. */
  readonly isLater?: true;
  act?(page: Page): Promise<unknown>;
}

/** Servers and people in every situation for which a hosted page has a face. */
export async function openPageStates(browser: Browser): Promise<PageStates> {
  // what was sent must not grow old while pictures are taken
  let stoppedAt: number | undefined;
  let passedMs = 0;
  const demo = await startDemoId();
  const pages = await startPagesServer(
    {
      clock: () => (stoppedAt ?? Date.now()) + passedMs,
      pages: { name: 'Haru Notes', home: 'http://localhost:4902/' },
      social: { ...namedProviders(), oidc: [demo.settings] },
    },
    demo.serverPort,
  );
  const plain = await startPagesServer({ pages: { name: 'Haru Notes' } });
  let isBroken = false;
  const broken = await startPagesServer({
    random: (bytes) => {
      if (isBroken) throw new Error('no randomness');
      return crypto.getRandomValues(new Uint8Array(bytes));
    },
  });
  isBroken = true;
  const away = await startPagesServer();
  await away.server.close();

  /** Somebody's way through a browser, of which the cookies are kept. */
  const walk = async (way: (page: Page) => Promise<unknown>, before: readonly Cookie[] = []): Promise<Cookie[]> => {
    const context = await browser.newContext({ locale: 'en' });
    await context.addCookies([...before]);
    await way(await context.newPage());
    const cookies = await context.cookies();
    await context.close();
    return cookies;
  };
  const at = (path: string): string => pages.issuer + path;
  const signIn = async (page: Page, email: string): Promise<void> => {
    await page.goto(at('/sign-in?return_to=/account'));
    await send(page, { email, password: PASSWORD });
    await page.waitForURL('**/account');
  };
  const throughDemoId = async (page: Page, email: string): Promise<void> => {
    await page.goto(at('/social/demo-id/start?return_to=/account'));
    await chooseAtDemoId(page, email);
  };

  const social = await walk(async (page) => {
    await throughDemoId(page, 'lee@example.test');
    await page.waitForURL('**/account');
  });
  const one = await new FormVisitor(pages).enter(KIM);
  for (const email of ['new@example.test', LONG_EMAIL]) await new FormVisitor(pages).enter(email);
  await one.get(pathOf(pages, await pages.linkFor(KIM, 'verify-email')));
  await one.submit('/link/verify-email', {});
  const startLinking = async (page: Page, email: string): Promise<void> => {
    await page.goto(at('/account/security'));
    await send(page, { 'logins-password': PASSWORD }, 'button[name=link][value=demo-id]');
    await chooseAtDemoId(page, email);
    await page.waitForURL('**/account/link-login');
  };
  const kim = await walk((page) => signIn(page, KIM));
  const waiting = await walk((page) => startLinking(page, 'kim.private@example.test'), kim);
  const linked = await walk(async (page) => {
    await signIn(page, KIM);
    await startLinking(page, LONG_EMAIL.replace('maximiliane', 'minji'));
    await page.locator('button[value=link]').click();
    await page.waitForURL('**/account/security');
  });
  for (const device of DEVICES) await signInDevice(pages, KIM, device);
  const offered = await walk(async (page) => {
    await throughDemoId(page, KIM);
    await page.waitForURL('**/sign-in?*');
  });
  const long = await walk(async (page) => {
    await signIn(page, LONG_EMAIL);
    await send(page, { name: LONG_NAME }, 'form:has(#f-name) .button');
  });
  const fresh = await walk((page) => signIn(page, 'new@example.test'));
  const admin = pathOf(pages, pages.server.firstAdminLink ?? '');
  const linkFor = async (email: string, purpose: string): Promise<string> =>
    pathOf(pages, await pages.linkFor(email, purpose));
  await new FormVisitor(pages).submit('/forgot', { email: KIM });
  await one.signIn(KIM);
  await one.submit('/account/security', { do: 'email', email: 'moved@example.test', password: PASSWORD });

  stoppedAt = Date.now();

  const wishes: Readonly<Record<string, Wish>> = {
    'sign-in': { path: '/sign-in' },
    'sign-in-plain': { on: plain, path: '/sign-in' },
    'sign-in-last-used': { path: '/sign-in', as: linked.filter(({ name }) => name === 'mapae-method') },
    'sign-in-last-used-provider': { path: '/sign-in', as: social.filter(({ name }) => name === 'mapae-method') },
    'sign-in-refused': { path: '/sign-in', act: (page) => send(page, { email: KIM, password: 'a wrong password' }) },
    'sign-in-empty': { path: '/sign-in', act: (page) => send(page, {}) },
    'sign-in-denied': { path: '/sign-in?error=denied&provider=kakao' },
    'sign-in-offer': { path: '/sign-in?error=link-offer&provider=demo-id', as: offered },
    'sign-in-as': { path: '/sign-in', as: long },
    'sign-in-stale': {
      path: '/sign-in',
      async act(page) {
        await page.context().clearCookies();
        await send(page, { email: KIM, password: PASSWORD });
      },
    },
    'sign-up': { path: '/sign-up' },
    'sign-up-typed': {
      path: '/sign-up',
      act: (page) => page.locator('#f-password').pressSequentially('long enough'),
    },
    'sign-up-errors': {
      path: '/sign-up',
      act: (page) => send(page, { email: 'no address', name: 'x'.repeat(120), password: 'short' }),
    },
    'sign-up-known': { path: '/sign-up', act: (page) => send(page, { email: LONG_EMAIL, password: 'password1' }) },
    'check-mail': {
      path: '/sign-up',
      act: (page) => send(page, { email: `x.${LONG_EMAIL}`, password: PASSWORD }),
    },
    'check-mail-nothing': { path: '/check-mail' },
    forgot: { path: '/forgot' },
    'forgot-error': { path: '/forgot', act: (page) => send(page, { email: 'kim@' }) },
    'forgot-sent': { path: '/forgot', act: (page) => send(page, { email: 'nobody@example.test' }) },
    'verify-email': { path: await linkFor(LONG_EMAIL, 'verify-email') },
    'reset-password': { path: await linkFor(KIM, 'reset-password') },
    'reset-password-weak': {
      path: await linkFor(KIM, 'reset-password'),
      act: (page) => send(page, { password: 'abcdefgh' }),
    },
    'change-email': { path: await linkFor('moved@example.test', 'change-email') },
    'link-over': { path: '/link/verify-email?token=AAAAAAAAAAAAAAAAAAAAAA' },
    'first-admin': { path: admin, as: long },
    'sign-out': { path: '/sign-out', as: long },
    'signed-out': {
      path: '/',
      async act(page) {
        await signIn(page, KIM);
        await page.goto(at('/sign-out'));
        await press(page);
      },
    },
    'not-found': { path: '/nowhere' },
    method: { path: '/language' },
    malformed: { path: '/sign-in?return_to=%E0%A4%A' },
    forbidden: {
      path: '/account',
      as: [...kim, ...kim.filter(({ name }) => name === 'mapae-refresh').map((one) => ({ ...one, path: '/account' }))],
    },
    // what is closed serves no style either; a database that is away leaves that
    unavailable: { on: away, assets: plain, path: '/account' },
    broken: { on: broken, path: '/sign-in' },
    profile: { path: '/account', as: kim },
    'profile-unverified': { path: '/account', as: long },
    'profile-error': {
      path: '/account',
      as: kim,
      act: (page) => send(page, { name: 'x'.repeat(120) }, FORM('#f-name')),
    },
    security: { path: '/account/security', as: fresh },
    'security-linked': { path: '/account/security', as: linked },
    'security-no-password': { path: '/account/security', as: social },
    'security-no-password-later': { path: '/account/security', as: social, isLater: true },
    'security-errors': {
      path: '/account/security',
      as: kim,
      act: (page) =>
        send(page, { password: 'a wrong one', new_password: 'another horse battery' }, FORM('#f-new_password')),
    },
    'security-email-error': {
      path: '/account/security',
      as: long,
      act: (page) => send(page, { email: LONG_EMAIL, 'email-password': 'a wrong one' }, FORM('#f-email')),
    },
    'security-link-refused': {
      path: '/account/security',
      as: long,
      act: (page) => send(page, { 'logins-password': PASSWORD }, 'button[name=link][value=kakao]'),
    },
    'security-link-denied': { path: '/account/security?error=denied&provider=demo-id', as: kim },
    'link-login': { path: '/account/link-login', as: waiting },
    'link-login-nothing': { path: '/account/link-login', as: kim },
    devices: { path: '/account/devices', as: kim },
    'devices-alone': { path: '/account/devices', as: fresh },
    activity: { path: '/account/activity', as: kim },
    data: { path: '/account/data', as: kim },
    'data-errors': { path: '/account/data', as: kim, act: (page) => send(page, {}, FORM('#f-password')) },
    'data-no-password': { path: '/account/data', as: social },
    mailbox: { path: '/dev/mailbox' },
    'mailbox-empty': { on: plain, path: '/dev/mailbox' },
  };
  return {
    states: Object.entries(wishes).map(([name, { on = pages, assets, path, as = [], isLater = false, act }]) => ({
      name,
      async open(context, locale) {
        passedMs = isLater ? LATER_MS : 0;
        await context.clearCookies();
        await context.addCookies([...as]);
        const page = await context.newPage();
        if (assets !== undefined)
          await page.route('**/assets/*', async (route) =>
            route.fulfill({
              response: await route.fetch({ url: assets.issuer + new URL(route.request().url()).pathname }),
            }),
          );
        await page.goto(on.issuer + path, { waitUntil: 'load' });
        if ((await page.locator('html').getAttribute('lang')) !== locale) {
          await press(page, `footer button[value=${locale}]`);
          await page.goto(on.issuer + path, { waitUntil: 'load' });
        }
        await act?.(page);
        return page;
      },
    })),
    async close() {
      for (const server of [pages, plain, broken, away]) await server.close();
      demo.close();
    },
  };
}

const FORM = (field: string): string => `form:has(${field}) .button`;

/** Fills fields in by their ids and sends the form, however wrong it is. */
async function send(page: Page, fields: Readonly<Record<string, string>>, button?: string): Promise<void> {
  await page.evaluate(() => {
    for (const form of document.forms) form.noValidate = true;
    for (const input of document.querySelectorAll('input')) input.removeAttribute('maxlength');
  });
  for (const [id, value] of Object.entries(fields)) await page.locator(`#f-${id}`).fill(value);
  await press(page, button);
}

async function press(page: Page, button = 'main form button.wide'): Promise<void> {
  const answered = page.waitForEvent('domcontentloaded');
  await page.locator(button).first().click();
  await answered;
}

function pathOf({ issuer }: PagesServer, link: string): string {
  return link.slice(issuer.length);
}

async function signInDevice({ server, issuer }: PagesServer, email: string, device: string): Promise<void> {
  await server.fetch(
    new Request(`${issuer}/v1/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password: PASSWORD, delivery: 'bearer', device }),
    }),
  );
}
