import { beforeAll, describe, expect, test } from 'vitest';
import { DATABASES } from './databases.ts';
import { APP_ORIGIN, BEARER_ORIGIN, ISSUER, PASSWORD, shareServer, verdict } from './server-under-test.ts';

const ABSENT = undefined;
const SITES = [ABSENT, 'same-origin', 'same-site', 'cross-site', 'none', 'SAME-ORIGIN', ''] as const;
const ORIGINS = [
  ABSENT,
  ISSUER,
  APP_ORIGIN,
  BEARER_ORIGIN,
  'https://evil.example',
  `${ISSUER}.evil.example`,
  'null',
  '',
] as const;

type Site = (typeof SITES)[number];
type Origin = (typeof ORIGINS)[number];

/** The rule of docs/protocol.md §3, written down once more. */
function passes(site: Site, origin: Origin): boolean {
  if (origin === 'null') return false;
  return site === 'same-origin' || origin === ISSUER || origin === APP_ORIGIN;
}

function headersOf(site: Site, origin: Origin): Record<string, string> {
  return {
    ...(site === undefined ? {} : { 'sec-fetch-site': site }),
    ...(origin === undefined ? {} : { origin }),
  };
}

const MATRIX = SITES.flatMap((site) => ORIGINS.map((origin) => [site, origin] as const));
const REFUSED = [403, 'request/cross-origin'];

describe.each(DATABASES)('B01, B02, B03: the CSRF rule, Sec-Fetch-Site × Origin, over %s', (_, options) => {
  const { call, signUp, signInCookie } = shareServer(options);
  beforeAll(() => signUp('csrf@example.test'));
  const NAME = '__Host-mapae-refresh';

  test('sign-in with cookie delivery', async () => {
    for (const [site, origin] of MATRIX) {
      const answer = await call('/v1/sign-in', {
        json: { email: 'csrf@example.test', password: PASSWORD },
        headers: headersOf(site, origin),
      });
      const got = [site, origin, ...(await verdict(answer)), answer.headers.has('set-cookie')];
      expect(got).toEqual(
        passes(site, origin) ? [site, origin, 200, undefined, true] : [site, origin, ...REFUSED, false],
      );
    }
  });

  test('refresh with the cookie; what is refused spends nothing', async () => {
    let { cookie } = await signInCookie('csrf@example.test');
    for (const [site, origin] of MATRIX) {
      const answer = await call('/v1/refresh', { method: 'POST', cookie, headers: headersOf(site, origin) });
      expect([site, origin, ...(await verdict(answer))]).toEqual(
        passes(site, origin) ? [site, origin, 200, undefined] : [site, origin, ...REFUSED],
      );
      cookie = (answer.headers.get('set-cookie') ?? cookie).split(';')[0] ?? '';
    }
  });

  test('sign-out with the cookie; what is refused ends nothing', async () => {
    const { cookie, accessToken } = await signInCookie('csrf@example.test');
    for (const [site, origin] of MATRIX.filter((row) => !passes(...row))) {
      const answer = await call('/v1/sign-out', { method: 'POST', cookie, headers: headersOf(site, origin) });
      expect([site, origin, ...(await verdict(answer))]).toEqual([site, origin, ...REFUSED]);
    }
    expect((await call('/v1/me', { bearer: accessToken })).status).toBe(200);
    for (const [site, origin] of MATRIX.filter((row) => passes(...row))) {
      const answer = await call('/v1/sign-out', { method: 'POST', cookie, headers: headersOf(site, origin) });
      expect([site, origin, answer.status]).toEqual([site, origin, 204]);
    }
    expect((await call('/v1/me', { bearer: accessToken })).status).toBe(401);
  });

  test('a Referer of our own is no substitute', async () => {
    const { cookie } = await signInCookie('csrf@example.test');
    const headers = { referer: `${ISSUER}/` };
    expect(await verdict(await call('/v1/refresh', { method: 'POST', cookie, headers }))).toEqual(REFUSED);
  });

  test('the refusal names the setting to change, and not the origin that asked', async () => {
    const answer = await call('/v1/sign-in', {
      json: { email: 'csrf@example.test', password: PASSWORD },
      headers: { origin: 'https://evil.example' },
    });
    const text = await answer.text();
    expect((JSON.parse(text) as { detail: string }).detail).toContain('"origins"');
    expect(text).not.toContain('evil.example');
  });

  test('B04: the cookie twice is 403 wherever it is read or set, from our own page too', async () => {
    const { cookie } = await signInCookie('csrf@example.test');
    const headers = { 'sec-fetch-site': 'same-origin', origin: ISSUER };
    const twice = [
      `${cookie}; ${cookie}`,
      `${cookie}; ${NAME}=tossed`,
      `${NAME}=tossed; a=b; ${cookie}`,
      `${cookie}; __HOST-Mapae-Refresh=tossed`,
    ];
    for (const text of twice) {
      const calls = [
        call('/v1/refresh', { method: 'POST', cookie: text, headers }),
        call('/v1/sign-out', { method: 'POST', cookie: text, headers }),
        call('/v1/sign-in', { json: { email: 'csrf@example.test', password: PASSWORD }, cookie: text, headers }),
      ];
      for (const answer of await Promise.all(calls))
        expect([text, ...(await verdict(answer))]).toEqual([text, ...REFUSED]);
    }
    expect((await call('/v1/refresh', { method: 'POST', cookie, headers })).status).toBe(200);
  });

  test('B04: a cookie of another name or case is none', async () => {
    const { cookie } = await signInCookie('csrf@example.test');
    const value = cookie.slice(cookie.indexOf('=') + 1);
    const headers = { 'sec-fetch-site': 'same-origin' };
    for (const name of ['mapae-refresh', '__host-mapae-refresh', '__Secure-mapae-refresh', 'x__Host-mapae-refresh']) {
      const answer = await call('/v1/refresh', { method: 'POST', cookie: `${name}=${value}`, headers });
      expect([name, ...(await verdict(answer))]).toEqual([name, 400, 'invalid_request']);
    }
  });

  test('without a cookie there is nothing to protect at refresh: 400, and at sign-out the rule holds first', async () => {
    expect(await verdict(await call('/v1/refresh', { method: 'POST' }))).toEqual([400, 'invalid_request']);
    expect(await verdict(await call('/v1/sign-out', { method: 'POST' }))).toEqual(REFUSED);
    const same = { 'sec-fetch-site': 'same-origin' };
    expect(await verdict(await call('/v1/sign-out', { method: 'POST', headers: same }))).toEqual([
      400,
      'invalid_request',
    ]);
  });

  test('tokens in the body: only for what is no browser, and for listed origins', async () => {
    for (const [site, origin] of MATRIX) {
      const allowed = origin === BEARER_ORIGIN || (origin === undefined && site === undefined);
      const headers = headersOf(site, origin);
      const signedIn = await call('/v1/sign-in', {
        json: { email: 'csrf@example.test', password: PASSWORD, delivery: 'bearer' },
        headers,
      });
      expect([site, origin, signedIn.status, signedIn.headers.has('set-cookie')]).toEqual([
        site,
        origin,
        allowed ? 200 : 403,
        false,
      ]);
      const refreshed = await call('/v1/refresh', { json: { refresh_token: 'mr1.none' }, headers });
      expect([site, origin, ...(await verdict(refreshed))]).toEqual(
        allowed ? [site, origin, 400, 'invalid_grant'] : [site, origin, 403, 'request/bearer-origin'],
      );
    }
  });
});
