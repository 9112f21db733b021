import { afterAll, describe, expect, test } from 'vitest';
import {
  ISSUER,
  openServer,
  type Tokens,
  type UnderTest,
  verdict,
} from '../../packages/server/test/endpoints/server-under-test.ts';
import { CLIENT, startOidcProvider } from '../../packages/server/test/social/oidc-provider.ts';
import { signedIn } from '../../packages/server/test/social/signed-in.ts';
import { openSmallBrowser, type SmallBrowser } from '../../packages/server/test/social/small-browser.ts';
import { APP, HOSTS, ISSUERS, startStandIns } from '../../packages/server/test/social/stand-ins.ts';
import { type HopFault, startSteppedProxy } from '../support/stepped-proxy.ts';

/** Whatever happens between here and a provider, over real TCP, at each step of a sign-in: F13. */

const answer = (status: string, type: string, body: string): HopFault => ({
  says: `HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
});
const PAGE = '<!doctype html><title>Sign in to the wireless network</title>';

const DOWN = 'provider-down';
const WRONG = 'provider-answer';
const FAULTS: readonly (readonly [string, HopFault, string])[] = [
  ['refuses the connection', 'refused', DOWN],
  ['breaks off before the answer', 'answer lost', DOWN],
  ['breaks off within the answer', 'broken off', DOWN],
  ['hangs', 'hanging', DOWN],
  ['answers a few bytes at a time', 'dripping', DOWN],
  ['says 500', answer('500 Internal Server Error', 'text/html', PAGE), DOWN],
  ['says 503 with an empty body', answer('503 Service Unavailable', 'application/json', ''), DOWN],
  ['says 429', answer('429 Too Many Requests', 'application/json', '{}'), DOWN],
  ['is no HTTP at all', { says: 'SSH-2.0-OpenSSH_9.9\r\n' }, DOWN],
  ['answers a page with 200', answer('200 OK', 'text/html', PAGE), WRONG],
  ['answers a page with 404', answer('404 Not Found', 'text/html', PAGE), WRONG],
  ['answers a page that says it is JSON', answer('200 OK', 'application/json', PAGE), WRONG],
  ['answers JSON of another type', answer('200 OK', 'application/octet-stream', '{}'), WRONG],
  ['answers nothing', answer('200 OK', 'application/json', ''), WRONG],
  ['answers a list', answer('200 OK', 'application/json', '[[]]'), WRONG],
  ['answers null', answer('200 OK', 'application/json', 'null'), WRONG],
  [
    'leads elsewhere',
    { says: 'HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n' },
    WRONG,
  ],
  ['never stops', { saysForEver: `{"a":"${'x'.repeat(8_000)}"}` }, WRONG],
];

type WebStep = readonly [string, 'start' | 'callback', string, RegExp];

/** What is asked of whom, when: the web flow of providers that together have every step there is. */
const STEPS: readonly WebStep[] = [
  ['metadata', 'start', 'google', /openid-configuration/],
  ['token request', 'callback', 'google', /oauth2\.googleapis\.com\/token/],
  ['keys', 'callback', 'google', /v3\/certs/],
  ['token request', 'callback', 'corp', /^\/token/],
  ['UserInfo', 'callback', 'corp', /^\/me/],
  ['token request', 'callback', 'github', /access_token/],
  ['user', 'callback', 'github', /api\.github\.com\/user$/],
  ['list of addresses', 'callback', 'github', /user\/emails/],
  ['Graph', 'callback', 'facebook', /graph\.facebook\.com\/v24\.0\/me/],
  ['user', 'callback', 'kakao', /v2\/user\/me/],
  ['user', 'callback', 'naver', /nid\/me/],
];

type NativeStep = readonly [string, string, RegExp];

const NATIVE: readonly NativeStep[] = [
  ['metadata', 'google', /openid-configuration/],
  ['keys', 'google', /v3\/certs/],
  ['keys', 'facebook', /limited\.facebook\.com/],
];

const PERSON = {
  sub: '110',
  id: 110,
  login: 'kim',
  email: 'kim@example.test',
  email_verified: true,
  emails: [{ email: 'kim@example.test', primary: true, verified: true }],
  kakao_account: { email: 'kim@example.test', is_email_valid: true, is_email_verified: true },
};
const NOTES = 'https://app.example.test/notes';
const startOf = (provider: string): string =>
  `${ISSUER}/social/${provider}/start?return_to=${encodeURIComponent(NOTES)}`;
/** Ten seconds for all that a request asks of a provider, and some for a machine that has other things to do. */
const LIMIT_MS = 12_000;

async function openWorld() {
  const callbackOf = (provider: string): string => `${ISSUER}/social/${provider}/callback`;
  const standIns = await startStandIns(callbackOf);
  const hop = await startSteppedProxy(standIns.port);
  let corpHop = hop;
  const corp = await startOidcProvider(callbackOf('corp'), {}, async (port) => {
    corpHop = await startSteppedProxy(port);
    return `http://127.0.0.1:${corpHop.port}`;
  });
  standIns.person = PERSON;
  corp.person = PERSON;
  const route = (url: string): string => {
    const { hostname, pathname, search } = new URL(url);
    return HOSTS.includes(hostname) ? `http://127.0.0.1:${hop.port}/${hostname}${pathname}${search}` : url;
  };
  const app = { clientId: APP.id, clientSecret: APP.secret };
  return {
    standIns,
    route,
    hopOf: (provider: string) => (provider === 'corp' ? corpHop : hop),
    /** One that knows nothing yet of any provider. */
    open: () =>
      openServer({
        clock: Date.now,
        social: {
          google: { ...app, native: { clientIds: ['app'] } },
          github: app,
          facebook: { ...app, limitedLogin: true },
          kakao: app,
          naver: app,
          oidc: [{ id: 'corp', name: 'Corp', issuer: corp.issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret }],
        },
        fetch: (input, init) => fetch(route(new Request(input).url), init),
      }),
    async close() {
      await Promise.all([standIns.close(), corp.close(), hop.close(), corpHop === hop ? undefined : corpHop.close()]);
    },
  };
}

const accounts = ({ log }: UnderTest): number => log.filter(({ event }) => event === 'sign-up.accepted').length;

/** The page that somebody ends on, and that it is one which says what happened and leads on. */
async function checkErrorPage(tab: SmallBrowser, response: Response, provider: string, code: string): Promise<string> {
  const location = response.headers.get('location') ?? '';
  expect(location).toBe(
    `${ISSUER}/sign-in?${new URLSearchParams({ error: code, provider, return_to: NOTES }).toString()}`,
  );
  const { response: page } = await tab.open(location);
  expect(page.status).toBe(200);
  const html = await page.text();
  expect(html).toMatch(/role="alert"|class="[^"]*error/);
  const retry = /href="([^"]*\/social\/\w+\/start[^"]*)"/g;
  const links = [...html.matchAll(retry)].map(([, href = '']) => href.replaceAll('&amp;', '&'));
  const link = links.find((href) => href.includes(`/social/${provider}/start`));
  if (link === undefined) throw new Error(`no way to try again: ${links.join(' ')}`);
  return new URL(link, ISSUER).href;
}

/** Every step with one fault after the other, each on a server that knows nothing yet of any provider. */
async function failEachStep(fault: HopFault, code: string): Promise<void> {
  const world = await openWorld();
  try {
    for (const step of STEPS) await failWebStep(world, step, { fault, code });
    for (const step of NATIVE) await failNativeStep(world, step, { fault, code });
    await failRotation(world, { fault, code });
  } finally {
    await world.close();
  }
}

type World = Awaited<ReturnType<typeof openWorld>>;
interface Trouble {
  readonly fault: HopFault;
  readonly code: string;
}

/** Begins at the button of the sign-in page. @returns The answer of the step at which the fault strikes. */
async function walk(tab: SmallBrowser, provider: string, at: 'start' | 'callback', breakIt: () => Promise<void>) {
  const start = startOf(provider);
  let target = start;
  if (at === 'callback') {
    const { url } = await tab.open(start, (next) => next.startsWith(`${ISSUER}/social/${provider}/callback`));
    target = url;
  }
  await breakIt();
  const began = performance.now();
  const response = await tab.step(target);
  expect(performance.now() - began).toBeLessThan(LIMIT_MS);
  return response;
}

async function failWebStep(world: World, [step, at, provider, target]: WebStep, { fault, code }: Trouble) {
  await using under = await world.open();
  const hop = world.hopOf(provider);
  const tab = openSmallBrowser(under, ISSUER, world.route);
  let struck = (): number => 0;
  const response = await walk(tab, provider, at, async () => {
    struck = await hop.fail(target, fault);
  });
  expect([step, response.status, struck() > 0]).toEqual([step, 303, true]);
  const retry = await checkErrorPage(tab, response, provider, code);
  expect(tab.cookies()).not.toMatch(/refresh|flow/);
  expect(accounts(under)).toBe(0);
  expect(under.log.filter(({ event }) => event === 'server.error')).toEqual([]);
  await hop.heal();
  expect((await tab.open(retry)).url).toBe(NOTES);
  await signedIn(under, tab);
  expect(accounts(under)).toBe(1);
}

async function failNativeStep(world: World, [step, provider, target]: NativeStep, { fault, code }: Trouble) {
  await using under = await world.open();
  const hop = world.hopOf(provider);
  const now = Math.floor(Date.now() / 1_000);
  const idToken = world.standIns.idToken({
    iss: provider === 'facebook' ? 'https://www.facebook.com' : ISSUERS[provider],
    aud: provider === 'facebook' ? APP.id : 'app',
    sub: '110',
    nonce: 'of-the-app',
    iat: now,
    exp: now + 600,
  });
  const exchange = () =>
    under.call(`/v1/social/${provider}/token`, { json: { id_token: idToken, nonce: 'of-the-app' } });
  const struck = await hop.fail(target, fault);
  const began = performance.now();
  const refused = await verdict(await exchange());
  expect(performance.now() - began).toBeLessThan(LIMIT_MS);
  expect([step, ...refused, struck() > 0]).toEqual([step, ...(code === DOWN ? [503] : [502]), `social/${code}`, true]);
  expect(accounts(under)).toBe(0);
  await hop.heal();
  // its nonce was not spent
  const taken = await exchange();
  expect(taken.status).toBe(200);
  expect(((await taken.json()) as Tokens).refresh_token).toMatch(/^mr1\./);
  expect(accounts(under)).toBe(1);
}

/** Keys that are rotated while somebody is at the provider, and can't be fetched then. */
async function failRotation(world: World, { fault, code }: Trouble) {
  await using under = await world.open();
  const hop = world.hopOf('google');
  const first = openSmallBrowser(under, ISSUER, world.route);
  await first.open(startOf('google'));
  const tab = openSmallBrowser(under, ISSUER, world.route);
  const response = await walk(tab, 'google', 'callback', async () => {
    world.standIns.rotate();
    await hop.fail(/v3\/certs/, fault);
  });
  const retry = await checkErrorPage(tab, response, 'google', code);
  await hop.heal();
  expect((await tab.open(retry)).url).toBe(NOTES);
  expect((await signedIn(under, tab)).id).toBe((await signedIn(under, first)).id);
  expect(accounts(under)).toBe(1);
}

describe('F13: between here and the provider', () => {
  test.concurrent.each(FAULTS)(
    'something %s: the person is told, nothing is half made, and trying again works',
    async (_, fault, code) => {
      await failEachStep(fault, code);
    },
  );
});

describe('F13: between the browser and the provider', async () => {
  const world = await openWorld();
  afterAll(() => world.close());

  test.each(['refused', 'answer lost'] as const)(
    'the page of the provider does not come (%s): the browser loads it again, and the flow goes on',
    async (fault) => {
      await using under = await world.open();
      const tab = openSmallBrowser(under, ISSUER, world.route);
      const start = await tab.step(startOf('google'));
      const authorize = start.headers.get('location') ?? '';
      await world.hopOf('google').fail(/o\/oauth2\/v2\/auth/, fault);
      await expect(tab.step(authorize)).rejects.toBeInstanceOf(TypeError);
      await world.hopOf('google').heal();
      expect((await tab.open(authorize)).url).toBe(NOTES);
      await signedIn(under, tab);
    },
  );
});

describe('F13: a provider each of whose answers comes just in time', async () => {
  const world = await openWorld();
  afterAll(() => world.close());

  test('all of them together may take ten seconds, and then the person is told', async () => {
    await using under = await world.open();
    const tab = openSmallBrowser(under, ISSUER, world.route);
    const { url } = await tab.open(`${ISSUER}/social/github/start?return_to=${encodeURIComponent(NOTES)}`, (next) =>
      next.startsWith(`${ISSUER}/social/github/callback`),
    );
    await world.hopOf('github').fail(/./, 'late');
    const began = performance.now();
    const response = await tab.step(url);
    const took = performance.now() - began;
    expect(took).toBeGreaterThan(9_900);
    expect(took).toBeLessThan(LIMIT_MS);
    const retry = await checkErrorPage(tab, response, 'github', DOWN);
    // what comes after all makes nothing
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(accounts(under)).toBe(0);
    await world.hopOf('github').heal();
    expect((await tab.open(retry)).url).toBe(NOTES);
    expect(accounts(under)).toBe(1);
  });
});
