import { createHash } from 'node:crypto';
import { createVerifier } from '@mapae/verifier';
import { describe, expect, test } from 'vitest';
import { ROUTES } from '../../src/endpoints/routes.ts';
import { API, FEED_KEY, ISSUER, shareServer, verdict } from './server-under-test.ts';

describe('metadata', () => {
  const { call } = shareServer();
  const json = async (path: string): Promise<Record<string, unknown>> =>
    (await (await call(path)).json()) as Record<string, unknown>;

  test('RFC 8414 §3.3: the issuer is exactly the one configured, and both addresses say the same', async () => {
    const oauth = await json('/.well-known/oauth-authorization-server');
    expect(oauth['issuer']).toBe(ISSUER);
    expect(await json('/.well-known/openid-configuration')).toEqual(oauth);
  });

  test('every address in it exists', async () => {
    const addresses = Object.entries(await json('/.well-known/oauth-authorization-server')).filter(([name]) =>
      name.endsWith('_uri'),
    );
    expect(addresses.length).toBeGreaterThan(1);
    for (const [, address] of addresses) {
      expect(String(address).startsWith(`${ISSUER}/`)).toBe(true);
      expect(Object.keys(ROUTES)).toContain(String(address).slice(ISSUER.length));
    }
  });

  test('no member is null, and none is of a feature that is not there', async () => {
    const oauth = await json('/.well-known/oauth-authorization-server');
    expect(Object.values(oauth)).not.toContain(null);
    for (const name of Object.keys(oauth).filter((one) => one.endsWith('_endpoint'))) {
      expect(Object.keys(ROUTES)).toContain(String(oauth[name]).slice(ISSUER.length));
    }
  });

  test('RFC 7517 §9.3: the key set is public parts only', async () => {
    const { keys } = (await json('/.well-known/jwks.json')) as { keys: readonly Record<string, unknown>[] };
    expect(keys.length).toBeGreaterThan(1);
    for (const key of keys)
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(key).not.toHaveProperty(secret);
  });
});

describe('an issuer with a path', () => {
  const host = 'https://shared.example.test';
  const { server, clock } = shareServer({ issuer: `${host}/auth/kim` });
  const get = (path: string): Promise<Response> => server.fetch(new Request(host + path));

  test('RFC 8414 §3.1: its metadata is between host and path; OpenID Connect Discovery §4.1: and behind the path', async () => {
    for (const path of [
      '/.well-known/oauth-authorization-server/auth/kim',
      '/auth/kim/.well-known/openid-configuration',
    ]) {
      const { issuer, jwks_uri: keys } = (await (await get(path)).json()) as Record<string, string>;
      expect(issuer).toBe(`${host}/auth/kim`);
      expect((await server.fetch(new Request(keys ?? ''))).status).toBe(200);
    }
  });

  test('everything else is behind it, and nothing at the root', async () => {
    const body = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    expect((await server.fetch(new Request(`${host}/auth/kim/v1/refresh`, body))).status).toBe(400);
    expect((await get('/auth/kim/events/revocations/snapshot')).status).toBe(401);
    for (const path of ['/v1/me', '/.well-known/openid-configuration', '/.well-known/jwks.json', '/auth/v1/me'])
      expect((await get(path)).status).toBe(404);
    // whoever runs the process asks it by its port
    for (const path of ['/healthz', '/readyz']) expect((await get(path)).status).toBe(200);
  });

  test('a verifier that is given the issuer finds keys and feed', async () => {
    const verifier = createVerifier({
      issuer: `${host}/auth/kim`,
      audience: API,
      feed: { key: FEED_KEY },
      clock: clock.read,
      fetch: (input, init) => server.fetch(new Request(input, init)),
    });
    await verifier.ready();
    verifier.close();
  });
});

describe('the reference page', () => {
  const { call } = shareServer();

  test('names every operation with its codes, without script or anything from elsewhere', async () => {
    const answer = await call('/reference');
    const html = await answer.text();
    for (const [path, methods] of Object.entries(ROUTES)) {
      for (const method of Object.keys(methods)) {
        expect(html).toContain(`<b>${method}</b> <code>${path.replace(/:(\w+)/, '{$1}')}</code>`);
      }
    }
    expect(html).toContain('account/credentials');
    expect(html).not.toMatch(/<script|https?:\/\/|@import|url\(/);
    const [, style = ''] = /<style>([^<]*)<\/style>/.exec(html) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(answer.headers.get('content-security-policy')).toContain(`'sha256-${hash}'`);
  });
});

describe('the feed', () => {
  const { call } = shareServer();
  const key = { authorization: `Bearer ${FEED_KEY}` };

  test.each(['/events/revocations', '/events/revocations/snapshot'])('%s needs its key', async (path) => {
    const wrong = [
      {},
      { authorization: 'Bearer x' },
      { authorization: `Basic ${FEED_KEY}` },
      { authorization: `Bearer ${FEED_KEY}, x` },
    ];
    for (const headers of wrong) {
      const answer = await call(path, { headers });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(await verdict(answer)).toEqual([401, 'feed/credential']);
    }
    const answer = await call(path, { headers: key });
    expect(answer.status).toBe(200);
    await answer.body?.cancel();
  });

  test('RFC 9110 §13.1.2: a snapshot that is known already is 304', async () => {
    const etag = (await call('/events/revocations/snapshot', { headers: key })).headers.get('etag') ?? '';
    const again = await call('/events/revocations/snapshot', { headers: { ...key, 'if-none-match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });
});
