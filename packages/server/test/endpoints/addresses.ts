import { describe, expect, test } from 'vitest';
import { ROUTES } from '../../src/endpoints/routes.ts';
import { APP_ORIGIN, BEARER_ORIGIN, ISSUER, openServer, shareServer, verdict } from './server-under-test.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const rows = Object.entries(ROUTES).map(([path, methods]) => [path, Object.keys(methods)] as const);

describe('addresses', () => {
  const { call, server } = shareServer();

  test.each(rows)('%s knows %j and no other method: 405 with Allow (RFC 9110 §15.5.6)', async (path, known) => {
    const allowed = [...known, ...(known.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
    for (const method of METHODS.filter((one) => !allowed.includes(one))) {
      const answer = await call(path, { method });
      expect([method, answer.status, answer.headers.get('allow')]).toEqual([method, 405, allowed.join(', ')]);
      if (method !== 'HEAD') expect(await answer.json()).toMatchObject({ code: 'request/method' });
    }
  });

  test.each([
    '/v1',
    '/v1/sign-in/',
    '/V1/sign-in',
    '/v1//sign-in',
    '/v1/sessions/a/b',
    '/.env',
    '/v1/%73ign-in%00',
    '/__proto__',
    '/constructor',
    '/account/',
    '/link/other',
  ])('%s is 404', async (path) => {
    for (const method of ['GET', 'POST']) {
      expect(await verdict(await call(path, { method }))).toEqual([404, 'request/not-found']);
    }
  });

  test('HEAD is GET without a body', async () => {
    const answer = await call('/.well-known/jwks.json', { method: 'HEAD' });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  const everything = [
    ...rows.flatMap(([path]) => [...METHODS, 'OPTIONS'].map((method) => [method, path] as const)),
    ['GET', '/nothing'] as const,
    ['POST', '/nothing'] as const,
  ];

  test('security headers and a cache rule are on every answer: 200, 4xx, 404, 405, OPTIONS', async () => {
    for (const [method, path] of everything) {
      const { headers, body } = await server.fetch(new Request(ISSUER + path, { method }));
      await body?.cancel();
      expect({
        method,
        path,
        csp: headers.get('content-security-policy'),
        nosniff: headers.get('x-content-type-options'),
        referrer: headers.get('referrer-policy'),
        resource: headers.get('cross-origin-resource-policy'),
        hsts: headers.get('strict-transport-security'),
        vary: headers.get('vary'),
      }).toEqual({
        method,
        path,
        csp: expect.stringMatching(
          path === '/reference' && ['GET', 'HEAD'].includes(method)
            ? /^default-src 'none'; style-src 'sha256-[^']+'; .*frame-ancestors 'none'$/
            : /^default-src 'none'; frame-ancestors 'none'$/,
        ) as unknown,
        nosniff: 'nosniff',
        referrer: 'no-referrer',
        resource: 'same-origin',
        hsts: 'max-age=31536000',
        vary: 'Origin, Sec-Fetch-Site',
      });
      const cacheable = /^\/(\.well-known|openapi|reference)/.test(path) && ['GET', 'HEAD'].includes(method);
      const feed = path === '/events/revocations/snapshot' ? ['no-cache', 'no-store'] : ['no-store'];
      expect(cacheable ? ['public, max-age=60'] : feed, `${method} ${path}`).toContain(headers.get('cache-control'));
    }
  });

  test('plain http in development promises no https', async () => {
    await using plain = await openServer({ issuer: 'http://localhost:4000', mode: 'development' });
    expect((await plain.call('/healthz')).headers.has('strict-transport-security')).toBe(false);
  });
});

const LISTED = 'GET, POST, PATCH, DELETE';

describe('B11: CORS', () => {
  const { call } = shareServer();
  const cors = ({ headers }: Response) => ({
    origin: headers.get('access-control-allow-origin'),
    credentials: headers.get('access-control-allow-credentials'),
    methods: headers.get('access-control-allow-methods'),
  });

  const origins: readonly (readonly [origin: string, allowed: boolean, credentials: 'true' | null])[] = [
    [APP_ORIGIN, true, 'true'],
    [BEARER_ORIGIN, true, null],
    ['https://evil.example', false, null],
    ['null', false, null],
    ['https://app.example.test.evil.example', false, null],
    ['https://evil-app.example.test', false, null],
    ['https://app.example.test:8443', false, null],
    ['http://app.example.test', false, null],
    ['https://APP.example.test', false, null],
    ['https://app.example.test/', false, null],
    ['https://app.example.test, https://evil.example', false, null],
    ['*', false, null],
  ];

  test.each(origins)('a preflight from %s', async (origin, allowed, credentials) => {
    const headers = {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    };
    const answer = await call('/v1/sign-in', { method: 'OPTIONS', headers });
    expect(answer.status).toBe(204);
    expect(cors(answer)).toEqual({
      origin: allowed ? origin : null,
      credentials,
      methods: allowed ? LISTED : null,
    });
    expect(answer.headers.get('access-control-allow-headers')).toBe(
      allowed ? 'authorization, content-type, idempotency-key' : null,
    );
    expect(answer.headers.get('access-control-max-age')).toBe(allowed ? '600' : null);
  });

  test.each(origins)('answers and errors for %s are readable alike', async (origin, allowed, credentials) => {
    for (const path of ['/.well-known/jwks.json', '/v1/me', '/nothing']) {
      const answer = await call(path, { headers: { origin } });
      expect(cors(answer)).toEqual({ origin: allowed ? origin : null, credentials, methods: null });
    }
  });

  test('without an Origin there is no CORS header', async () => {
    expect(cors(await call('/v1/me'))).toEqual({ origin: null, credentials: null, methods: null });
  });
});
