import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { CALLBACK, demoAt, NOTES, newPeople, START, STARTS_AT_NOTES, toCallback } from '../social/demo.ts';
import { forge, startMockIssuer } from '../social/mock-issuer.ts';
import { CLIENT, startOidcProvider } from '../social/oidc-provider.ts';
import { RunningClock } from '../social/running-clock.ts';
import { signedIn } from '../social/signed-in.ts';
import { openSmallBrowser, type SmallBrowser } from '../social/small-browser.ts';
import { APP_ORIGIN, ISSUER, openServer, PASSWORD, shareServer, type UnderTest, verdict } from './server-under-test.ts';

const untilCallback = async (tab: SmallBrowser, start: string): Promise<string> => (await toCallback(tab, start)).url;

describe('sign-in through an OpenID Connect provider (oidc-provider)', async () => {
  const provider = await startOidcProvider(CALLBACK);
  afterAll(() => provider.close());
  const clock = new RunningClock();
  const other = { ...CLIENT, id: 'other' };
  const demo = demoAt(provider.issuer);
  const under = shareServer({
    pages: false,
    clock: clock.read,
    social: { oidc: [demo, { ...demo, id: 'second', name: 'Second', clientId: other.id }] },
  });
  const person = newPeople(provider);
  const browser = (): SmallBrowser => openSmallBrowser(under, ISSUER);

  test('it is listed, under its name', async () => {
    const answer = await under.call('/v1/social');
    expect(await answer.json()).toMatchObject({ providers: [{ id: 'demo', name: 'Demo', native: false }, {}] });
  });

  test('the authorization request has state, nonce and S256, the one redirect URI, and nothing that repeats', async () => {
    const [first, second] = [await browser().step(STARTS_AT_NOTES), await browser().step(STARTS_AT_NOTES)].map(
      (response) => new URL(response.headers.get('location') ?? ''),
    );
    const parameters = Object.fromEntries(first?.searchParams ?? []);
    expect(parameters).toMatchObject({
      client_id: CLIENT.id,
      redirect_uri: CALLBACK,
      response_type: 'code',
      code_challenge_method: 'S256',
      scope: 'openid email profile',
    });
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(parameters[name]).toMatch(/^[\w-]{22,43}$/);
      expect(second?.searchParams.get(name)).not.toBe(parameters[name]);
    }
  });

  test('B05: what a flow leaves in the browser is sealed, for this host alone, for ten minutes', async () => {
    const response = await browser().step(STARTS_AT_NOTES);
    const [cookie = ''] = response.headers.getSetCookie();
    expect(cookie).toMatch(
      /^__Host-mapae-flow-[\w-]{12}=[\w-]{6}\.[\w-]+; HttpOnly; SameSite=Lax; Path=\/; Max-Age=600; Secure$/,
    );
    const state = new URL(response.headers.get('location') ?? '').searchParams.get('state') ?? '?';
    expect(cookie).not.toContain(state);
    expect(cookie.length).toBeLessThan(1_500);
  });

  test('a person comes back signed in, with an account of their own, and the second time to the same', async () => {
    const { email } = person();
    const tab = browser();
    expect((await tab.open(STARTS_AT_NOTES)).url).toBe(NOTES);
    expect(tab.cookies()).toMatch(/^__Host-mapae-refresh=mr1\.[^;]+$/);
    const account = await signedIn(under, tab);
    expect(account).toMatchObject({ email, email_verified: true, name: provider.person['name'] });
    const again = browser();
    await again.open(STARTS_AT_NOTES);
    expect((await signedIn(under, again)).id).toBe(account.id);
  });

  test('R14, B08: no token of the provider and none of ours is in an address, an answer or the log', async () => {
    person();
    const { way } = await browser().open(STARTS_AT_NOTES);
    const texts = JSON.stringify([way, under.log]);
    expect(texts).not.toMatch(/eyJ|mr1\./);
  });

  test('whoever wants to see their account is led there', async () => {
    person();
    const tab = browser();
    const answer = await tab.step(await untilCallback(tab, `${START}?return_to=/account`));
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${ISSUER}/account`]);
    await signedIn(under, tab);
  });

  test('two tabs at once: each flow ends by itself, in either order', async () => {
    person();
    const tab = browser();
    const [first, second] = [await untilCallback(tab, STARTS_AT_NOTES), await untilCallback(tab, STARTS_AT_NOTES)];
    expect((await tab.step(second)).headers.get('location')).toBe(NOTES);
    expect((await tab.step(first)).headers.get('location')).toBe(NOTES);
    expect(tab.cookies()).not.toContain('flow');
  });

  test('many tabs: the newest five are kept, so that cookies never fill the header', async () => {
    const tab = browser();
    const begun: string[] = [];
    for (let i = 0; i < 8; i += 1) {
      clock.pass(0.001);
      begun.push(await untilCallback(tab, STARTS_AT_NOTES));
    }
    expect(tab.cookies().split('; ')).toHaveLength(5);
    expect(await verdict(await tab.step(begun[0] ?? ''))).toEqual([400, 'social/state']);
    expect((await tab.step(begun[7] ?? '')).status).toBe(303);
  });

  test('a double click: of two at once one signs in, the other says clearly why not', async () => {
    person();
    const tab = browser();
    const callback = await untilCallback(tab, STARTS_AT_NOTES);
    const cookie = tab.cookies();
    const both = await Promise.all([0, 1].map(() => under.call(callback.slice(ISSUER.length), { cookie })));
    const verdicts = await Promise.all(both.map(verdict));
    expect(verdicts.toSorted((a, b) => a[0] - b[0])).toEqual([
      [303, undefined],
      [400, 'social/state'],
    ]);
  });

  test('the back button after a sign-in: a clear answer, and the session lives', async () => {
    person();
    const tab = browser();
    const callback = await untilCallback(tab, STARTS_AT_NOTES);
    await tab.step(callback);
    expect(await verdict(await tab.step(callback))).toEqual([400, 'social/state']);
    await signedIn(under, tab);
  });

  test('F01: an answer that another browser asked for is refused: state is bound to this one', async () => {
    person();
    const attackers = browser();
    const callback = await untilCallback(attackers, STARTS_AT_NOTES);
    const victim = browser();
    expect(await verdict(await victim.step(callback))).toEqual([400, 'social/state']);
    // with a flow of their own under way as well
    await untilCallback(victim, STARTS_AT_NOTES);
    expect(await verdict(await victim.step(callback))).toEqual([400, 'social/state']);
    expect(victim.cookies()).not.toContain('refresh');
    // the attacker's own browser is another thing
    expect((await attackers.step(callback)).status).toBe(303);
  });

  const tampered: readonly (readonly [string, (tab: SmallBrowser, callback: URL) => void])[] = [
    ['without state', (_tab, url) => url.searchParams.delete('state')],
    ['with an empty state', (_tab, url) => url.searchParams.set('state', '')],
    ['with state twice', (_tab, url) => url.searchParams.append('state', url.searchParams.get('state') ?? '')],
    ['with a state that is a path', (_tab, url) => url.searchParams.set('state', '../../etc/passwd')],
    ['with another state', (_tab, url) => url.searchParams.set('state', 'A'.repeat(22))],
    [
      'with one bit of the cookie flipped',
      (tab) => {
        const [name = '', value = ''] = tab.cookies().split('=');
        tab.setCookie(name, `${value.slice(0, -3)}${value.at(-3) === 'A' ? 'B' : 'A'}${value.slice(-2)}`);
      },
    ],
    [
      'with the cookie of another flow under its name',
      (tab) => {
        const [name = ''] = tab.cookies().split('=');
        tab.setCookie(name, foreign.slice(foreign.indexOf('=') + 1));
      },
    ],
    [
      'with the cookie twice, in two cases',
      (tab) => tab.setCookie(tab.cookies().split('=')[0]?.toLowerCase() ?? '', 'x'),
    ],
  ];
  let foreign = '';
  test.each(tampered)('F01: an answer %s is refused', async (_title, tamper) => {
    person();
    const elsewhere = browser();
    await untilCallback(elsewhere, STARTS_AT_NOTES);
    foreign = elsewhere.cookies();
    const tab = browser();
    const callback = new URL(await untilCallback(tab, STARTS_AT_NOTES));
    tamper(tab, callback);
    expect(await verdict(await tab.step(callback.href))).toEqual([400, 'social/state']);
    expect(tab.cookies()).not.toContain('refresh');
  });

  test('F02: a state is good once, for its provider, for ten minutes', async () => {
    person();
    const tab = browser();
    const callback = await untilCallback(tab, STARTS_AT_NOTES);
    const cookie = tab.cookies();
    // mix-up: the answer of one provider at the address of another. RFC 9700 §4.4
    const mixedUp = callback.replace('/demo/', '/second/').slice(ISSUER.length);
    expect(await verdict(await under.call(mixedUp, { cookie }))).toEqual([400, 'social/state']);
    expect((await under.call(callback.slice(ISSUER.length), { cookie })).status).toBe(303);
    // the cookie is still there: a browser that forgot nothing
    expect(await verdict(await under.call(callback.slice(ISSUER.length), { cookie }))).toEqual([400, 'social/state']);
    const late = await untilCallback(tab, STARTS_AT_NOTES);
    clock.pass(601);
    expect(await verdict(await tab.step(late))).toEqual([400, 'social/expired']);
    clock.pass(-601);
  });

  test("F02, F15: a code with the state of another tab, and a code of somebody else's flow: PKCE refuses", async () => {
    person();
    const tab = browser();
    const [first, second] = [await untilCallback(tab, STARTS_AT_NOTES), await untilCallback(tab, STARTS_AT_NOTES)].map(
      (url) => new URL(url),
    );
    if (first === undefined || second === undefined) throw new Error('two were begun');
    first.searchParams.set('code', second.searchParams.get('code') ?? '');
    expect(await verdict(await tab.step(first.href))).toEqual([400, 'social/expired']);
    expect(tab.cookies()).not.toContain('refresh');
  });

  test('F03: a form from elsewhere signs nobody in, and a picture or frame begins nothing', async () => {
    person();
    const tab = browser();
    const callback = new URL(await untilCallback(tab, STARTS_AT_NOTES));
    const posted = await tab.step(CALLBACK, callback.searchParams);
    expect(await verdict(posted)).toEqual([405, 'request/method']);
    for (const headers of [
      { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
      { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
      { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-purpose': 'prefetch;prerender' },
    ]) {
      const answer = await under.call('/social/demo/start', { headers });
      expect(await verdict(answer)).toEqual([403, 'request/cross-origin']);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    // a link preview asks by HEAD: it must not use up what the person is about to
    const head = await under.call(callback.href.slice(ISSUER.length), { method: 'HEAD', cookie: tab.cookies() });
    expect(head.status).toBe(405);
    expect((await tab.step(callback.href)).status).toBe(303);
  });

  const redirects = [
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '\\\\evil.example',
    'https:evil.example',
    'https:///evil.example',
    `${APP_ORIGIN}.evil.example/`,
    `${APP_ORIGIN}@evil.example/`,
    `https://user:password@${new URL(APP_ORIGIN).host}/`,
    'https://app.example.test:8443/',
    'http://app.example.test/',
    'https://sub.app.example.test/',
    'javascript:alert(1)',
    'data:text/html,hi',
    '/\t/evil.example',
    '/%09/evil.example\n',
    'evil.example',
    '',
    'https://APP.example.test\\.evil.example/',
  ];
  test('F12: an address that is not on the list is not gone to: home instead, and the log names the setting', async () => {
    for (const hostile of redirects) {
      person();
      const tab = browser();
      const answer = await tab.step(await untilCallback(tab, `${START}?return_to=${encodeURIComponent(hostile)}`));
      expect([hostile, answer.headers.get('location')]).toEqual([hostile, `${ISSUER}/`]);
    }
    expect(under.log.filter(({ event }) => event === 'social.return-to-refused')).toHaveLength(redirects.length);
  });

  test('what people and providers call failures: denied; unknown provider, client, parameter', async () => {
    person();
    provider.refuses = true;
    const tab = browser();
    const { response } = await tab.open(STARTS_AT_NOTES);
    expect(await verdict(response)).toEqual([403, 'social/denied']);
    expect(tab.cookies()).toBe('');
    provider.refuses = false;
    const cases = [
      ['/social/nobody/start', 404, 'social/unknown-provider'],
      ['/social/nobody/callback', 404, 'social/unknown-provider'],
      ['/social/__proto__/start', 404, 'social/unknown-provider'],
      ['/social/demo/start?client_id=stranger', 400, 'invalid_client'],
      ['/social/demo/start?returnTo=/', 400, 'request/query'],
    ] as const;
    for (const [path, status, code] of cases) expect(await verdict(await under.call(path))).toEqual([status, code]);
  });

  test('ASVS 6.3.8: somebody without a password is refused like somebody unknown, and may set one by a link', async () => {
    const { email } = person();
    await browser().open(STARTS_AT_NOTES);
    const json = { email, password: PASSWORD, delivery: 'bearer' };
    expect(await verdict(await under.call('/v1/sign-in', { json }))).toEqual([401, 'account/credentials']);
    expect((await under.call('/v1/password/forgot', { json: { email } })).status).toBe(202);
    await expect.poll(() => under.mails.some(({ to }) => to === email)).toBe(true);
    const token = /\?token=([\w-]{22})/.exec(under.mails.find(({ to }) => to === email)?.text ?? '')?.[1];
    expect((await under.call('/v1/password/reset', { json: { token, password: PASSWORD } })).status).toBe(204);
    expect((await under.call('/v1/sign-in', { json })).status).toBe(200);
    // and the login still opens it
    const tab = browser();
    await tab.open(STARTS_AT_NOTES);
    expect((await signedIn(under, tab)).email).toBe(email);
  });

  test('F06, F14: an address that nobody proved links nothing, takes nothing, and tells nothing', async () => {
    await under.signUp('taken@example.test');
    const landings = [];
    for (const email of ['taken@example.test', 'free@example.test']) {
      person({ email, email_verified: false });
      const tab = browser();
      const { url, response } = await tab.open(STARTS_AT_NOTES);
      const account = await signedIn(under, tab);
      landings.push([url, response.status, account.email_verified, account.email]);
      await expect.poll(() => under.mails.filter(({ to }) => to === email).length).toBeGreaterThan(0);
    }
    expect(landings).toEqual([
      [NOTES, 200, false, null],
      [NOTES, 200, false, null],
    ]);
    const subjects = (email: string) => under.mails.filter(({ to }) => to === email).map(({ subject }) => subject);
    expect(subjects('taken@example.test')).toContain('You already have an account');
    expect(subjects('free@example.test')).toEqual(['Confirm your new e-mail address']);
    // whoever reads the mail of the free address makes it the account's
    const { text } = under.mails.find(({ to }) => to === 'free@example.test') ?? { text: '' };
    const token = /\?token=([\w-]{22})/.exec(text)?.[1];
    expect((await under.call('/v1/email/confirm', { json: { token } })).status).toBe(204);
    const tab = browser();
    await tab.open(STARTS_AT_NOTES);
    expect(await signedIn(under, tab)).toMatchObject({ email: 'free@example.test', email_verified: true });
  });

  test('F10: an address that changes at the provider changes nothing here', async () => {
    const { email, sub } = person();
    await browser().open(STARTS_AT_NOTES);
    await under.signUp('victim@example.test');
    for (const changed of ['victim@example.test', 'vıctim@example.test', email.toUpperCase()]) {
      provider.person = { sub, email: changed, email_verified: true };
      const tab = browser();
      await tab.open(STARTS_AT_NOTES);
      expect((await signedIn(under, tab)).email).toBe(email);
    }
  });

  test('F11: a subject in another case is another person', async () => {
    person({ sub: 'CaseMatters', email: 'upper@example.test' });
    const [first, second] = [browser(), browser()];
    await first.open(STARTS_AT_NOTES);
    person({ sub: 'casematters', email: 'lower@example.test' });
    await second.open(STARTS_AT_NOTES);
    expect((await signedIn(under, first)).id).not.toBe((await signedIn(under, second)).id);
  });

  test('F08: an account that somebody made in advance is handed over empty: their password, sessions and name are void', async () => {
    const email = 'hijacked@example.test';
    await under.call('/v1/sign-up', { json: { email, password: PASSWORD, name: 'Mallory' } });
    const attackers = await under.signIn(email);
    person({ email });
    const tab = browser();
    expect((await tab.open(STARTS_AT_NOTES)).url).toBe(NOTES);
    const json = { email, password: PASSWORD, delivery: 'bearer' };
    expect(await verdict(await under.call('/v1/sign-in', { json }))).toEqual([401, 'account/credentials']);
    const refresh = await under.call('/v1/refresh', { json: { refresh_token: attackers.refresh_token } });
    expect(await verdict(refresh)).toEqual([400, 'invalid_grant']);
    expect((await under.call('/v1/me', { bearer: attackers.access_token })).status).toBe(401);
    expect(await signedIn(under, tab)).toMatchObject({ email, email_verified: true, name: null });
    await expect.poll(() => under.mails.some(({ to, subject }) => to === email && /provider/.test(subject))).toBe(true);
  });

  test('a suspended person is refused, and a person whose account was deleted begins anew', async () => {
    person();
    const tab = browser();
    await tab.open(STARTS_AT_NOTES);
    const { id } = await signedIn(under, tab);
    const { access_token: admin } = await firstAdmin(under);
    expect((await under.call(`/v1/admin/users/${id}/suspend`, { method: 'POST', bearer: admin })).status).toBe(200);
    expect(await verdict((await tab.open(STARTS_AT_NOTES)).response)).toEqual([403, 'account/refused']);
  });
});

/** Somebody with the role. */
async function firstAdmin(under: UnderTest): Promise<{ readonly access_token: string }> {
  const email = 'admin@example.test';
  await under.signUp(email);
  const { access_token: bearer } = await under.signIn(email);
  const token = new URL(under.server.firstAdminLink ?? '').searchParams.get('token');
  expect((await under.call('/v1/admin/claim', { json: { token }, bearer })).status).toBe(204);
  return under.signIn(email);
}

describe('a provider that answers what it may not (oauth2-mock-server)', async () => {
  const mock = await startMockIssuer();
  afterAll(() => mock.close());
  const clock = new RunningClock();
  const demo = demoAt(mock.issuer);
  const under = shareServer({ pages: false, clock: clock.read, social: { oidc: [demo] } });
  beforeEach(() => {
    mock.change = undefined;
    mock.answer = undefined;
    mock.redirect = undefined;
  });
  const open = async () => {
    const tab = openSmallBrowser(under, ISSUER);
    return { tab, response: (await tab.open(STARTS_AT_NOTES)).response };
  };
  const accounts = async (): Promise<number> => under.log.filter(({ event }) => event === 'sign-up.accepted').length;
  const claims = () => {
    const now = Math.floor(clock.read() / 1_000);
    const nonce = mock.nonce();
    return { iss: mock.issuer, aud: CLIENT.id, sub: 'johndoe', nonce, iat: now, exp: now + 600 };
  };
  const header = { alg: 'RS256', kid: 'mock', typ: 'JWT' };
  /** Hands out an ID token of this making. */
  const instead =
    (make: () => string): (() => void) =>
    () => {
      mock.answer = ({ body }) => Object.assign(body, { id_token: make() });
    };
  const answers =
    (how: object | ((response: { readonly body: object | string }) => unknown)): (() => void) =>
    () => {
      mock.answer = (response) => (typeof how === 'function' ? how(response) : Object.assign(response, how));
    };
  const change =
    (how: (claims: Record<string, unknown>, header: Record<string, unknown>) => unknown): (() => void) =>
    () => {
      // the access token is one as well, and nobody looks into it
      mock.change = (head, payload) => (payload['nonce'] === undefined ? undefined : how(payload, head));
    };

  test('what is right is accepted', async () => {
    const { tab, response } = await open();
    expect(response.status).toBe(200);
    await signedIn(under, tab);
  });

  const bad: readonly (readonly [string, () => void])[] = [
    ['F04: the nonce is missing', change((all) => Reflect.deleteProperty(all, 'nonce'))],
    ['F04: the nonce is another', change((all) => Object.assign(all, { nonce: 'A'.repeat(22) }))],
    ['F04: the nonce is an array that holds it', change((all) => Object.assign(all, { nonce: [all['nonce']] }))],
    ['F05: alg none', instead(() => forge({ alg: 'none' }, claims(), 'nothing'))],
    ['F05: alg nOnE', instead(() => forge({ ...header, alg: 'nOnE' }, claims(), 'nothing'))],
    ['F05: the signature is missing', instead(() => forge(header, claims(), 'nothing'))],
    [
      'F05: HS256 with the client secret',
      instead(() => forge({ ...header, alg: 'HS256' }, claims(), { secret: CLIENT.secret })),
    ],
    ["F05: a stranger's signature under the provider's kid", instead(() => forge(header, claims()))],
    ['F05: a kid that the provider does not have', instead(() => forge({ ...header, kid: 'gone' }, claims()))],
    ['F05: no kid', instead(() => forge({ alg: 'RS256' }, claims()))],
    ['F05: another audience', change((all) => Object.assign(all, { aud: 'another-client' }))],
    ['F05: another audience beside ours', change((all) => Object.assign(all, { aud: [CLIENT.id, 'another-client'] }))],
    ['F05: another party', change((all) => Object.assign(all, { azp: 'another-client' }))],
    ['F05: an audience with another party', change((all) => Object.assign(all, { aud: [CLIENT.id, 'x'], azp: 'x' }))],
    ['F05: another issuer', change((all) => Object.assign(all, { iss: 'https://evil.example' }))],
    ['F05, F11: the issuer with a slash', change((all) => Object.assign(all, { iss: `${mock.issuer}/` }))],
    ['F05: expired', change((all) => Object.assign(all, { exp: Math.floor(clock.read() / 1_000) - 120 }))],
    ['F05: no expiry', change((all) => Reflect.deleteProperty(all, 'exp'))],
    ['F05: issued tomorrow', change((all) => Object.assign(all, { iat: Math.floor(clock.read() / 1_000) + 86_400 }))],
    ['F05: at_hash of another token', change((all) => Object.assign(all, { at_hash: 'A'.repeat(22) }))],
    ['F05: c_hash of another code', change((all) => Object.assign(all, { c_hash: 'A'.repeat(22) }))],
    ['F05: typ of an access token', change((_all, head) => Object.assign(head, { typ: 'at+jwt' }))],
    ['F05: no subject', change((all) => Reflect.deleteProperty(all, 'sub'))],
    ['F05: a subject with a control character', change((all) => Object.assign(all, { sub: 'john\u0000doe' }))],
    ['F05: a subject of 300 characters', change((all) => Object.assign(all, { sub: 'x'.repeat(300) }))],
    ['F05: no ID token at all', answers(({ body }) => Reflect.deleteProperty(body as object, 'id_token'))],
    ['F05: no token, but a text', instead(() => 'id-token')],
  ];

  test.each(bad)('%s: refused, and nobody has an account or a session of it', async (_title, arrange) => {
    const before = await accounts();
    arrange();
    const { tab, response } = await open();
    expect(await verdict(response)).toEqual([502, 'social/provider-answer']);
    expect(tab.cookies()).toBe('');
    expect(await accounts()).toBe(before);
  });

  test('F04: an ID token of the flow before, replayed, is refused', async () => {
    let first = '';
    mock.answer = ({ body }) => {
      first = String((body as { readonly id_token?: unknown }).id_token);
    };
    await open();
    mock.answer = ({ body }) => Object.assign(body, { id_token: first });
    expect(await verdict((await open()).response)).toEqual([502, 'social/provider-answer']);
  });

  test('F05: two keys of one kid: neither is used', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const twin = { ...publicKey.export({ format: 'jwk' }), kid: 'mock', alg: 'RS256', use: 'sig' };
    await using doubled = await openServer({
      pages: false,
      clock: clock.read,
      social: { oidc: [demo] },
      async fetch(url, init) {
        const response = await fetch(url, init);
        if (!new Request(url).url.endsWith('/jwks')) return response;
        const { keys } = (await response.json()) as { readonly keys: readonly object[] };
        return Response.json({ keys: [...keys, twin] });
      },
    });
    const { response } = await openSmallBrowser(doubled, ISSUER).open(STARTS_AT_NOTES);
    expect(await verdict(response)).toEqual([502, 'social/provider-answer']);
  });

  test('RFC 9207 §2.4, O48: an answer with the issuer of another is refused', async () => {
    mock.redirect = (url) => url.searchParams.set('iss', 'https://evil.example');
    expect(await verdict((await open()).response)).toEqual([502, 'social/provider-answer']);
    mock.redirect = (url) => url.searchParams.set('iss', mock.issuer);
    expect((await open()).response.status).toBe(200);
  });

  test('F13: a key that was rotated in the middle of a sign-in is fetched', async () => {
    expect((await open()).response.status).toBe(200);
    await mock.server.issuer.keys.generate('RS256', { kid: 'new' });
    const used = new Set<unknown>();
    mock.change = (head) => used.add(head['kid']);
    for (let i = 0; i < 4; i += 1) expect((await open()).response.status).toBe(200);
    expect(used).toEqual(new Set(['mock', 'new']));
  });

  const words: readonly (readonly [string, number, string])[] = [
    ['access_denied', 403, 'social/denied'],
    ['user_cancelled_authorize', 403, 'social/denied'],
    ['ACCESS_DENIED', 403, 'social/denied'],
    ['login_required', 403, 'social/denied'],
    ['temporarily_unavailable', 503, 'social/provider-down'],
    ['server_error', 503, 'social/provider-down'],
    ['invalid_scope', 502, 'social/provider-answer'],
    ['<script>alert(1)</script>', 502, 'social/provider-answer'],
  ];
  test.each(words)('RFC 6749 §4.1.2.1: %s at the callback: %i %s', async (error, status, code) => {
    mock.redirect = (url) => {
      url.searchParams.delete('code');
      url.searchParams.set('error', error);
      url.searchParams.set('error_description', '<b>words of the provider</b>');
    };
    const { response } = await open();
    const text = await response.clone().text();
    expect(await verdict(response)).toEqual([status, code]);
    expect(text).not.toMatch(/words of the provider|script/);
  });

  const troubles: readonly (readonly [string, () => void, number, string])[] = [
    ['500', answers({ statusCode: 500 }), 503, 'social/provider-down'],
    ['503', answers({ statusCode: 503 }), 503, 'social/provider-down'],
    ['429', answers({ statusCode: 429 }), 503, 'social/provider-down'],
    ['invalid_grant', answers({ statusCode: 400, body: { error: 'invalid_grant' } }), 400, 'social/expired'],
    ['invalid_client', answers({ statusCode: 401, body: { error: 'invalid_client' } }), 502, 'social/provider-answer'],
    ['no body', answers({ body: '' }), 502, 'social/provider-answer'],
    [
      'no access token',
      answers(({ body }) => Reflect.deleteProperty(body as object, 'access_token')),
      502,
      'social/provider-answer',
    ],
    [
      'another token type',
      answers(({ body }) => Object.assign(body, { token_type: 'mac' })),
      502,
      'social/provider-answer',
    ],
  ];
  test.each(troubles)(
    'F13: %s from the token endpoint ends in a clear answer',
    async (_title, arrange, status, code) => {
      const before = await accounts();
      arrange();
      const { tab, response } = await open();
      expect(await verdict(response)).toEqual([status, code]);
      expect(response.headers.has('retry-after')).toBe(status === 503);
      expect(tab.cookies()).toBe('');
      expect(await accounts()).toBe(before);
      expect(under.log.some(({ event, provider }) => event === 'social.failed' && provider === 'demo')).toBe(true);
    },
  );
});

describe('a failure with pages', async () => {
  const provider = await startOidcProvider(CALLBACK);
  afterAll(() => provider.close());
  const demo = demoAt(provider.issuer);
  const under = shareServer({ clock: new RunningClock().read, social: { oidc: [demo] } });

  test('ends on the sign-in page, which says what happened and keeps where the person was going', async () => {
    provider.refuses = true;
    const { url, response } = await openSmallBrowser(under, ISSUER).open(STARTS_AT_NOTES);
    expect(url).toBe(
      `${ISSUER}/sign-in?${new URLSearchParams({ error: 'denied', provider: 'demo', return_to: NOTES })}`,
    );
    const page = await response.text();
    expect(page).toContain('at Demo');
    provider.refuses = false;
    expect(page).toContain(`/social/demo/start?return_to=${encodeURIComponent(NOTES)}`);
  });

  test('a program is told the code', async () => {
    expect(await verdict(await under.call('/social/demo/callback?state=x&code=y'))).toEqual([400, 'social/state']);
  });

  test('F12: home is the account', async () => {
    const tab = openSmallBrowser(under, ISSUER);
    const answer = await tab.step(await untilCallback(tab, `${START}?return_to=//evil.example/`));
    expect(answer.headers.get('location')).toBe(`${ISSUER}/account`);
  });
});

describe('hooks and limits at a sign-in through a provider', async () => {
  const provider = await startOidcProvider(CALLBACK);
  afterAll(() => provider.close());
  const demo = demoAt(provider.issuer);
  const clock = new RunningClock();

  test('beforeSignUp is asked once, with what is proved; afterSignIn is told; where a hook fails nothing is made', async () => {
    const asked: unknown[] = [];
    const told: unknown[] = [];
    let answer: unknown = { allow: false, detail: 'for members only' };
    await using under = await openServer({
      pages: false,
      clock: clock.read,
      social: { oidc: [demo] },
      hooks: {
        beforeSignUp(about) {
          asked.push(about);
          return answer as never;
        },
        afterSignIn: (about) => told.push(about),
      },
    });
    const open = async () => (await openSmallBrowser(under, ISSUER).open(STARTS_AT_NOTES)).response;
    expect(await verdict(await open())).toEqual([403, 'account/refused']);
    answer = 'no answer';
    expect(await verdict(await open())).toEqual([503, 'server/hook']);
    expect(told).toEqual([]);
    answer = { allow: true };
    expect((await open()).status).toBe(200);
    expect((await open()).status).toBe(200);
    expect(asked).toHaveLength(3);
    expect(asked[0]).toEqual({
      email: 'kim@example.test',
      emailVerified: true,
      provider: 'demo',
      name: '김미자',
      ip: undefined,
    });
    expect(told).toHaveLength(2);
  });

  test('with requireVerifiedEmail, a login without a proved address makes nothing', async () => {
    await using under = await openServer({
      pages: false,
      clock: clock.read,
      social: { oidc: [demo] },
      requireVerifiedEmail: true,
    });
    provider.person = { sub: 'unproved', email: 'unproved@example.test', email_verified: false };
    const { response } = await openSmallBrowser(under, ISSUER).open(STARTS_AT_NOTES);
    expect(await verdict(response)).toEqual([403, 'social/email-unverified']);
    provider.person = { sub: 'proved', email: 'proved@example.test', email_verified: true };
    expect((await openSmallBrowser(under, ISSUER).open(STARTS_AT_NOTES)).url).toBe(NOTES);
  });

  test('a network that begins or ends too many at once is told to wait; so is one that makes too many accounts', async () => {
    await using under = await openServer({ pages: false, clock: clock.read, social: { oidc: [demo] } });
    const remoteAddress = '198.51.100.7';
    const begun = await Promise.all(
      Array.from({ length: 61 }, () => under.call('/social/demo/start', { remoteAddress })),
    );
    expect(begun.filter(({ status }) => status === 429)).toHaveLength(1);
    expect(await verdict(await under.call('/social/demo/callback', { remoteAddress }))).toEqual([
      429,
      'request/too-many',
    ]);
  });
});
