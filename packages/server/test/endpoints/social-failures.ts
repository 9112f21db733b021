import { afterAll, describe, expect, test } from 'vitest';
import type { Hooks } from '../../src/index.ts';
import { openStore } from '../../src/stores/kysely-store.ts';
import { openNodeSqlite } from '../../src/stores/node-sqlite.ts';
import { sqliteDialect } from '../../src/stores/sqlite.ts';
import { CALLBACK, demoAt, NOTES, newPeople, toCallback } from '../social/demo.ts';
import { startOidcProvider } from '../social/oidc-provider.ts';
import { RunningClock } from '../social/running-clock.ts';
import { openSmallBrowser, type SmallBrowser } from '../social/small-browser.ts';
import { Fault, withFault } from '../stores/faulty-dialect.ts';
import { checkDocumented } from './documented.ts';
import { ISSUER, openServer, SAME_ORIGIN, shareServer, verdict } from './server-under-test.ts';

type Network = 'up' | 'down' | 'html' | 'moved' | 'huge' | 'no-metadata';

async function answerAs(network: Network, ask: () => Promise<Response>): Promise<Response> {
  switch (network) {
    case 'up':
      return ask();
    case 'down':
      throw new TypeError('connection refused');
    case 'html':
      return new Response('<html>sign in to the wireless network</html>', { headers: { 'content-type': 'text/html' } });
    case 'moved':
      return Response.redirect('http://127.0.0.1:1/');
    case 'huge':
      return Response.json({ filler: 'x'.repeat(300_000) });
    case 'no-metadata':
      return new Response(null, { status: 404 });
  }
}

/** Every way to fail, for providers that answer by an address and for those that answer by a form. */
describe.each(['query', 'form_post'] as const)('a sign-in through a provider, by %s', async (responseMode) => {
  const provider = await startOidcProvider(CALLBACK);
  const clock = new RunningClock();
  const fault = new Fault();
  let network: Network = 'up';
  const broken: typeof fetch = (url, init) => answerAs(network, () => fetch(url, init));
  let hook: NonNullable<Hooks['beforeSignUp']> = () => ({ allow: true });
  const demo = { ...demoAt(provider.issuer), responseMode };
  const limitsFault = new Fault();
  afterAll(() => provider.close());
  const under = shareServer({
    pages: false,
    clock: clock.read,
    social: { oidc: [demo] },
    hooks: { beforeSignUp: (about) => hook(about) },
    requireVerifiedEmail: true,
    database: {
      async open(options) {
        const dialect = withFault(
          sqliteDialect(await openNodeSqlite(':memory:'), await openNodeSqlite(':memory:')),
          fault,
        );
        const { limits } = dialect;
        if (limits === undefined) throw new Error('SQLite has one');
        return openStore(
          { ...dialect, limits: withFault({ ...dialect, kysely: limits }, limitsFault).kysely },
          options,
        );
      },
    },
    fetch: broken,
  });
  const person = newPeople(provider);
  /** Goes to the callback, which is not called yet. */
  const arrive = async (tab = openSmallBrowser(under, ISSUER)) => {
    const { url, form } = await toCallback(tab);
    return { tab, finish: () => tab.step(url, form), url, form };
  };
  const finish = async () => {
    const { finish: step } = await arrive();
    return verdict(await step());
  };

  test('without a failure a person comes back', async () => {
    person();
    const { finish: step, tab } = await arrive();
    const answer = await step();
    expect([answer.status, answer.headers.get('location')]).toEqual([303, NOTES]);
    expect(tab.cookies()).toMatch(/^__Host-mapae-refresh=[^;]+$/);
  });

  describe('R12: whoever was signed in in this browser', () => {
    const lives = async (refresh: string): Promise<boolean> =>
      (await under.call('/v1/refresh', { json: {}, cookie: refresh, headers: SAME_ORIGIN })).status === 200;
    const refreshOf = (tab: SmallBrowser): string =>
      tab
        .cookies()
        .split('; ')
        .find((pair) => pair.startsWith('__Host-mapae-refresh=')) ?? '';
    type Arrived = Awaited<ReturnType<typeof arrive>>;
    const land = async ({ url, form }: Arrived, cookie: string): Promise<Response> => {
      const request = new Request(url, {
        headers: { cookie },
        ...(form === undefined ? {} : { method: 'POST', body: form }),
      });
      const response = await under.server.fetch(request);
      await checkDocumented(request, response);
      return response;
    };
    /** What comes back from another site brings no SameSite=Strict cookie. */
    const comeBack = (arrived: Arrived): Promise<Response> => {
      const strict = refreshOf(arrived.tab);
      const pairs = arrived.tab.cookies().split('; ');
      return land(arrived, pairs.filter((pair) => pair !== strict).join('; '));
    };
    /** A browser in which somebody is signed in here, and nobody at the provider. */
    const signedIn = async () => {
      person();
      const { tab: first, finish: step } = await arrive();
      await step();
      const refresh = refreshOf(first);
      const tab = openSmallBrowser(under, ISSUER);
      tab.setCookie('__Host-mapae-refresh', refresh.slice(refresh.indexOf('=') + 1));
      return { tab, refresh };
    };

    test('is so no longer once somebody has come back through a provider, whose cookie takes the place of theirs', async () => {
      const { tab, refresh } = await signedIn();
      const access = (await (
        await under.call('/v1/refresh', { json: {}, cookie: refresh, headers: SAME_ORIGIN })
      ).json()) as { readonly access_token: string };
      person();
      const arrived = await arrive(tab);
      expect(await lives(refresh)).toBe(true);
      const answer = await comeBack(arrived);
      const next = answer.headers.getSetCookie().find((set) => set.startsWith('__Host-mapae-refresh='));
      expect([answer.status, await lives(refresh), await lives(next?.split(';')[0] ?? '')]).toEqual([303, false, true]);
      expect((await under.call('/v1/me', { bearer: access.access_token })).status).toBe(401);
    });

    test('and whoever came in meanwhile, where the provider is of the same site and the cookie comes along', async () => {
      const meanwhile = await signedIn();
      const { tab, refresh } = await signedIn();
      person();
      const arrived = await arrive(tab);
      tab.setCookie('__Host-mapae-refresh', meanwhile.refresh.slice(meanwhile.refresh.indexOf('=') + 1));
      expect((await arrived.finish()).status).toBe(303);
      expect([await lives(refresh), await lives(meanwhile.refresh), await lives(refreshOf(tab))]).toEqual([
        false,
        false,
        true,
      ]);
    });

    test('stays where nobody came in: refused by the provider, or by a hook', async () => {
      const { tab, refresh } = await signedIn();
      person();
      provider.refuses = true;
      expect(await verdict(await comeBack(await arrive(tab)))).toEqual([403, 'social/denied']);
      provider.refuses = false;
      hook = () => ({ allow: false, detail: 'not today' });
      expect((await comeBack(await arrive(tab))).status).toBe(403);
      hook = () => ({ allow: true });
      expect(await lives(refresh)).toBe(true);
    });

    test('B04: with a second cookie beside theirs nobody is let in, and nobody is signed out', async () => {
      const { tab, refresh } = await signedIn();
      person();
      const answer = await land(await arrive(tab), `${tab.cookies()}; __host-mapae-refresh=x`);
      expect(await verdict(answer)).toEqual([403, 'request/cross-origin']);
      expect(await lives(refresh)).toBe(true);
      const start = await under.call('/social/demo/start', { cookie: `${refresh}; __host-mapae-refresh=x` });
      expect(await verdict(start)).toEqual([403, 'request/cross-origin']);
    });
  });

  test.runIf(responseMode === 'form_post')(
    'its flow cookie comes with forms of other sites, and is Secure',
    async () => {
      const answer = await under.call('/social/demo/start');
      expect(answer.headers.getSetCookie()[0]).toMatch(/; SameSite=None; .*; Secure$/);
    },
  );

  test('the other method is not answered', async () => {
    person();
    const { url, form, tab } = await arrive();
    const { origin, pathname, searchParams } = new URL(url);
    const other =
      form === undefined
        ? await tab.step(origin + pathname, searchParams)
        : await tab.step(`${origin}${pathname}?${form.toString()}`);
    expect(await verdict(other)).toEqual([405, 'request/method']);
  });

  test('the person says no', async () => {
    person();
    provider.refuses = true;
    expect(await finish()).toEqual([403, 'social/denied']);
    provider.refuses = false;
  });

  test('nobody began it', async () => {
    person();
    const { url, form } = await arrive();
    const stranger = openSmallBrowser(under, ISSUER);
    expect(await verdict(await stranger.step(url, form))).toEqual([400, 'social/state']);
  });

  test('it took too long', async () => {
    person();
    const { finish: step } = await arrive();
    clock.pass(601);
    expect(await verdict(await step())).toEqual([400, 'social/expired']);
    clock.pass(-601);
  });

  const networks = [
    ['down', 503, 'social/provider-down'],
    ['html', 502, 'social/provider-answer'],
    ['moved', 502, 'social/provider-answer'],
    ['huge', 502, 'social/provider-answer'],
    ['no-metadata', 502, 'social/provider-answer'],
  ] as const;
  test.each(networks)(
    'F13: the provider is %s at the callback: %i %s, and no half account',
    async (state, status, code) => {
      const { email } = person();
      const { finish: step, tab } = await arrive();
      network = state;
      expect(await verdict(await step())).toEqual([status, code]);
      network = 'up';
      expect(tab.cookies()).toBe('');
      // the same person can begin anew, and is new
      const again = await arrive();
      expect((await again.finish()).status).toBe(303);
      expect(under.mails.some(({ to }) => to === email)).toBe(false);
    },
  );

  test('the application refuses, or fails', async () => {
    person();
    hook = () => ({ allow: false, detail: 'for members only' });
    expect(await finish()).toEqual([403, 'account/refused']);
    hook = () => {
      throw new Error('no');
    };
    expect(await finish()).toEqual([503, 'server/hook']);
    hook = () => ({ allow: true });
    expect((await finish())[0]).toBe(303);
  });

  test('an address is asked for, and none is proved', async () => {
    person({ email_verified: false });
    expect(await finish()).toEqual([403, 'social/email-unverified']);
    person({ email: undefined });
    expect(await finish()).toEqual([403, 'social/email-unverified']);
  });

  test('F07: the proved address belongs to an account: an offer, and nothing is linked', async () => {
    const { email } = person();
    expect((await finish())[0]).toBe(303);
    const sub = 'somebody-else';
    provider.person = { sub, email, email_verified: true };
    const { finish: step, tab } = await arrive();
    expect(await verdict(await step())).toEqual([409, 'social/link-offer']);
    expect(tab.cookies()).toMatch(/^__Host-mapae-pending-login=[^;]+$/);
    // and again: it was not linked
    expect(await finish()).toEqual([409, 'social/link-offer']);
  });

  test('the database is gone, at each of its statements: 503, and no account without its login', async () => {
    let refused = 0;
    for (let n = 1; ; n += 1) {
      person();
      const { finish: step } = await arrive();
      fault.failAt(n, 'before');
      const answer = await step();
      const reached = fault.count() >= n;
      fault.failAt(0, 'before');
      if (!reached) break;
      // the server's own timers ask the database too: now and then the fault is theirs
      const [status, code] = await verdict(answer);
      if (status === 503) refused += 1;
      expect([status, code]).toEqual(status === 503 ? [503, 'server/unavailable'] : [303, undefined]);
      const again = await arrive();
      expect((await again.finish()).status).toBe(303);
    }
    expect(refused).toBeGreaterThan(8);
  });

  test('limits are judged first', async () => {
    const remoteAddress = responseMode === 'query' ? '198.51.100.7' : '198.51.100.8';
    const path = '/social/demo/callback';
    const form = {
      method: 'POST',
      raw: '',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    };
    const call = responseMode === 'query' ? {} : form;
    const all = await Promise.all(Array.from({ length: 61 }, () => under.call(path, { ...call, remoteAddress })));
    const verdicts = await Promise.all(all.map(verdict));
    expect(verdicts.filter(([status]) => status === 400)).toHaveLength(60);
    expect(verdicts.filter(([status]) => status === 429)).toHaveLength(1);
    expect(await verdict(await under.call('/social/demo/start', { remoteAddress }))).toEqual([429, 'request/too-many']);
    limitsFault.failAlways(true);
    const start = await under.call('/social/demo/start', { remoteAddress: '198.51.100.9' });
    expect(await verdict(start)).toEqual([503, 'server/unavailable']);
    limitsFault.failAlways(false);
  });

  test.runIf(responseMode === 'form_post')('a form that is none', async () => {
    const path = '/social/demo/callback';
    const send = async (call: object) => verdict(await under.call(path, { method: 'POST', ...call }));
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await send({ json: { state: 'x' } })).toEqual([415, 'request/content-type']);
    expect(await send({ raw: 'x'.repeat(70_000), headers: type })).toEqual([413, 'request/too-large']);
    expect(await send({ raw: 'state=a&state=a', headers: type })).toEqual([400, 'social/state']);
    expect(
      await verdict(await under.call('/social/nobody/callback', { method: 'POST', raw: '', headers: type })),
    ).toEqual([404, 'social/unknown-provider']);
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('gone')) });
    const init: RequestInit & { readonly duplex: 'half' } = { method: 'POST', headers: type, body, duplex: 'half' };
    const request = new Request(ISSUER + path, init);
    const cut = await under.server.fetch(request);
    await checkDocumented(request, cut);
    expect(await verdict(cut)).toEqual([400, 'request/malformed']);
  });

  test('F13: a provider that is down or answers nonsense when somebody begins', async () => {
    for (const [state, status, code] of networks) {
      network = state;
      await using fresh = await openServer({
        pages: false,
        clock: clock.read,
        social: { oidc: [demo] },
        fetch: broken,
      });
      expect([state, ...(await verdict(await fresh.call('/social/demo/start')))]).toEqual([state, status, code]);
      network = 'up';
      // it is back: nothing was remembered of the failure
      expect((await fresh.call('/social/demo/start')).status).toBe(303);
    }
  });
});
