import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { createJwtSigner, exportPublicJwk, publicKeyOf } from '@mapae/jwt';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { badTokens } from '../../jwt/test/bad-tokens.ts';
import { goodContext } from '../../jwt/test/good-claims.ts';
import * as forExpress from '../src/adapters/express.ts';
import * as forFastify from '../src/adapters/fastify.ts';
import * as forFetch from '../src/adapters/fetch.ts';
import * as forHono from '../src/adapters/hono.ts';
import * as forNode from '../src/adapters/node.ts';
import { createVerifier } from '../src/index.ts';

const now = Date.UTC(2026, 10, 23);
const context = goodContext(now);
const verifier = createVerifier({
  issuer: context.issuer,
  audience: context.audience,
  keys: { keys: [exportPublicJwk(publicKeyOf(context.key))] },
  feed: false,
  clock: () => now,
});
const sign = (change: object = {}): string =>
  createJwtSigner({ key: context.key, typ: 'at+jwt' }).sign({ ...context.claims, ...change });

/** Each answers `/` with the subject, and `/admin` only to the scope `admin`. */
const SERVERS: Readonly<Record<string, () => Promise<Server>>> = {
  async node() {
    const plain = forNode.protect(verifier, (_request, response, principal) => response.end(principal.subject));
    const admin = forNode.protect(verifier, (_request, response, principal) => response.end(principal.subject), {
      scope: 'admin',
    });
    return createServer((request, response) => void (request.url === '/admin' ? admin : plain)(request, response));
  },
  async fetch() {
    const plain = forFetch.protect(verifier, (_request, principal) => new Response(principal.subject));
    const admin = forFetch.protect(verifier, (_request, principal) => new Response(principal.subject), {
      scope: 'admin',
    });
    const listener = getRequestListener((request) =>
      (new URL(request.url).pathname === '/admin' ? admin : plain)(request),
    );
    return createServer((request, response) => void listener(request, response));
  },
  async express() {
    const app = express();
    app.get(
      '/',
      forExpress.protect(verifier),
      (request, response) => void response.send(forExpress.principalOf(request).subject),
    );
    app.get(
      '/admin',
      forExpress.protect(verifier, { scope: 'admin' }),
      (_request, response) => void response.send('in'),
    );
    return createServer((request, response) => void app(request, response));
  },
  async fastify() {
    const app = fastify();
    app.get('/', { onRequest: forFastify.protect(verifier) }, (request) => forFastify.principalOf(request).subject);
    app.get('/admin', { onRequest: forFastify.protect(verifier, { scope: 'admin' }) }, () => 'in');
    await app.ready();
    return createServer((request, response) => app.routing(request, response));
  },
  async hono() {
    const app = new Hono();
    app.get('/', forHono.protect(verifier), (c) => c.text(forHono.principalOf(c).subject));
    app.get('/admin', forHono.protect(verifier, { scope: 'admin' }), (c) => c.text('in'));
    const listener = getRequestListener((request) => app.fetch(request));
    return createServer((request, response) => void listener(request, response));
  },
};

describe.each(Object.keys(SERVERS))('%s', (name) => {
  let server: Server;
  let port: number;
  beforeAll(async () => {
    server = (await SERVERS[name]?.()) ?? createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  /** Raw node:http, so that headers arrive exactly as they are given, twice too. */
  function call(headers: string[], path = '/') {
    return new Promise<{ status: number; challenge: string | undefined; code: unknown; text: string }>(
      (resolve, reject) => {
        httpRequest(
          { port, host: '127.0.0.1', path, headers: ['host', 'localhost', ...headers], agent: false },
          (response) => {
            let text = '';
            response.setEncoding('utf8').on('data', (chunk: string) => {
              text += chunk;
            });
            response.on('end', () => {
              const isJson = response.headers['content-type']?.includes('json') === true;
              const code = isJson ? (JSON.parse(text) as { code?: unknown }).code : undefined;
              resolve({
                status: response.statusCode ?? 0,
                challenge: response.headers['www-authenticate'],
                code,
                text,
              });
            });
          },
        )
          .on('error', reject)
          .end();
      },
    );
  }

  test('a good token is let in, the scheme in any case, and the handler knows who it is', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect(await call(['authorization', `${scheme} ${sign()}`])).toMatchObject({
        status: 200,
        text: context.claims.sub,
      });
    }
  });

  test('every row of the catalogue: 401 with a challenge and its code, never 500', async () => {
    for (const { id, title, token, code } of badTokens(context)) {
      const answer = await call(['authorization', `Bearer ${token}`]);
      const got = [id, title, answer.status, answer.status === 200 ? 'accepted' : answer.code];
      expect(got).toEqual([id, title, code === 'accepted' ? 200 : 401, code]);
      if (answer.status === 401) expect(answer.challenge).toBe('Bearer error="invalid_token"');
    }
  });

  test('RFC 9068 §2.2: a claim that is missing or mistyped is 401', async () => {
    const changes = [
      { sub: undefined },
      { client_id: undefined },
      { client_id: 1 },
      { jti: undefined },
      { iat: undefined },
      { sid: 1 },
      { scope: ['a'] },
    ];
    for (const change of changes) {
      expect(await call(['authorization', `Bearer ${sign(change)}`])).toMatchObject({
        status: 401,
        code: 'token/claim',
      });
    }
  });

  test('C11: a token that is bound to a key is refused as a bearer token', async () => {
    expect(await call(['authorization', `Bearer ${sign({ cnf: { jkt: 'x' } })}`])).toMatchObject({
      status: 401,
      code: 'token/bound',
    });
  });

  test.each([
    ['X01', 'in the query', [], `/?access_token=${'x'}`],
    ['X03', 'no header', [], '/'],
    ['X03', 'an empty header', ['authorization', ''], '/'],
    ['X03', 'only a scheme', ['authorization', 'Bearer'], '/'],
    ['X03', 'another scheme', ['authorization', 'Basic eDp5'], '/'],
    ['X03', 'two spaces', ['authorization', `Bearer  ${sign()}`], '/'],
    ['X05', 'identity headers', ['x-user', 'admin', 'x-forwarded-user', 'admin'], '/'],
    ['X06', 'in a cookie', ['cookie', `token=${sign()}`], '/'],
    ['X06', 'in another header', ['x-authorization', `Bearer ${sign()}`], '/'],
  ])('%s: %s is 401 without an error code (RFC 6750 §3.1)', async (_id, _title, headers, path) => {
    expect(await call(headers, path)).toMatchObject({ status: 401, challenge: 'Bearer' });
  });

  test('X02: two Authorization headers are 400', async () => {
    const header = ['authorization', `Bearer ${sign()}`];
    expect(await call([...header, ...header])).toMatchObject({ status: 400, code: 'request/authorization' });
    expect(await call(['authorization', `Bearer ${sign()}, Bearer ${sign()}`])).toMatchObject({
      status: 400,
      code: 'request/authorization',
    });
  });

  test('C08: a scope that is missing is 403 and named', async () => {
    const refused = await call(['authorization', `Bearer ${sign()}`], '/admin');
    expect(refused).toMatchObject({
      status: 403,
      code: 'request/scope',
      challenge: 'Bearer error="insufficient_scope", scope="admin"',
    });
    expect(await call(['authorization', `Bearer ${sign({ scope: 'notes:read admin' })}`], '/admin')).toMatchObject({
      status: 200,
    });
  });
});

test('a route that forgot the guard fails closed', () => {
  for (const { principalOf } of [forExpress, forFastify, forHono]) expect(() => principalOf({})).toThrow(/protect/);
});
