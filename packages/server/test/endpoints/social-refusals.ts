import { afterAll, describe, expect, test } from 'vitest';
import type { Hooks } from '../../src/index.ts';
import { RunningClock } from '../social/running-clock.ts';
import { APP, ISSUERS, routeTo, startStandIns } from '../social/stand-ins.ts';
import {
  type Changed,
  ISSUER,
  openServer,
  PASSWORD,
  SAME_ORIGIN,
  shareServer,
  type Tokens,
  verdict,
} from './server-under-test.ts';

/** Everything else that an app's token, a link and an unlink can be refused with. */
describe('refusals of apps and of links', async () => {
  const standIns = await startStandIns((provider) => `${ISSUER}/social/${provider}/callback`);
  afterAll(() => standIns.close());
  const route = routeTo(standIns);
  const clock = new RunningClock();
  let network: 'up' | 'down' | 'html' = 'up';
  let hook: NonNullable<Hooks['beforeSignUp']> = () => ({ allow: true });
  const options = (requireVerifiedEmail: boolean, hostedDomain?: string): Changed => ({
    pages: false,
    clock: clock.read,
    requireVerifiedEmail,
    hooks: { beforeSignUp: (about) => hook(about) },
    social: {
      google: {
        clientId: APP.id,
        clientSecret: APP.secret,
        native: { clientIds: ['app'] },
        ...(hostedDomain === undefined ? {} : { hostedDomain }),
      },
    },
    async fetch(input, init) {
      if (network === 'down') throw new TypeError('connection refused');
      if (network === 'html') return new Response('<html></html>', { headers: { 'content-type': 'text/html' } });
      return fetch(route(new Request(input).url), init);
    },
  });
  const under = shareServer(options(false));
  const strict = shareServer(options(true));
  const token = (sub: string, changes: object = {}): string => {
    const now = Math.floor(clock.read() / 1_000);
    return standIns.idToken({ iss: ISSUERS['google'], aud: 'app', sub, iat: now, exp: now + 600, ...changes });
  };
  const exchange = (id_token: string, remoteAddress?: string) =>
    under.call('/v1/social/google/token', {
      json: { id_token },
      ...(remoteAddress === undefined ? {} : { remoteAddress }),
    });

  test('F13: while the provider is down nothing is exchanged', async () => {
    network = 'down';
    expect(await verdict(await exchange(token('one')))).toEqual([503, 'social/provider-down']);
    network = 'up';
    under.fault.failAlways(true);
    const answer = await exchange(token('one'));
    under.fault.failAlways(false);
    expect(await verdict(answer)).toEqual([503, 'server/unavailable']);
    expect((await exchange(token('one'))).status).toBe(200);
  });

  test('the application refuses or fails; no address is proved where one is asked for', async () => {
    hook = () => ({ allow: false, detail: 'for members only' });
    expect(await verdict(await exchange(token('two')))).toEqual([403, 'account/refused']);
    hook = () => {
      throw new Error('no');
    };
    expect(await verdict(await exchange(token('two')))).toEqual([503, 'server/hook']);
    hook = () => ({ allow: true });
    const answer = await strict.call('/v1/social/google/token', { json: { id_token: token('two') } });
    expect(await verdict(answer)).toEqual([403, 'social/email-unverified']);
  });

  test('links: unknown provider, refused token, no proof, an address that was never proved, a provider in trouble', async () => {
    const { access_token: bearer } = (await (await exchange(token('three'))).json()) as Tokens;
    const begin = (id: string) => under.call(`/v1/social/${id}/link`, { json: {}, bearer, headers: SAME_ORIGIN });
    const add = (json: object, by = bearer) => under.call('/v1/me/logins', { json, bearer: by, headers: SAME_ORIGIN });
    expect(await verdict(await begin('nobody'))).toEqual([404, 'social/unknown-provider']);
    expect(await verdict(await add({ provider: 'nobody', id_token: 'x' }))).toEqual([404, 'social/unknown-provider']);
    expect(await verdict(await add({ provider: 'google', id_token: 'x' }))).toEqual([401, 'social/token']);
    await under.signUp('unproved@example.test');
    const { access_token: unproved } = await under.signIn('unproved@example.test');
    expect(await verdict(await add({ provider: 'google', id_token: token('four') }, unproved))).toEqual([
      403,
      'account/unverified',
    ]);
    // an access token that was made a moment ago, of a session that is older
    const { refresh_token } = (await (await exchange(token('three'))).json()) as Tokens;
    clock.pass(601);
    const { access_token: old } = (await (
      await under.call('/v1/refresh', { json: { refresh_token } })
    ).json()) as Tokens;
    expect(await verdict(await add({ provider: 'google', id_token: token('four') }, old))).toEqual([
      403,
      'account/proof',
    ]);
    const wrong = { provider: 'google', id_token: token('four'), password: PASSWORD };
    expect(await verdict(await add(wrong, old))).toEqual([401, 'account/credentials']);
    const { logins } = (await (await under.call('/v1/me/logins', { bearer: old })).json()) as {
      readonly logins: readonly { readonly id: string }[];
    };
    const remove = () =>
      under.call(`/v1/me/logins/${logins[0]?.id ?? ''}`, {
        method: 'DELETE',
        bearer: old,
        json: { password: 'wrong' },
      });
    for (let i = 0; i < 9; i += 1) expect(await verdict(await remove())).toEqual([401, 'account/credentials']);
    expect(await verdict(await remove())).toEqual([429, 'request/too-many']);
    clock.pass(-601);
  });

  test('a provider in trouble when somebody begins to link', async () => {
    await using fresh = await openServer(options(false));
    await fresh.signUp('linker@example.test');
    await expect.poll(() => fresh.mails.length).toBe(1);
    const link = /\?token=([\w-]{22})/.exec(fresh.mails[0]?.text ?? '')?.[1];
    expect((await fresh.call('/v1/email/verify', { json: { token: link } })).status).toBe(204);
    const { access_token: bearer } = await fresh.signIn('linker@example.test');
    const begin = () => fresh.call('/v1/social/google/link', { json: {}, bearer, headers: SAME_ORIGIN });
    network = 'down';
    expect(await verdict(await begin())).toEqual([503, 'social/provider-down']);
    const add = { provider: 'google', id_token: token('five') };
    expect(await verdict(await fresh.call('/v1/me/logins', { json: add, bearer }))).toEqual([
      503,
      'social/provider-down',
    ]);
    network = 'html';
    expect(await verdict(await begin())).toEqual([502, 'social/provider-answer']);
    expect(await verdict(await fresh.call('/v1/me/logins', { json: add, bearer }))).toEqual([
      502,
      'social/provider-answer',
    ]);
    // an app is told so too, and not that its token is bad
    const native = await fresh.call('/v1/social/google/token', { json: { id_token: token('five') } });
    expect(await verdict(native)).toEqual([502, 'social/provider-answer']);
    network = 'up';
    expect((await begin()).status).toBe(200);
  });

  test('hostedDomain: a token of another domain, or of none, is denied; one of this domain is taken', async () => {
    await using corp = await openServer(options(false, 'corp.test'));
    const send = (changes: object) =>
      corp.call('/v1/social/google/token', { json: { id_token: token('hosted', changes) } });
    for (const changes of [{}, { hd: 'evil.test' }, { hd: 'CORP.test' }, { hd: ['corp.test'] }])
      expect(await verdict(await send(changes))).toEqual([403, 'social/denied']);
    const answer = await send({ hd: 'corp.test' });
    const { access_token: bearer } = (await answer.json()) as Tokens;
    const add = { provider: 'google', id_token: token('stranger') };
    expect(await verdict(await corp.call('/v1/me/logins', { json: add, bearer }))).toEqual([403, 'social/denied']);
  });

  test('limits', async () => {
    const { access_token: bearer } = (await (await exchange(token('six'))).json()) as Tokens;
    const remoteAddress = '198.51.100.20';
    await Promise.all(Array.from({ length: 62 }, () => under.call('/social/google/callback', { remoteAddress })));
    const tooMany = [429, 'request/too-many'];
    expect(await verdict(await exchange(token('six'), remoteAddress))).toEqual(tooMany);
    const headers = SAME_ORIGIN;
    const begin = await under.call('/v1/social/google/link', { json: {}, bearer, headers, remoteAddress });
    expect(await verdict(begin)).toEqual(tooMany);
    const add = await under.call('/v1/me/logins', { json: {}, bearer, headers, remoteAddress });
    expect(await verdict(add)).toEqual(tooMany);
  });
});
