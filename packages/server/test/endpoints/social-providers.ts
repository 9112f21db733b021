import { afterAll, describe, expect, test } from 'vitest';
import { SocialMisconfigured } from '../../src/index.ts';
import { RunningClock } from '../social/running-clock.ts';
import { signedIn } from '../social/signed-in.ts';
import { openSmallBrowser } from '../social/small-browser.ts';
import { APP, APPLE, HOSTS, ISSUERS, routeTo, type StandIns, startStandIns, TENANT } from '../social/stand-ins.ts';
import {
  APP_ORIGIN,
  ISSUER,
  openServer,
  PASSWORD,
  SAME_ORIGIN,
  shareServer,
  type Tokens,
  verdict,
} from './server-under-test.ts';

const NOTES = `${APP_ORIGIN}/notes`;
const callbackOf = (provider: string): string => `${ISSUER}/social/${provider}/callback`;
const startOf = (provider: string): string =>
  `${ISSUER}/social/${provider}/start?return_to=${encodeURIComponent(NOTES)}`;

describe('each provider as it is on the wire', async () => {
  const standIns = await startStandIns(callbackOf);
  afterAll(() => standIns.close());
  const route = routeTo(standIns);
  const clock = new RunningClock();
  const app = { clientId: APP.id, clientSecret: APP.secret };
  const native = { clientIds: ['app-of-the-phone', 'the-same-on-the-web'] };
  const social = {
    google: { ...app, native },
    apple: {
      clientId: APP.id,
      teamId: APPLE.teamId,
      keyId: APPLE.keyId,
      privateKey: APPLE.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
      native,
    },
    microsoft: app,
    kakao: { ...app, native },
    naver: app,
    line: { ...app, native },
    facebook: { ...app, limitedLogin: true, storeTokens: true },
    github: app,
  };
  const hosts = new Set<string>();
  const under = shareServer({
    pages: false,
    clock: clock.read,
    social,
    bearerOrigins: [],
    async fetch(input, init) {
      const { url } = new Request(input);
      hosts.add(new URL(url).hostname);
      return fetch(route(url), init);
    },
  });
  const browser = () => openSmallBrowser(under, ISSUER, route);

  const people: readonly (readonly [string, Record<string, unknown>, Record<string, unknown>])[] = [
    [
      'google',
      { sub: '110', email: 'kim@gmail.test', email_verified: true, name: 'Kim', picture: 'https://p.test/1' },
      { email: 'kim@gmail.test', email_verified: true, name: 'Kim', picture: 'https://p.test/1' },
    ],
    [
      'apple',
      { sub: '001.a', email: 'x@privaterelay.test', email_verified: 'true', is_private_email: 'true' },
      { email: 'x@privaterelay.test', email_verified: true, name: '미자 김' },
    ],
    [
      'microsoft',
      { sub: 'pairwise', tid: TENANT, email: 'kim@corp.test', xms_edov: '1', name: 'Kim' },
      { email: 'kim@corp.test', email_verified: true, name: 'Kim' },
    ],
    [
      'kakao',
      {
        id: 1_234_567,
        kakao_account: {
          email: 'kim@kakao.test',
          is_email_valid: true,
          is_email_verified: true,
          profile: { nickname: '미자', profile_image_url: 'http://k.test/p.jpg' },
        },
      },
      { email: 'kim@kakao.test', email_verified: true, name: '미자', picture: 'https://k.test/p.jpg', locale: 'ko' },
    ],
    [
      'naver',
      { id: '32742776', email: 'kim@naver.test', nickname: '미자', name: '김미자', profile_image: 'https://n.test/p' },
      { email: null, email_verified: false, name: '김미자', picture: 'https://n.test/p' },
    ],
    [
      'line',
      { sub: 'U4af', name: 'Kim', email: 'kim@line.test', picture: 'https://l.test/p' },
      { email: null, email_verified: false, name: 'Kim' },
    ],
    [
      'facebook',
      { id: '10158', name: 'Kim', email: 'kim@face.test', picture: { data: { url: 'https://f.test/p' } } },
      { email: null, email_verified: false, name: 'Kim', picture: 'https://f.test/p' },
    ],
    [
      'github',
      {
        id: 583_231,
        login: 'kim',
        name: null,
        email: 'public@github.test',
        emails: [
          { email: 'old@github.test', primary: false, verified: true },
          { email: 'kim@github.test', primary: true, verified: true },
        ],
      },
      { email: 'kim@github.test', email_verified: true, name: 'kim' },
    ],
  ];

  test.each(people)(
    '%s: somebody signs in, and the second time it is the same account',
    async (id, person, account) => {
      standIns.person = person;
      const tab = browser();
      expect((await tab.open(startOf(id))).url).toBe(NOTES);
      const first = await signedIn(under, tab);
      expect(first).toMatchObject(account);
      standIns.seen.userParameter = false;
      const again = browser();
      await again.open(startOf(id));
      expect((await signedIn(under, again)).id).toBe(first.id);
      standIns.seen.userParameter = true;
    },
  );

  test('only the hosts that the documentation names are asked', () => {
    for (const host of hosts) expect(HOSTS).toContain(host);
  });

  test("Apple's client secret is made anew for each request, and lives for minutes", async () => {
    standIns.person = { sub: '001.b' };
    const read = () =>
      JSON.parse(Buffer.from(standIns.seen.clientSecret.split('.')[1] ?? '', 'base64url').toString()) as {
        iat: number;
        exp: number;
      };
    await browser().open(startOf('apple'));
    const first = standIns.seen.clientSecret;
    expect(read().exp - read().iat).toBe(300);
    await browser().open(startOf('apple'));
    expect(standIns.seen.clientSecret).not.toBe(first);
    // one that was left lying about is refused by the stand-in, and that is told
    clock.pass(-3_600);
    expect(await verdict((await browser().open(startOf('apple'))).response)).toEqual([502, 'social/provider-answer']);
    clock.pass(3_600);
  });

  const unproved: readonly (readonly [string, string, Record<string, unknown>])[] = [
    ['google', 'without email_verified', { sub: 'g2', email: 'victim@example.test' }],
    ['google', 'with email_verified as a text', { sub: 'g3', email: 'victim@example.test', email_verified: 'true' }],
    [
      'microsoft',
      'without xms_edov (nOAuth)',
      { sub: 'm2', tid: TENANT, email: 'victim@example.test', email_verified: true },
    ],
    ['microsoft', 'with xms_edov 0', { sub: 'm3', tid: TENANT, email: 'victim@example.test', xms_edov: 0 }],
    [
      'github',
      'not verified',
      { id: 2, login: 'x', emails: [{ email: 'victim@example.test', primary: true, verified: false }] },
    ],
    [
      'github',
      'verified, but not primary',
      { id: 3, login: 'x', emails: [{ email: 'victim@example.test', primary: false, verified: true }] },
    ],
    [
      'kakao',
      'not verified',
      { id: 2, kakao_account: { email: 'victim@example.test', is_email_valid: true, is_email_verified: false } },
    ],
    [
      'kakao',
      'given to somebody else since',
      { id: 3, kakao_account: { email: 'victim@example.test', is_email_valid: false, is_email_verified: true } },
    ],
    ['kakao', 'not given', { id: 4, kakao_account: { email_needs_agreement: true } }],
    ['naver', 'of Naver', { id: 'n2', email: 'victim@example.test' }],
    ['line', 'of LINE', { sub: 'l2', email: 'victim@example.test' }],
    ['facebook', 'of Facebook', { id: 'f2', email: 'victim@example.test' }],
  ];
  test.each(unproved)('F06: %s, an address %s: the account of its owner is not touched', async (id, _how, person) => {
    if (!under.log.some(({ event }) => event === 'victim')) {
      under.log.push({ level: 'debug', event: 'victim' });
      await under.signUp('victim@example.test');
    }
    const owner = await under.signIn('victim@example.test');
    standIns.person = person;
    const tab = browser();
    expect((await tab.open(startOf(id))).url).toBe(NOTES);
    expect(await signedIn(under, tab)).toMatchObject({ email: null, email_verified: false });
    expect((await under.call('/v1/me', { bearer: owner.access_token })).status).toBe(200);
  });

  const strangers: readonly (readonly [string, string, Record<string, unknown>])[] = [
    ['microsoft', 'no tenant', { sub: 'm4' }],
    ['microsoft', 'a tenant that is a path', { sub: 'm5', tid: '../x' }],
    [
      'microsoft',
      "another tenant's issuer",
      { sub: 'm6', tid: TENANT, iss: 'https://login.microsoftonline.com/99999999-2222-3333-4444-555555555555/v2.0' },
    ],
    ['naver', 'no id', { email: 'x@example.test' }],
    ['github', 'no id', { login: 'x', emails: [] }],
    ['github', 'an id that is an object', { id: {}, login: 'x', emails: [] }],
    ['facebook', 'an error instead', { error: { code: 190 } }],
  ];
  test.each(strangers)('%s: %s is refused', async (id, _how, person) => {
    standIns.person = person;
    expect(await verdict((await browser().open(startOf(id))).response)).toEqual([502, 'social/provider-answer']);
  });

  test.each(['github', 'naver', 'facebook', 'kakao', 'line', 'apple'])(
    '%s: a code that was used: expired, however it is said',
    async (id) => {
      standIns.person = people.find(([name]) => name === id)?.[1] ?? {};
      const tab = browser();
      let last: readonly [string, URLSearchParams | undefined] = ['', undefined];
      await tab.open(startOf(id), (url, form) => {
        last = [url, form];
        return url.startsWith(callbackOf(id));
      });
      const [url, form] = last;
      const changed = new URL(url);
      (form ?? changed.searchParams).set('code', 'of-yesterday');
      expect(await verdict(await tab.step(changed.href, form))).toEqual([400, 'social/expired']);
    },
  );

  const lists: readonly (readonly [string, StandIns['emailsAnswer'], number, string])[] = [
    ['a scope that the person took away', { status: 404, json: { message: 'Not Found' } }, 303, ''],
    ['an app without the permission', { status: 403, json: { message: 'not accessible by integration' } }, 303, ''],
    [
      'a limit that is reached',
      { status: 403, headers: { 'x-ratelimit-remaining': '0' }, json: { message: 'API rate limit exceeded' } },
      503,
      'social/provider-down',
    ],
    [
      'a secondary limit',
      { status: 403, headers: { 'retry-after': '60' }, json: { message: 'secondary rate limit' } },
      503,
      'social/provider-down',
    ],
    ['a list of something else', { status: 200, json: [[]] }, 502, 'social/provider-answer'],
    ['an object', { status: 200, json: {} }, 502, 'social/provider-answer'],
    ['401', { status: 401, json: { message: 'Bad credentials' } }, 502, 'social/provider-answer'],
  ];
  test.each(lists)(
    'F13: github, %s instead of the addresses: no account for a moment of trouble',
    async (_what, answer, status, code) => {
      standIns.person = { id: 900 + lists.findIndex(([, one]) => one === answer), login: 'x', emails: [] };
      standIns.emailsAnswer = answer;
      const made = () => under.log.filter(({ event }) => event === 'sign-up.accepted').length;
      const before = made();
      const { url, response } = await browser().open(startOf('github'));
      standIns.emailsAnswer = undefined;
      if (status === 303) expect(url).toBe(NOTES);
      else expect(await verdict(response)).toEqual([status, code]);
      expect(made() - before).toBe(status === 303 ? 1 : 0);
    },
  );

  test('tokens of a provider are kept only where that was asked for, sealed, and handed to the application alone', async () => {
    standIns.person = { id: '777', name: 'Kim' };
    const tab = browser();
    await tab.open(startOf('facebook'));
    const { id } = await signedIn(under, tab);
    const kept = await under.server.findUpstreamTokens(id, 'facebook');
    expect(kept).toMatchObject({
      accessToken: expect.stringMatching(/^[0-9a-f]{24}$/) as unknown,
      expiresIn: 5_183_944,
    });
    expect(await under.server.findUpstreamTokens(id, 'google')).toBeUndefined();
  });

  describe('ID tokens of apps', () => {
    const now = () => Math.floor(clock.read() / 1_000);
    const claims = (id: string, changes: object = {}): Record<string, unknown> => ({
      iss: ISSUERS[id],
      aud: 'app-of-the-phone',
      sub: `native-${id}`,
      iat: now(),
      exp: now() + 600,
      ...changes,
    });
    const send = (id: string, idToken: string, more: object = {}) =>
      under.call(`/v1/social/${id}/token`, { json: { id_token: idToken, ...more } });

    const sdks: readonly (readonly [string, object, 'RS256' | 'ES256', object])[] = [
      ['google', { azp: 'the-same-on-the-web', email: 'n@gmail.test', email_verified: true }, 'RS256', {}],
      ['google', { iss: 'accounts.google.com', sub: 'short-issuer', nonce: 'n-1' }, 'RS256', { nonce: 'n-1' }],
      [
        'apple',
        { nonce: '8e4b1c', email: 'n@apple.test', email_verified: true },
        'RS256',
        { nonce: '8e4b1c', name: '미자' },
      ],
      ['line', { nonce: 'n-3' }, 'ES256', { nonce: 'n-3' }],
      ['kakao', { nonce: 'n-4', email: 'n@kakao.test' }, 'RS256', { nonce: 'n-4' }],
      ['facebook', { iss: 'https://limited.facebook.com', aud: APP.id, nonce: 'n-5' }, 'RS256', { nonce: 'n-5' }],
    ];
    test.each(sdks)('%s: %j is exchanged for tokens of ours, by bearer delivery', async (id, changes, alg, more) => {
      const answer = await send(id, standIns.idToken(claims(id, changes), alg), more);
      expect(answer.status).toBe(200);
      expect(answer.headers.getSetCookie()).toEqual([]);
      const tokens = (await answer.json()) as Tokens;
      expect(tokens.refresh_token).toMatch(/^mr1\./);
      expect((await under.call('/v1/me', { bearer: tokens.access_token })).status).toBe(200);
    });

    test('Apple: a nonce that the SDK has hashed', async () => {
      const hashed = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
      const token = standIns.idToken(claims('apple', { nonce: hashed, sub: 'hashed' }));
      expect((await send('apple', token, { nonce: 'test' })).status).toBe(200);
    });

    test('the same person by browser and by app is one account', async () => {
      standIns.person = { sub: 'both', email: 'both@gmail.test', email_verified: true };
      const tab = browser();
      await tab.open(startOf('google'));
      const { access_token: bearer } = (await (
        await send('google', standIns.idToken(claims('google', { sub: 'both' })))
      ).json()) as Tokens;
      expect(await (await under.call('/v1/me', { bearer })).json()).toMatchObject({
        id: (await signedIn(under, tab)).id,
      });
    });

    const bad: readonly (readonly [string, string, object, object])[] = [
      ['F05: for another app', 'token/audience', { aud: 'another-app' }, {}],
      ['F05: for the web client, which is not on the list', 'token/audience', { aud: APP.id }, {}],
      ['F05: with another party', 'token/azp', { azp: 'another-app' }, {}],
      ['F05: of another issuer', 'token/issuer', { iss: 'https://accounts.google.com.evil.example' }, {}],
      ['F05: expired', 'token/expired', { exp: 1 }, {}],
      ['F05: eleven minutes old', 'token/too-old', { iat: Math.floor(Date.now() / 1_000) - 700 }, {}],
      ['F05: of tomorrow', 'token/issued-in-future', { iat: Math.floor(Date.now() / 1_000) + 86_400 }, {}],
      ['F04: without the nonce', 'token/nonce', {}, { nonce: 'mine' }],
      ['F04: with another nonce', 'token/nonce', { nonce: 'yours' }, { nonce: 'mine' }],
      ['F04: with a nonce that the app does not say', 'token/nonce', { nonce: 'yours' }, {}],
      [
        'F04: with the hash of the nonce, where no SDK hashes',
        'token/nonce',
        { nonce: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' },
        { nonce: 'test' },
      ],
    ];
    test.each(bad)('%s: 401, %s', async (_how, reason, changes, more) => {
      const answer = await send('google', standIns.idToken(claims('google', changes)), more);
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ code: 'social/token', reason });
    });

    test('F04: a token with a nonce is good once', async () => {
      const token = standIns.idToken(claims('google', { nonce: 'once', sub: 'once' }));
      expect((await send('google', token, { nonce: 'once' })).status).toBe(200);
      expect(await verdict(await send('google', token, { nonce: 'once' }))).toEqual([401, 'social/token']);
    });

    test('F05: HS256 with the channel secret is for the browser, never for an app; a bent signature; no token at all', async () => {
      const hs256 = standIns.idToken(claims('line'), 'HS256');
      expect(await verdict(await send('line', hs256))).toEqual([401, 'social/token']);
      const good = standIns.idToken(claims('google'));
      const [head = '', , signature = ''] = good.split('.');
      const bent = [head, Buffer.from(JSON.stringify(claims('google', { sub: 'x' }))).toString('base64url'), signature];
      expect(await verdict(await send('google', bent.join('.')))).toEqual([401, 'social/token']);
      expect(await verdict(await send('google', 'x.y.z'))).toEqual([401, 'social/token']);
    });

    test('a provider without ID tokens, and none at all', async () => {
      expect(await verdict(await send('github', 'x'))).toEqual([404, 'social/unknown-provider']);
      expect(await verdict(await send('nobody', 'x'))).toEqual([404, 'social/unknown-provider']);
      const token = standIns.idToken(claims('google'));
      expect(await verdict(await send('google', token, { client_id: 'stranger' }))).toEqual([400, 'invalid_client']);
      expect(await verdict(await send('google', token, { resource: 'https://x.test' }))).toEqual([
        400,
        'invalid_target',
      ]);
      expect(await verdict(await send('google', token, { scope: 'x' }))).toEqual([400, 'invalid_scope']);
      const page = await under.call('/v1/social/google/token', {
        json: { id_token: token },
        headers: { origin: 'https://evil.example' },
      });
      expect(await verdict(page)).toEqual([403, 'request/bearer-origin']);
    });

    test('F07, F08: a proved address of an account with a password: an offer; the app signs in and links', async () => {
      const email = 'both-ways@example.test';
      await under.signUp(email);
      const owner = await under.signIn(email);
      await proveAddress(email);
      const idToken = standIns.idToken(claims('google', { sub: 'linked', email, email_verified: true }));
      expect(await verdict(await send('google', idToken))).toEqual([409, 'social/link-offer']);
      const link = (bearer: string, more: object = {}) =>
        under.call('/v1/me/logins', { json: { provider: 'google', id_token: idToken, ...more }, bearer });
      expect((await link(owner.access_token)).status).toBe(201);
      expect((await link(owner.access_token)).status).toBe(201);
      expect((await send('google', idToken)).status).toBe(200);
      // it is theirs, and nobody else's
      const other = (await (
        await send('google', standIns.idToken(claims('google', { sub: 'other' })))
      ).json()) as Tokens;
      expect(await verdict(await link(other.access_token))).toEqual([409, 'social/login-taken']);
    });

    /** Uses the link of the mail. */
    async function proveAddress(email: string): Promise<void> {
      await expect.poll(() => under.mails.some(({ to }) => to === email)).toBe(true);
      const token = /\?token=([\w-]{22})/.exec(under.mails.find(({ to }) => to === email)?.text ?? '')?.[1];
      expect((await under.call('/v1/email/verify', { json: { token } })).status).toBe(204);
    }

    test('linking by browser: only the session that began it may end it, with a fresh proof', async () => {
      const email = 'linker@example.test';
      await under.signUp(email);
      const { accessToken, cookie } = await under.signInCookie(email);
      const begin = (bearer: string, json: object = {}) =>
        under.call('/v1/social/google/link', { json: { return_to: NOTES, ...json }, bearer, headers: SAME_ORIGIN });
      expect(await verdict(await begin(accessToken))).toEqual([403, 'account/unverified']);
      await proveAddress(email);
      const crossSite = await under.call('/v1/social/google/link', {
        json: {},
        bearer: accessToken,
        headers: { origin: 'https://evil.example' },
      });
      expect(await verdict(crossSite)).toEqual([403, 'request/cross-origin']);
      const begun = await begin(accessToken);
      expect(begun.status).toBe(200);
      const tab = browser();
      for (const line of begun.headers.getSetCookie()) {
        const [pair = ''] = line.split(';');
        tab.setCookie(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
      }
      standIns.person = { sub: 'by-browser', email: 'elsewhere@gmail.test' };
      const { location } = (await begun.json()) as { readonly location: string };
      // F09: the address alone, in another browser, is worth nothing
      expect(await verdict((await browser().open(location)).response)).toEqual([400, 'social/state']);
      expect((await tab.open(location)).url).toBe(NOTES);
      const pending = tab.cookies();
      expect(pending).toMatch(/^__Host-mapae-pending-login=/);
      const end = (bearer: string, more: object = {}) =>
        under.call('/v1/me/logins', { json: {}, bearer, cookie: pending, headers: SAME_ORIGIN, ...more });
      // nothing is linked before the same session says so
      expect(await (await under.call('/v1/me/logins', { bearer: accessToken })).json()).toEqual({ logins: [] });
      const others = await under.signIn('victim@example.test');
      await proveAddress('victim@example.test');
      expect(await verdict(await end(others.access_token))).toEqual([400, 'social/state']);
      const anotherSession = await under.signIn(email);
      expect(await verdict(await end(anotherSession.access_token))).toEqual([400, 'social/state']);
      expect(await verdict(await end(accessToken, { cookie }))).toEqual([400, 'social/state']);
      expect(await verdict(await end(accessToken, { headers: { origin: 'https://evil.example' } }))).toEqual([
        403,
        'request/cross-origin',
      ]);
      const linked = await end(accessToken);
      expect(linked.status).toBe(201);
      const login = (await linked.json()) as { readonly id: string };
      expect(login).toMatchObject({ provider: 'google', name: 'Google', email: 'elsewhere@gmail.test' });
      await expect
        .poll(() => under.mails.some(({ to, subject }) => to === email && /login was added/.test(subject)))
        .toBe(true);
      const { logins } = (await (await under.call('/v1/me/export', { bearer: accessToken })).json()) as {
        readonly logins: readonly unknown[];
      };
      expect(logins).toHaveLength(1);
      // now it signs in
      const again = browser();
      await again.open(startOf('google'));
      expect((await signedIn(under, again)).email).toBe(email);

      // a stolen token that is older than ten minutes neither links nor unlinks
      clock.pass(601);
      const fresh = await under.call('/v1/refresh', { json: {}, cookie, headers: SAME_ORIGIN });
      const { access_token: old } = (await fresh.json()) as Tokens;
      expect(await verdict(await begin(old))).toEqual([403, 'account/proof']);
      expect(await verdict(await begin(old, { password: 'wrong' }))).toEqual([401, 'account/credentials']);
      expect((await begin(old, { password: PASSWORD })).status).toBe(200);
      const remove = (id: string, json?: object) =>
        under.call(`/v1/me/logins/${id}`, { method: 'DELETE', bearer: old, ...(json === undefined ? {} : { json }) });
      expect(await verdict(await remove(login.id))).toEqual([403, 'account/proof']);
      expect(await verdict(await remove(login.id, { password: 'wrong' }))).toEqual([401, 'account/credentials']);
      expect(await verdict(await remove('x'.repeat(22), { password: PASSWORD }))).toEqual([
        404,
        'social/login-unknown',
      ]);
      expect((await remove(login.id, { password: PASSWORD })).status).toBe(204);
      await expect
        .poll(() => under.mails.some(({ to, subject }) => to === email && /login was removed/.test(subject)))
        .toBe(true);
      clock.pass(-601);
    });

    test('the last way in stays; somebody without a password deletes the account after a fresh sign-in', async () => {
      const token = standIns.idToken(claims('google', { sub: 'only', email: 'only@gmail.test', email_verified: true }));
      const { access_token: bearer } = (await (await send('google', token)).json()) as Tokens;
      const { logins } = (await (await under.call('/v1/me/logins', { bearer })).json()) as {
        readonly logins: readonly { readonly id: string }[];
      };
      const [login] = logins;
      const removed = await under.call(`/v1/me/logins/${login?.id ?? ''}`, { method: 'DELETE', bearer });
      expect(await verdict(removed)).toEqual([409, 'social/last-credential']);
      clock.pass(601);
      const { refresh_token } = (await (
        await send('google', standIns.idToken(claims('google', { sub: 'only' })))
      ).json()) as Tokens;
      clock.pass(601);
      const { access_token: old } = (await (
        await under.call('/v1/refresh', { json: { refresh_token } })
      ).json()) as Tokens;
      expect(await verdict(await under.call('/v1/me', { method: 'DELETE', bearer: old }))).toEqual([
        403,
        'account/proof',
      ]);
      const fresh = (await (
        await send('google', standIns.idToken(claims('google', { sub: 'only' })))
      ).json()) as Tokens;
      expect((await under.call('/v1/me', { method: 'DELETE', bearer: fresh.access_token })).status).toBe(204);
      clock.pass(-1_202);
    });
  });
});

describe('options that are wrong are found when the server is made, and name provider and option', () => {
  const app = { clientId: 'x', clientSecret: 'y' };
  const cases: readonly (readonly [unknown, string, string, string])[] = [
    [{ gogle: app }, 'social-option/provider', 'gogle', ''],
    [{ google: { clientSecret: 'y' } }, 'social-option/missing', 'google', 'clientId'],
    [{ google: { clientId: 'x' } }, 'social-option/missing', 'google', 'clientSecret'],
    [{ google: { ...app, clientSecret: '' } }, 'social-option/value', 'google', 'clientSecret'],
    [{ google: { ...app, secret: 'z' } }, 'social-option/unknown', 'google', 'secret'],
    [{ google: { ...app, native: { clientIds: [] } } }, 'social-option/value', 'google', 'native.clientIds'],
    [
      { apple: { clientId: 'x', teamId: 'short', keyId: 'KEY1234567', privateKey: 'p' } },
      'social-option/value',
      'apple',
      'teamId',
    ],
    [
      { apple: { clientId: 'x', teamId: 'ABCDE12345', keyId: 'KEY1234567', privateKey: 'no key' } },
      'social-option/value',
      'apple',
      'privateKey',
    ],
    [{ microsoft: { ...app, tenant: 'contoso' } }, 'social-option/value', 'microsoft', 'tenant'],
    [{ line: app }, 'social-option/value', 'line', 'clientSecret'],
    [{ facebook: { ...app, graphVersion: '24' } }, 'social-option/value', 'facebook', 'graphVersion'],
    [{ github: { ...app, enterpriseUrl: 'http://ghe.example' } }, 'social-option/value', 'github', 'enterpriseUrl'],
    [{ oidc: app }, 'social-option/value', 'oidc', ''],
    [{ oidc: [app] }, 'social-option/missing', 'oidc', '0.id'],
    [{ oidc: [{ ...app, id: 'Corp!' }] }, 'social-option/value', 'oidc', '0.id'],
    [{ oidc: [{ ...app, id: 'corp', name: 'Corp' }] }, 'social-option/missing', 'corp', 'issuer'],
    [
      { oidc: [{ ...app, id: 'corp', name: 'Corp', issuer: 'http://id.example' }] },
      'social-option/value',
      'corp',
      'issuer',
    ],
    [
      { oidc: [{ ...app, id: 'google', name: 'G', issuer: 'https://x.example' }] },
      'social-option/twice',
      'google',
      'id',
    ],
    [
      { oidc: [1, 2].map(() => ({ ...app, id: 'a', name: 'A', issuer: 'https://a.example' })) },
      'social-option/twice',
      'a',
      'id',
    ],
    ['google', 'social-option/value', '', ''],
  ];
  test.each(cases)('%j: %s', async (social, code, provider, option) => {
    const made = openServer({ social: social as never });
    await expect(made).rejects.toMatchObject({ code, provider, option });
    await expect(made).rejects.toBeInstanceOf(SocialMisconfigured);
  });
});
