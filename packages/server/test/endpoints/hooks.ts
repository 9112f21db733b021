import { describe, expect, test } from 'vitest';
import type { Hooks } from '../../src/index.ts';
import { API, openServer, PASSWORD, type Tokens, verdict } from './server-under-test.ts';

const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
const never = (): Promise<never> => new Promise(() => {});
const fails = (): never => {
  throw new Error(`a secret: ${PASSWORD}`);
};
const EMAIL = 'kim@example.test';
const SIGN_IN = { email: EMAIL, password: PASSWORD, delivery: 'bearer', resource: API };

describe('hooks', () => {
  test('accessTokenClaims adds claims at sign-in and at each refresh, and knows what the token is for', async () => {
    const asked: unknown[] = [];
    let plan = 'free';
    await using under = await openServer({
      hooks: {
        accessTokenClaims(about) {
          asked.push(about);
          return { plan };
        },
      },
    });
    await under.signUp(EMAIL);
    const tokens = await under.signIn(EMAIL, { resource: API, scope: 'notes:read' });
    expect(claimsOf(tokens.access_token)).toMatchObject({ plan: 'free', aud: API });
    plan = 'paid';
    const answer = await under.call('/v1/refresh', { json: { refresh_token: tokens.refresh_token } });
    const { access_token } = (await answer.json()) as Tokens;
    expect(claimsOf(access_token)).toMatchObject({ plan: 'paid' });
    const { sub, sid } = claimsOf(access_token);
    expect(asked[0]).toEqual({
      userId: sub,
      clientId: 'first-party',
      sessionId: sid,
      audience: API,
      scopes: ['notes:read'],
      roles: [],
    });
  });

  const broken: readonly (readonly [string, Hooks['accessTokenClaims']])[] = [
    ['throws', fails],
    ['rejects', () => Promise.reject(new Error('no'))],
    ['never answers', never],
    ['answers with a text', (() => 'plan') as unknown as Hooks['accessTokenClaims']],
    ["sets a claim of the server's own", () => ({ sub: 'somebody-else' })],
    ['raises its roles', () => ({ roles: ['admin'] })],
    ['tells an address to whoever reads the token', () => ({ email: 'kim@example.test' })],
    ['is longer than a token may be', () => ({ plan: 'x'.repeat(1_000) })],
    ['lengthens its life', () => ({ exp: 9_999_999_999 })],
  ];

  test.each(broken)(
    'accessTokenClaims that %s: 503, no token, and the refresh token is good afterwards',
    async (_title, hook) => {
      let mode: Hooks['accessTokenClaims'];
      await using under = await openServer({ hooks: { accessTokenClaims: (about) => mode?.(about) ?? {} } });
      await under.signUp(EMAIL);
      const { refresh_token } = await under.signIn(EMAIL);
      under.clock.pass(60);
      mode = hook;
      const refused = await under.call('/v1/refresh', { json: { refresh_token } });
      expect(refused.headers.get('retry-after')).toBe('1');
      const text = await refused.clone().text();
      expect(text).not.toContain('access_token');
      expect(text).not.toContain('secret');
      expect(await verdict(refused)).toEqual([503, 'server/hook']);
      expect(under.log.find(({ event }) => event === 'hook.failed')).toMatchObject({ hook: 'accessTokenClaims' });
      expect(JSON.stringify(under.log)).not.toContain(PASSWORD);
      mode = undefined;
      expect((await under.call('/v1/refresh', { json: { refresh_token } })).status).toBe(200);
    },
  );

  test('accessTokenClaims that fails at sign-in, or at a change of password: 503', async () => {
    let mode: Hooks['accessTokenClaims'];
    await using under = await openServer({ hooks: { accessTokenClaims: (about) => mode?.(about) ?? {} } });
    await under.signUp(EMAIL);
    const { access_token: bearer } = await under.signIn(EMAIL);
    mode = fails;
    expect(await verdict(await under.call('/v1/sign-in', { json: SIGN_IN }))).toEqual([503, 'server/hook']);
    const json = { password: PASSWORD, new_password: 'another horse and battery' };
    expect(await verdict(await under.call('/v1/password/change', { json, bearer }))).toEqual([503, 'server/hook']);
  });

  test('beforeSignUp refuses with its own words, the same for a known address', async () => {
    await using under = await openServer({
      hooks: {
        beforeSignUp: ({ email }) =>
          email?.endsWith('@example.test') === true ? { allow: true } : { allow: false, detail: 'for members only' },
      },
    });
    await under.signUp(EMAIL);
    const answer = await under.call('/v1/sign-up', { json: { email: 'kim@other.test', password: PASSWORD } });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ code: 'account/refused', detail: 'for members only' });
    expect(under.mails.every(({ to }) => to === EMAIL)).toBe(true);
  });

  test.each([
    ['throws', fails],
    ['never answers', never],
    ['forgets to answer', (() => undefined) as unknown as Hooks['beforeSignUp']],
    ['refuses without a word', (() => ({ allow: false })) as unknown as Hooks['beforeSignUp']],
  ] as const)('beforeSignUp that %s: 503, and there is no account', async (_title, beforeSignUp) => {
    await using under = await openServer({
      hooks: { beforeSignUp: beforeSignUp as NonNullable<Hooks['beforeSignUp']> },
    });
    const answer = await under.call('/v1/sign-up', { json: { email: EMAIL, password: PASSWORD } });
    expect(await verdict(answer)).toEqual([503, 'server/hook']);
    expect(await verdict(await under.call('/v1/sign-in', { json: SIGN_IN }))).toEqual([401, 'account/credentials']);
  });

  test.each([
    ['throws', fails],
    ['never answers', never],
  ] as const)('afterSignIn that %s is logged, and the person is signed in', async (_title, afterSignIn) => {
    const told: unknown[] = [];
    await using under = await openServer({
      hooks: {
        afterSignIn(about) {
          told.push(about);
          return afterSignIn();
        },
      },
    });
    await under.signUp(EMAIL);
    const { access_token } = await under.signIn(EMAIL);
    const { sub, sid } = claimsOf(access_token);
    expect(told).toEqual([{ userId: sub, sessionId: sid, clientId: 'first-party', ip: undefined }]);
    expect(under.log.some(({ event, hook }) => event === 'hook.failed' && hook === 'afterSignIn')).toBe(true);
  });

  test('a hook that is unknown, or no function, stops the start', async () => {
    await expect(openServer({ hooks: { afterSignOut: () => {} } as unknown as Hooks })).rejects.toThrow(
      /hooks|unknown/,
    );
    await expect(openServer({ hooks: { afterSignIn: 'x' } as unknown as Hooks })).rejects.toThrow(/hooks/);
  });
});
