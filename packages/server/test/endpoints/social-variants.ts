import { createHash, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { CALLBACK, demoAt, NOTES, newPeople, STARTS_AT_NOTES, toCallback } from '../social/demo.ts';
import { forge, startMockIssuer } from '../social/mock-issuer.ts';
import { CLIENT, startOidcProvider } from '../social/oidc-provider.ts';
import { RunningClock } from '../social/running-clock.ts';
import { signedIn } from '../social/signed-in.ts';
import { openSmallBrowser, type SmallBrowser } from '../social/small-browser.ts';
import { APP, APPLE, routeTo, startStandIns } from '../social/stand-ins.ts';
import {
  APP_ORIGIN,
  type Changed,
  ISSUER,
  openServer,
  PASSWORD,
  SAME_ORIGIN,
  shareServer,
  verdict,
} from './server-under-test.ts';

const OTHER_KEY = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });

/** One row of the catalogue in many spellings: ID tokens. OpenID Connect Core §3.1.3.7 */
describe('ID tokens that are nearly right', async () => {
  const mock = await startMockIssuer();
  afterAll(() => mock.close());
  const clock = new RunningClock();
  let keys: ((all: readonly object[]) => readonly object[]) | undefined;
  const options: Changed = {
    pages: false,
    clock: clock.read,
    social: { oidc: [demoAt(mock.issuer)] },
    async fetch(url, init) {
      const response = await fetch(url, init);
      if (keys === undefined || !new Request(url).url.endsWith('/jwks')) return response;
      return Response.json({ keys: keys(((await response.json()) as { readonly keys: readonly object[] }).keys) });
    },
  };
  const under = shareServer(options);
  beforeEach(() => {
    mock.change = undefined;
    mock.answer = undefined;
    keys = undefined;
  });
  const now = (): number => Math.floor(clock.read() / 1_000);
  const signIn = async (at = under) => {
    const tab = openSmallBrowser(at, ISSUER);
    return { tab, response: (await tab.open(STARTS_AT_NOTES)).response };
  };
  const hashOf = (value: string): Buffer => createHash('sha256').update(value).digest();
  const rightHash = (value: string): string => hashOf(value).subarray(0, 16).toString('base64url');
  const claims = () => ({
    iss: mock.issuer,
    aud: CLIENT.id,
    sub: 'johndoe',
    nonce: mock.nonce(),
    iat: now(),
    exp: now() + 600,
  });

  type Bag = Record<string, unknown>;
  const refused: readonly (readonly [string, (claims: Bag, header: Bag) => unknown])[] = [
    ['F04: a nonce in capitals', (all) => Object.assign(all, { nonce: String(all['nonce']).toUpperCase() })],
    ['F04: a nonce and a blank', (all) => Object.assign(all, { nonce: `${String(all['nonce'])} ` })],
    ['F04: an empty nonce', (all) => Object.assign(all, { nonce: '' })],
    ['F04: null for a nonce', (all) => Object.assign(all, { nonce: null })],
    ['F04: the hash of the nonce', (all) => Object.assign(all, { nonce: rightHash(String(all['nonce'])) })],
    ['F05: no audience', (all) => Reflect.deleteProperty(all, 'aud')],
    ['F05: an empty list of audiences', (all) => Object.assign(all, { aud: [] })],
    ['F05: an audience that is a number', (all) => Object.assign(all, { aud: 1 })],
    ['F05: an audience in another case', (all) => Object.assign(all, { aud: CLIENT.id.toUpperCase() })],
    ['F05: our client id inside a longer one', (all) => Object.assign(all, { aud: `${CLIENT.id}-2` })],
    ['F05: two audiences and no party', (all) => Object.assign(all, { aud: [CLIENT.id, CLIENT.id] })],
    ['F05: a party that is a list', (all) => Object.assign(all, { azp: [CLIENT.id] })],
    ['F05: an empty party', (all) => Object.assign(all, { azp: '' })],
    ['F05: null for a party', (all) => Object.assign(all, { azp: null })],
    ['F05: no issuer', (all) => Reflect.deleteProperty(all, 'iss')],
    ['F05: a list of issuers', (all) => Object.assign(all, { iss: [all['iss']] })],
    ['F05: the issuer in capitals', (all) => Object.assign(all, { iss: String(all['iss']).toUpperCase() })],
    [
      'F05: the issuer by another name of this machine',
      (all) => Object.assign(all, { iss: String(all['iss']).replace('127.0.0.1', 'localhost') }),
    ],
    ['F05: an expiry that is a text', (all) => Object.assign(all, { exp: String(all['exp']) })],
    ['F05: an expiry that is negative', (all) => Object.assign(all, { exp: -1 })],
    ['F05: an expiry that is null', (all) => Object.assign(all, { exp: null })],
    ['F05: expired for longer than clocks may be off', (all) => Object.assign(all, { exp: now() - 62 })],
    ['F05: no time of issue', (all) => Reflect.deleteProperty(all, 'iat')],
    ['F05: a time of issue that is a text', (all) => Object.assign(all, { iat: String(all['iat']) })],
    ['F05: not valid before tomorrow', (all) => Object.assign(all, { nbf: now() + 86_400 })],
    ['F05: a subject that is a number', (all) => Object.assign(all, { sub: 7 })],
    ['F05: an empty subject', (all) => Object.assign(all, { sub: '' })],
    ['F11: a subject and a blank', (all) => Object.assign(all, { sub: `${String(all['sub'])} ` })],
    ['F11: a subject with a letter that looks like another', (all) => Object.assign(all, { sub: 'jоhndoe' })],
    ['F05: at_hash that is empty', (all) => Object.assign(all, { at_hash: '' })],
    ['F05: at_hash that is a list', (all) => Object.assign(all, { at_hash: [] })],
    ['F05: at_hash of nothing', (all) => Object.assign(all, { at_hash: rightHash('') })],
    ['F05: c_hash that is null', (all) => Object.assign(all, { c_hash: null })],
    ['F05: c_hash of nothing', (all) => Object.assign(all, { c_hash: rightHash('') })],
    ['F05: a kid that is a number', (_all, head) => Object.assign(head, { kid: 1 })],
    ['F05: a kid that is a path', (_all, head) => Object.assign(head, { kid: '../../dev/null' })],
    ['F05: a kid of the prototype', (_all, head) => Object.assign(head, { kid: '__proto__' })],
    ['F05: typ of a logout token', (_all, head) => Object.assign(head, { typ: 'logout+jwt' })],
  ];
  test.each(refused)('%s: refused', async (_title, change) => {
    // the access token is one as well, and nobody looks into it
    mock.change = (head, payload) => (payload['nonce'] === undefined ? undefined : change(payload, head));
    const { tab, response } = await signIn();
    expect(await verdict(response)).toEqual([502, 'social/provider-answer']);
    expect(tab.cookies()).toBe('');
  });

  test('F05: RFC 7515 §4.1.2, §4.1.3: a key that the token brings along, or points to, is not used', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    for (const more of [
      { jwk: publicKey.export({ format: 'jwk' }) },
      { jku: 'https://evil.example/jwks' },
      { x5u: 'https://evil.example/cert' },
      { x5c: [publicKey.export({ format: 'der', type: 'spki' }).toString('base64')] },
    ])
      for (const kid of ['mock', 'evil']) {
        const forged = () => forge({ alg: 'RS256', typ: 'JWT', kid, ...more }, claims(), { key: privateKey });
        mock.answer = ({ body }) => Object.assign(body, { id_token: forged() });
        expect(await verdict((await signIn()).response)).toEqual([502, 'social/provider-answer']);
      }
  });

  test('F05: RFC 8725 §2.1: HS256 with the public key as the secret, and the HMAC of nothing, are refused', async () => {
    const jwks = (await (await fetch(`${mock.issuer}/jwks`)).json()) as { readonly keys: readonly object[] };
    for (const secret of [JSON.stringify(jwks.keys[0]), JSON.stringify(jwks), CLIENT.id, '']) {
      mock.answer = ({ body }) =>
        Object.assign(body, { id_token: forge({ alg: 'HS256', kid: 'mock', typ: 'JWT' }, claims(), { secret }) });
      expect(await verdict((await signIn()).response)).toEqual([502, 'social/provider-answer']);
    }
  });

  const right: readonly (readonly [string, (claims: Bag, header: Bag) => unknown])[] = [
    ['our client as the only one of a list', (all) => Object.assign(all, { aud: [CLIENT.id] })],
    ['our client as the party', (all) => Object.assign(all, { azp: CLIENT.id })],
    ['no typ', (_all, head) => Reflect.deleteProperty(head, 'typ')],
    ['a clock that is a minute behind', (all) => Object.assign(all, { exp: now() - 50 })],
    ['claims that nobody asked for', (all) => Object.assign(all, { groups: ['a'.repeat(2_000)], __proto__x: 1 })],
  ];
  test.each(right)('OpenID Connect Core §2: %s: accepted', async (_title, change) => {
    mock.change = (head, payload) => (payload['nonce'] === undefined ? undefined : change(payload, head));
    expect((await signIn()).response.status).toBe(200);
  });

  /** What the provider itself signs, whatever it is. */
  const signed = (header: object, claims: object): string => {
    const jwk = mock.server.issuer.keys.get('mock');
    if (jwk === undefined) throw new Error('the mock has its key');
    return forge({ alg: 'RS256', typ: 'JWT', kid: 'mock', ...header }, claims, {
      key: createPrivateKey({ key: jwk as never, format: 'jwk' }),
    });
  };
  const hashes: readonly (readonly [string, (accessToken: string) => object, number])[] = [
    ['at_hash of this access token', (token) => ({ at_hash: rightHash(token) }), 200],
    ['at_hash with padding', (token) => ({ at_hash: `${rightHash(token)}==` }), 502],
    ['at_hash of the whole hash', (token) => ({ at_hash: hashOf(token).toString('base64url') }), 502],
    ['at_hash in hex', (token) => ({ at_hash: hashOf(token).subarray(0, 16).toString('hex') }), 502],
    ['the right half of the hash', (token) => ({ at_hash: hashOf(token).subarray(16).toString('base64url') }), 502],
    ['c_hash of the access token', (token) => ({ c_hash: rightHash(token) }), 502],
  ];
  test.each(hashes)('F05: OpenID Connect Core §3.1.3.8: %s', async (_title, more, status) => {
    mock.answer = ({ body }) => {
      const token = String((body as Bag)['access_token']);
      Object.assign(body, { id_token: signed({}, { ...claims(), ...more(token) }) });
    };
    expect((await signIn()).response.status).toBe(status);
  });

  test('F05: RFC 7515 §4.1.11: a critical header that is not known, rightly signed, is refused', async () => {
    for (const header of [{ crit: ['exp'], exp: 1 }, { crit: [] }, { crit: ['b64'], b64: false }]) {
      mock.answer = ({ body }) => Object.assign(body, { id_token: signed(header, claims()) });
      expect(await verdict((await signIn()).response)).toEqual([502, 'social/provider-answer']);
    }
  });

  const sets: readonly (readonly [string, (all: readonly object[]) => readonly object[]])[] = [
    ['none at all', () => []],
    ['the one that is needed is gone', (all) => all.map((key) => ({ ...key, kid: 'other' }))],
    ['two of one kid, the right one first', (all) => [...all, ...all.map((key) => ({ ...key }))]],
    ['another one under the same kid', (all) => all.map((key) => ({ ...key, ...OTHER_KEY }))],
    ['one without a kid', (all) => all.map((key) => ({ ...key, kid: undefined }))],
    ['one for encryption', (all) => all.map((key) => ({ ...key, use: 'enc' }))],
    ['one for another algorithm', (all) => all.map((key) => ({ ...key, alg: 'RS512' }))],
    [
      'one of a secret',
      () => [{ kty: 'oct', k: Buffer.from(CLIENT.secret).toString('base64url'), kid: 'mock', alg: 'HS256' }],
    ],
    ['one hundred and one', (all) => Array.from({ length: 101 }, (_, i) => ({ ...all[0], kid: `${i}` }))],
    ['no object among them', () => [null, 1, 'key'] as never],
  ];
  test.each(sets)('F05: RFC 7517 §5: of the keys, %s: refused', async (_title, change) => {
    keys = change;
    await using fresh = await openServer(options);
    expect(await verdict((await signIn(fresh)).response)).toEqual([502, 'social/provider-answer']);
    // and with the right ones it goes on
    keys = undefined;
    expect((await signIn(fresh)).response.status).toBe(200);
  });

  test('F05: keys that are no use beside the right one are passed over', async () => {
    keys = (all) => [null as never, { kty: 'oct', k: 'x' }, ...all, { kty: 'RSA', kid: 'broken' }];
    await using fresh = await openServer(options);
    expect((await signIn(fresh)).response.status).toBe(200);
  });
});

describe('flows in other spellings', async () => {
  // its ID tokens live on while the clock here is put forward
  const lives = { AccessToken: 60, AuthorizationCode: 60, Grant: 60, IdToken: 1_200, Interaction: 60, Session: 60 };
  const provider = await startOidcProvider(CALLBACK, { ttl: lives });
  afterAll(() => provider.close());
  const clock = new RunningClock();
  const demo = demoAt(provider.issuer);
  const under = shareServer({ pages: false, clock: clock.read, social: { oidc: [demo] } });
  const person = newPeople(provider);
  const browser = (): SmallBrowser => openSmallBrowser(under, ISSUER);
  const untilCallback = async (tab: SmallBrowser, start?: string): Promise<string> =>
    (await toCallback(tab, start)).url;

  const hosts = [
    'evil.example',
    'EVIL.example',
    'xn--evl-5ma.example',
    '①②⑦.0.0.1',
    '0x7f000001',
    '[::1]',
    'app.example.test.evil.example',
  ];
  const spellings = (host: string): readonly string[] => [
    `//${host}`,
    `///${host}`,
    `////${host}/`,
    `/\\${host}`,
    `\\/${host}`,
    `\\\\${host}`,
    `/\t/${host}`,
    `/\n/${host}`,
    `\r//${host}`,
    ` //${host}`,
    `\u00a0//${host}`,
    `\u200b//${host}`,
    `\u0000//${host}`,
    `/.//${host}`,
    `/..//${host}`,
    `/account/..//${host}`,
    `/account\\..\\..//${host}`,
    `//account@${host}`,
    `https:${host}`,
    `https:/${host}`,
    `https:\\\\${host}`,
    `https:///${host}`,
    `HTTPS://${host}`,
    `http://${host}`,
    `ftp://${host}`,
    `blob:https://${host}/x`,
    `view-source:https://${host}`,
    `javascript://app.example.test/%0aalert(1)//${host}`,
    `data:text/html;base64,${Buffer.from(host).toString('base64')}`,
    `//${host}%2f@app.example.test/`,
    `https://app.example.test@${host}/`,
    `https://app.example.test:443@${host}/`,
    `https://app.example.test%40${host}/`,
    `https://app.example.test%2f@${host}/`,
    `https://app.example.test\\@${host}/`,
    `https://app.example.test#@${host}/`.replace('#', '%23'),
    `https://app。example。test.${host}/`,
    `https://app.example.test.${host}/`,
    `/sign-in?return_to=//${host}`,
    `/social/demo/start?return_to=//${host}`,
    `/oauth2/authorize?redirect_uri=https://${host}`,
  ];
  test('F12: no spelling of an address elsewhere leads there: it leads home', async () => {
    const hostile = hosts.flatMap(spellings);
    expect(hostile.length).toBeGreaterThan(250);
    const home = `${ISSUER}/`;
    for (const [i, return_to] of hostile.entries()) {
      // all of them at the beginning; a few as far as the browser is led to
      const whole = i % 60 === 0;
      const tab = browser();
      const start = `${ISSUER}/social/demo/start?${new URLSearchParams({ return_to }).toString()}`;
      person();
      const landed = whole ? (await tab.step(await untilCallback(tab, start))).headers.get('location') : undefined;
      if (whole) expect([return_to, landed]).toEqual([return_to, home]);
      else await tab.step(start);
    }
    const told = under.log.filter(({ event }) => event === 'social.return-to-refused');
    expect(told).toHaveLength(hostile.length);
  });

  test('F12: an address of the list is led to as the parser writes it', async () => {
    for (const [wanted, led] of [
      [`${APP_ORIGIN}/notes?a=1&b=%2F#c`, `${APP_ORIGIN}/notes?a=1&b=%2F#c`],
      ['https://APP.EXAMPLE.TEST:443/./notes', `${APP_ORIGIN}/notes`],
      ['/account/security', `${ISSUER}/account/security`],
    ] as const) {
      person();
      const tab = browser();
      const start = `${ISSUER}/social/demo/start?${new URLSearchParams({ return_to: wanted }).toString()}`;
      expect((await tab.step(await untilCallback(tab, start))).headers.get('location')).toBe(led);
    }
  });

  test('F02: a state is good for ten minutes to the second', async () => {
    person();
    const tab = browser();
    const [inTime, late] = [await untilCallback(tab), await untilCallback(tab)];
    clock.pass(595);
    expect((await tab.step(inTime)).status).toBe(303);
    clock.pass(10);
    expect(await verdict(await tab.step(late))).toEqual([400, 'social/expired']);
    clock.pass(-605);
  });

  test("F01: a flow's cookie under the name without the prefix, under another flow's, or of another secret is none", async () => {
    person();
    const tab = browser();
    const callback = await untilCallback(tab);
    const [name = '', value = ''] = tab.cookies().split('=');
    const [id = '', sealed = ''] = value.split('.');
    const path = callback.slice(ISSUER.length);
    for (const cookie of [
      `${name.replace('__Host-', '')}=${value}`,
      `${name.replace('__Host-', '__Secure-')}=${value}`,
      `${name.toUpperCase()}=${value}`,
      `${name}=${value}; ${name}=${value}`,
      `${name}="${value}"`,
      `${name}=AAAAAA.${sealed}`,
      `${name}=${id}.`,
      `${name}=${id}.${sealed}=`,
      `__Host-mapae-pending-login=${value}`,
      '',
    ])
      expect([cookie, ...(await verdict(await under.call(path, cookie === '' ? {} : { cookie })))]).toEqual([
        cookie,
        400,
        'social/state',
      ]);
    expect((await under.call(path, { cookie: `${name}=${value}` })).status).toBe(303);
  });

  test('F03: nothing begins or ends by another method, and a frame or script of another site begins nothing', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
      expect((await under.call('/social/demo/start', { method, headers: SAME_ORIGIN })).status).toBe(405);
    for (const headers of [
      { 'sec-fetch-dest': 'script' },
      { 'sec-fetch-dest': 'iframe' },
      { 'sec-fetch-dest': 'embed' },
      { 'sec-fetch-mode': 'websocket' },
      { 'sec-purpose': 'prefetch' },
    ])
      expect(await verdict(await under.call('/social/demo/start', { headers }))).toEqual([403, 'request/cross-origin']);
  });

  test('F08: what whoever made an account in advance had in hand is void: cookie session, links on their way, name, address proof', async () => {
    const { email } = person();
    expect((await under.call('/v1/sign-up', { json: { email, password: PASSWORD, name: 'Mallory' } })).status).toBe(
      201,
    );
    const { accessToken, cookie } = await under.signInCookie(email);
    expect((await under.call('/v1/password/forgot', { json: { email } })).status).toBe(202);
    await expect.poll(() => under.mails.filter(({ to }) => to === email).length).toBeGreaterThan(1);
    const linksOf = (purpose: string): readonly string[] =>
      under.mails
        .filter(({ to, text }) => to === email && text.includes(`/link/${purpose}?`))
        .map(({ text }) => /\?token=([\w-]{22})/.exec(text)?.[1] ?? '');
    const [reset = ''] = linksOf('reset-password');
    const [verify = ''] = linksOf('verify-email');
    const tab = browser();
    expect((await tab.open(STARTS_AT_NOTES)).url).toBe(NOTES);

    const refresh = await under.call('/v1/refresh', { json: {}, cookie, headers: SAME_ORIGIN });
    expect(await verdict(refresh)).toEqual([400, 'invalid_grant']);
    expect((await under.call('/v1/me', { bearer: accessToken })).status).toBe(401);
    const used = [
      await under.call('/v1/password/reset', { json: { token: reset, password: 'of the attacker, again' } }),
      await under.call('/v1/email/verify', { json: { token: verify } }),
    ];
    expect(used.map(({ status }) => status)).toEqual([400, 400]);
    // signing up once more changes nothing, and says nothing
    expect((await under.call('/v1/sign-up', { json: { email, password: PASSWORD } })).status).toBe(201);
    const again = await under.call('/v1/sign-in', { json: { email, password: PASSWORD, delivery: 'bearer' } });
    expect(await verdict(again)).toEqual([401, 'account/credentials']);
    expect(await signedIn(under, tab)).toMatchObject({ email, email_verified: true, name: null });
  });

  test('F07: an account that is suspended is not claimed by whoever proves its address', async () => {
    const { email } = person();
    await under.signUp(email);
    const { access_token: bearer } = await under.signIn(email);
    const { id } = (await (await under.call('/v1/me', { bearer })).json()) as { readonly id: string };
    await under.signUp('root@example.test');
    const root = await under.signIn('root@example.test');
    const token = new URL(under.server.firstAdminLink ?? '').searchParams.get('token');
    await under.call('/v1/admin/claim', { json: { token }, bearer: root.access_token });
    const { access_token: admin } = await under.signIn('root@example.test');
    expect((await under.call(`/v1/admin/users/${id}/suspend`, { method: 'POST', bearer: admin })).status).toBe(200);
    expect(await verdict((await browser().open(STARTS_AT_NOTES)).response)).toEqual([409, 'social/link-offer']);
    // nor is an administrator's, whose address nobody has proved
    provider.person = { sub: 'not-the-administrator', email: 'root@example.test', email_verified: true };
    expect(await verdict((await browser().open(STARTS_AT_NOTES)).response)).toEqual([409, 'social/link-offer']);
    expect((await under.call('/v1/me', { bearer: admin })).status).toBe(200);
  });

  test('F14: signing up, and asking for a new password, answer alike whether an address has a password, only a login, or nothing', async () => {
    const { email: withLogin } = person();
    await browser().open(STARTS_AT_NOTES);
    const withPassword = 'pw-of-f14@example.test';
    await under.signUp(withPassword);
    const answers = await Promise.all(
      [withLogin, withPassword, 'nobody-f14@example.test'].map(async (email) => {
        const up = await under.call('/v1/sign-up', { json: { email, password: PASSWORD } });
        const forgot = await under.call('/v1/password/forgot', { json: { email } });
        const wrong = await under.call('/v1/sign-in', {
          json: { email, password: 'not this one', delivery: 'bearer' },
        });
        return [
          up.status,
          Object.keys((await up.json()) as object),
          forgot.status,
          await forgot.text(),
          ...(await verdict(wrong)),
        ];
      }),
    );
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });
});

describe('F15: a code of another flow or client, where the provider checks no verifier', async () => {
  const standIns = await startStandIns((id) => `${ISSUER}/social/${id}/callback`);
  afterAll(() => standIns.close());
  const route = routeTo(standIns);
  const privateKey = APPLE.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
  const under = shareServer({
    pages: false,
    clock: new RunningClock().read,
    social: { apple: { clientId: APP.id, teamId: APPLE.teamId, keyId: APPLE.keyId, privateKey } },
    fetch: (input, init) => fetch(route(new Request(input).url), init),
  });

  test("Apple: the nonce of the flow refuses a code that was stolen from another browser's", async () => {
    standIns.person = { sub: 'victim', email: 'victim@icloud.test', email_verified: 'true' };
    const stop = async (tab: SmallBrowser): Promise<readonly [string, URLSearchParams]> => {
      let last: URLSearchParams | undefined;
      const { url } = await tab.open(`${ISSUER}/social/apple/start`, (next, form) => {
        last = form;
        return next.startsWith(`${ISSUER}/social/apple/callback`);
      });
      return [url, last ?? new URLSearchParams()];
    };
    const [victim, attacker] = [openSmallBrowser(under, ISSUER, route), openSmallBrowser(under, ISSUER, route)];
    const [, stolen] = await stop(victim);
    const [url, own] = await stop(attacker);
    own.set('code', stolen.get('code') ?? '');
    expect(await verdict(await attacker.step(url, own))).toEqual([502, 'social/provider-answer']);
    expect(attacker.cookies()).toBe('');
  });
});
