import { afterAll, describe, expect, test } from 'vitest';
import type { OAuth2Options } from '../../src/social/providers/oauth2.ts';
import { APP, routeToGeneric, startGenericStandIns } from '../social/generic-stand-ins.ts';
import { RunningClock } from '../social/running-clock.ts';
import { signedIn } from '../social/signed-in.ts';
import { openSmallBrowser } from '../social/small-browser.ts';
import {
  APP_ORIGIN,
  type Changed,
  ISSUER,
  openServer,
  shareServer,
  type UnderTest,
  verdict,
} from './server-under-test.ts';

const NOTES = `${APP_ORIGIN}/notes`;
const app = { clientId: APP.id, clientSecret: APP.secret };
const DISCORD: OAuth2Options = {
  ...app,
  id: 'discord',
  name: 'Discord',
  issuer: 'https://discord.com',
  authorizationEndpoint: 'https://discord.com/oauth2/authorize',
  tokenEndpoint: 'https://discord.com/api/oauth2/token',
  profileEndpoint: 'https://discord.com/api/users/@me',
  scopes: ['identify', 'email'],
  members: { subject: 'id', email: 'email', emailVerified: 'verified', name: 'global_name' },
};
const X: OAuth2Options = {
  ...app,
  id: 'x',
  name: 'X',
  issuer: 'https://x.com',
  authorizationEndpoint: 'https://x.com/i/oauth2/authorize',
  tokenEndpoint: 'https://api.x.com/2/oauth2/token',
  profileEndpoint: 'https://api.x.com/2/users/me?user.fields=profile_image_url',
  scopes: ['users.read', 'tweet.read'],
  members: { subject: 'data.id', name: 'data.name', picture: 'data.profile_image_url' },
};

function without(name: 'clientSecret', options: OAuth2Options): OAuth2Options {
  return Object.fromEntries(Object.entries(options).filter(([key]) => key !== name)) as unknown as OAuth2Options;
}

/** Providers whose addresses the options name: `oauth2`, and `github` with `enterpriseUrl`. */
describe('providers at addresses of their own', async () => {
  const standIns = await startGenericStandIns((id) => `${ISSUER}/social/${id === 'ghe' ? 'github' : id}/callback`);
  afterAll(() => standIns.close());
  const route = routeToGeneric(standIns);
  const options = (...oauth2: readonly OAuth2Options[]): Changed => ({
    pages: false,
    clock: new RunningClock().read,
    social: { oauth2, github: { ...app, enterpriseUrl: 'https://ghe.example.test' } },
    fetch: (input, init) => fetch(route(new Request(input).url), init),
  });
  const signIn = async (under: UnderTest, id: string) => {
    const tab = openSmallBrowser(under, ISSUER, route);
    const landing = await tab.open(`${ISSUER}/social/${id}/start?return_to=${encodeURIComponent(NOTES)}`);
    return { ...landing, tab };
  };
  const usual = shareServer(options(DISCORD, X));

  const discord = (changes: object = {}): Record<string, unknown> => ({
    id: '80351110224678912',
    username: 'nelly',
    global_name: 'Nelly',
    verified: true,
    email: 'nelly@discord.test',
    ...changes,
  });
  const people: readonly (readonly [string, Record<string, unknown>, object])[] = [
    ['discord', discord(), { email: 'nelly@discord.test', email_verified: true, name: 'Nelly' }],
    [
      'x',
      { id: '2244994945', name: 'Kim', username: 'kim', profile_image_url: 'https://p.test/x.jpg' },
      { email: null, name: 'Kim', picture: 'https://p.test/x.jpg' },
    ],
    [
      'github',
      { id: 7, login: 'kim', name: 'Kim', emails: [{ email: 'kim@corp.test', primary: true, verified: true }] },
      { email: 'kim@corp.test', email_verified: true, name: 'Kim' },
    ],
  ];
  test.each(people)(
    '%s: somebody signs in, and the second time it is the same account',
    async (id, person, account) => {
      standIns.person = person;
      const [first, second] = [await signIn(usual, id), await signIn(usual, id)];
      expect(first.url).toBe(NOTES);
      const me = await signedIn(usual, first.tab);
      expect(me).toMatchObject(account);
      expect((await signedIn(usual, second.tab)).id).toBe(me.id);
    },
  );

  test('RFC 6749 §2.3: Basic where nothing else is said, with both parts encoded; the body; nothing but the id for a public client', async () => {
    standIns.person = discord({ id: '1' });
    const none = without('clientSecret', X);
    const body: OAuth2Options = { ...DISCORD, clientAuthentication: 'client_secret_post' };
    await using other = await openServer(options(body, none));
    await signIn(usual, 'discord');
    expect(standIns.seen.authentication).toBe('basic');
    expect((await signIn(other, 'discord')).url).toBe(NOTES);
    expect(standIns.seen.authentication).toBe('body');
    standIns.person = { id: '2', name: 'Kim' };
    expect((await signIn(other, 'x')).url).toBe(NOTES);
    expect(standIns.seen.authentication).toBe('public');
  });

  const wrong: readonly (readonly [string, OAuth2Options])[] = [
    ['a wrong secret', { ...DISCORD, clientSecret: 'another' }],
    ['no secret, of a client that has one', without('clientSecret', DISCORD)],
    ['a profile at another address', { ...DISCORD, profileEndpoint: 'https://discord.com/api/users/@you' }],
    ['no scope that opens the profile', { ...DISCORD, scopes: ['email'] }],
    ['a subject that is not there', { ...DISCORD, members: { subject: 'user.id' } }],
    ['a subject from the prototype', { ...DISCORD, members: { subject: 'constructor.name' } }],
    ['a subject inside a text', { ...DISCORD, members: { subject: 'id.length' } }],
  ];
  test.each(wrong)(
    '%s: the person is told that it is the provider, the log says why, and nothing is made',
    async (_what, oauth2) => {
      standIns.person = discord({ id: '3' });
      await using under = await openServer(options(oauth2));
      expect(await verdict((await signIn(under, 'discord')).response)).toEqual([502, 'social/provider-answer']);
      expect(under.log.some(({ event, provider }) => event === 'social.failed' && provider === 'discord')).toBe(true);
      expect(under.log.some(({ event }) => event === 'sign-up.accepted')).toBe(false);
    },
  );

  test('a client id or redirect URI that the provider does not know, and PKCE switched off where it is needed, end there', async () => {
    await using under = await openServer(options({ ...DISCORD, clientId: 'another' }, { ...X, pkce: false }));
    for (const id of ['discord', 'x']) {
      const { url, response } = await signIn(under, id);
      expect([new URL(url).hostname.endsWith('x.com') || url.includes('discord.com'), response.status]).toEqual([
        true,
        400,
      ]);
    }
  });

  const unproved: readonly (readonly [string, object, OAuth2Options])[] = [
    ['that the provider says is not verified', { verified: false }, DISCORD],
    ['verified as a text', { verified: 'true' }, DISCORD],
    ['verified as a number', { verified: 1 }, DISCORD],
    ['of a provider of which nothing was said', {}, { ...DISCORD, members: { subject: 'id', email: 'email' } }],
  ];
  test.each(unproved)('F06: an address %s is nobody’s', async (_what, changes, oauth2) => {
    await using under = await openServer(options(oauth2));
    await under.signUp('victim@example.test');
    standIns.person = discord({ email: 'victim@example.test', ...changes });
    const { tab } = await signIn(under, 'discord');
    expect(await signedIn(under, tab)).toMatchObject({ email: null, email_verified: false });
  });

  test.each(['discord', 'x', 'github'])('%s: a code that was used is expired', async (id) => {
    standIns.person = discord({ emails: [] });
    const tab = openSmallBrowser(usual, ISSUER, route);
    const { url } = await tab.open(`${ISSUER}/social/${id}/start`, (next) => next.includes('/callback'));
    const changed = new URL(url);
    changed.searchParams.set('code', 'of-yesterday');
    expect(await verdict(await tab.step(changed.href))).toEqual([400, 'social/expired']);
  });

  test('F11: people of two hosts with one number are two people', async () => {
    standIns.person = { id: 42, login: 'kim', name: 'Kim', emails: [] };
    const enterprise = await signIn(usual, 'github');
    standIns.person = discord({ id: '42', email: null });
    const other = await signIn(usual, 'discord');
    expect((await signedIn(usual, enterprise.tab)).id).not.toBe((await signedIn(usual, other.tab)).id);
  });
});
