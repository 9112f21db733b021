import { beforeAll, describe, expect, test } from 'vitest';
import { DATABASES } from './databases.ts';
import {
  BEARER_ORIGIN,
  ISSUER,
  openServer,
  PASSWORD,
  SAME_ORIGIN,
  shareServer,
  type Tokens,
  verdict,
} from './server-under-test.ts';

describe.each(DATABASES)('delivery over %s', (_, options) => {
  const { call, signUp, signIn, signInCookie, clock } = shareServer(options);
  beforeAll(() => signUp('delivery@example.test'));
  const cookieOf = (token: string): string => `__Host-mapae-refresh=${token}`;
  const tokenOf = (cookie: string): string => cookie.slice(cookie.indexOf('=') + 1);

  test('cookie delivery: no refresh token in any body', async () => {
    const { cookie } = await signInCookie('delivery@example.test');
    clock.pass(31);
    const answer = await call('/v1/refresh', { method: 'POST', cookie, headers: SAME_ORIGIN });
    const text = await answer.text();
    expect(text).not.toContain('mr1.');
    expect(JSON.parse(text)).not.toHaveProperty('refresh_token');
    expect(answer.headers.get('set-cookie')).toContain('mr1.');
  });

  test('bearer delivery: no cookie in any answer', async () => {
    const { refresh_token } = await signIn('delivery@example.test');
    const answer = await call('/v1/refresh', { json: { refresh_token }, headers: { origin: BEARER_ORIGIN } });
    expect(answer.headers.has('set-cookie')).toBe(false);
    const next = (await answer.json()) as Tokens;
    expect(next.refresh_token).toMatch(/^mr1\./);
    const out = await call('/v1/sign-out', { json: { refresh_token: next.refresh_token } });
    expect([out.status, out.headers.has('set-cookie')]).toEqual([204, false]);
  });

  test.each(['refresh', 'sign-out'])(
    '%s: a bearer token in the cookie is not taken, and lives on',
    async (endpoint) => {
      const tokens = await signIn('delivery@example.test');
      const answer = await call(`/v1/${endpoint}`, {
        method: 'POST',
        cookie: cookieOf(tokens.refresh_token),
        headers: SAME_ORIGIN,
      });
      expect(await verdict(answer)).toEqual(endpoint === 'refresh' ? [400, 'invalid_grant'] : [204, undefined]);
      expect((await call('/v1/refresh', { json: { refresh_token: tokens.refresh_token } })).status).toBe(200);
    },
  );

  test.each(['refresh', 'sign-out'])('%s: a cookie token in the body is not taken, and lives on', async (endpoint) => {
    const { cookie } = await signInCookie('delivery@example.test');
    const answer = await call(`/v1/${endpoint}`, { json: { refresh_token: tokenOf(cookie) } });
    expect(await verdict(answer)).toEqual(endpoint === 'refresh' ? [400, 'invalid_grant'] : [204, undefined]);
    expect((await call('/v1/refresh', { method: 'POST', cookie, headers: SAME_ORIGIN })).status).toBe(200);
  });

  test('X07: body and cookie at once: the body counts, and no cookie is touched', async () => {
    const { cookie } = await signInCookie('delivery@example.test');
    const tokens = await signIn('delivery@example.test');
    const answer = await call('/v1/refresh', { json: { refresh_token: tokens.refresh_token }, cookie });
    expect([answer.status, answer.headers.has('set-cookie')]).toEqual([200, false]);
    const out = await call('/v1/sign-out', { json: { refresh_token: tokens.refresh_token }, cookie });
    expect([out.status, out.headers.has('set-cookie')]).toEqual([204, false]);
    expect((await call('/v1/refresh', { method: 'POST', cookie, headers: SAME_ORIGIN })).status).toBe(200);
  });

  test('X06: a cookie never authenticates at the account API', async () => {
    const { cookie, accessToken } = await signInCookie('delivery@example.test');
    for (const text of [cookie, cookieOf(accessToken), `access_token=${accessToken}`]) {
      const answer = await call('/v1/me', { cookie: text, headers: SAME_ORIGIN });
      expect(await verdict(answer)).toEqual([401, 'invalid_token']);
    }
  });

  test('B05: attributes of the cookie, set and removed, for https', async () => {
    const answer = await call('/v1/sign-in', {
      json: { email: 'delivery@example.test', password: PASSWORD },
      headers: SAME_ORIGIN,
    });
    const [set = '', device = ''] = answer.headers.getSetCookie();
    expect(set.replace(/mr1\.[^;]+/, '…')).toBe(
      '__Host-mapae-refresh=…; HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000; Secure',
    );
    expect(device.replace(/md1\.[^;]+/, '…')).toBe(
      '__Host-mapae-device=…; HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000; Secure',
    );
    expect(set.length).toBeLessThan(4_096);
    const out = await call('/v1/sign-out', { method: 'POST', cookie: set.split(';')[0] ?? '', headers: SAME_ORIGIN });
    expect(out.headers.get('set-cookie')).toBe(
      '__Host-mapae-refresh=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0; Secure',
    );
  });

  test('R12: a sign-in by cookie ends the session that the browser had; one that sets no cookie, or fails, ends nothing', async () => {
    const email = 'delivery@example.test';
    const lives = async (cookie: string): Promise<boolean> =>
      (await call('/v1/refresh', { method: 'POST', cookie, headers: SAME_ORIGIN })).status === 200;
    const former = await signInCookie(email);
    const signInBeside = (json: object, cookie: string) =>
      call('/v1/sign-in', { json: { email, password: PASSWORD, ...json }, cookie, headers: SAME_ORIGIN });
    expect((await signInBeside({ password: 'a wrong password' }, former.cookie)).status).toBe(401);
    const bearer = await call('/v1/sign-in', {
      json: { email, password: PASSWORD, delivery: 'bearer' },
      cookie: former.cookie,
    });
    expect([bearer.status, await lives(former.cookie)]).toEqual([200, true]);
    const answer = await signInBeside({}, former.cookie);
    const [cookie = ''] = answer.headers.getSetCookie().map((set) => set.slice(0, set.indexOf(';')));
    expect([answer.status, await lives(former.cookie), await lives(cookie)]).toEqual([200, false, true]);
    expect(await verdict(await call('/v1/me', { bearer: former.accessToken }))).toEqual([401, 'invalid_token']);
  });

  test('B05: a refused refresh removes the cookie', async () => {
    const answer = await call('/v1/refresh', { method: 'POST', cookie: cookieOf('mr1.x'), headers: SAME_ORIGIN });
    expect(await verdict(answer)).toEqual([400, 'invalid_grant']);
    expect(answer.headers.get('set-cookie')).toContain('Max-Age=0');
  });

  test('B05: plain http in development has neither prefix nor Secure', async () => {
    const issuer = 'http://localhost:4000';
    await using plain = await openServer({ issuer, mode: 'development' });
    await plain.signUp('a@example.test');
    const answer = await plain.call('/v1/sign-in', {
      json: { email: 'a@example.test', password: PASSWORD },
      headers: SAME_ORIGIN,
    });
    expect(answer.headers.getSetCookie().map((set) => set.replace(/m[rd]1\.[^;]+/, '…'))).toEqual([
      'mapae-refresh=…; HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000',
      'mapae-device=…; HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000',
    ]);
  });

  test('the cookie lives no longer than the session may', async () => {
    await using short = await openServer({ idleSeconds: 3_600, absoluteSeconds: 5_000 });
    await short.signUp('a@example.test');
    let { cookie } = await short.signInCookie('a@example.test');
    short.clock.pass(3_000);
    const answer = await short.call('/v1/refresh', { method: 'POST', cookie, headers: SAME_ORIGIN });
    expect(answer.headers.get('set-cookie')).toContain('Max-Age=2000;');
    [cookie = ''] = (answer.headers.get('set-cookie') ?? '').split(';');
    short.clock.pass(2_000);
    expect(await verdict(await short.call('/v1/refresh', { method: 'POST', cookie, headers: SAME_ORIGIN }))).toEqual([
      400,
      'invalid_grant',
    ]);
  });

  test('X09: Host, Forwarded and X-Forwarded-* change nothing: not the cookie, not the metadata, not the issuer in a token', async () => {
    const hostile = {
      host: 'evil.example',
      forwarded: 'host=evil.example;proto=http',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': '81',
      'x-forwarded-prefix': '/evil',
      'x-original-url': '/v1/me',
      'x-rewrite-url': '/v1/me',
      'x-http-method-override': 'DELETE',
    };
    for (const path of [
      '/.well-known/oauth-authorization-server',
      '/.well-known/openid-configuration',
      '/.well-known/jwks.json',
      '/openapi.json',
    ]) {
      const [plain, forged] = [await call(path), await call(path, { headers: hostile })];
      expect(await forged.text()).toBe(await plain.text());
    }
    const answer = await call('/v1/sign-in', {
      json: { email: 'delivery@example.test', password: PASSWORD },
      headers: { ...hostile, ...SAME_ORIGIN },
    });
    expect(answer.headers.get('set-cookie')).toMatch(/^__Host-.*; Secure$/);
    const { access_token } = (await answer.json()) as Tokens;
    const claims = JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString()) as object;
    expect(claims).toMatchObject({ iss: ISSUER, aud: ISSUER });
    // an Origin that fits the forged host is still a stranger
    const csrf = await call('/v1/sign-in', {
      json: { email: 'delivery@example.test', password: PASSWORD },
      headers: { ...hostile, origin: 'https://evil.example' },
    });
    expect(await verdict(csrf)).toEqual([403, 'request/cross-origin']);
  });
});
