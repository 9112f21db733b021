import { randomBytes } from 'node:crypto';
import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { createServer } from '@mapae/server';
import { createVerifier } from '@mapae/verifier';
import { protect } from '@mapae/verifier/node';
import { expect, test } from 'vitest';
import type { StoreDialect } from '../../packages/server/src/stores/dialect.ts';
import { openStore } from '../../packages/server/src/stores/kysely-store.ts';
import { openNodeSqlite } from '../../packages/server/src/stores/node-sqlite.ts';
import { openPool, postgresDialect } from '../../packages/server/src/stores/postgres.ts';
import { sqliteDialect } from '../../packages/server/src/stores/sqlite.ts';
import { Fault, withFault } from '../../packages/server/test/stores/faulty-dialect.ts';
import { createPostgresDatabase } from '../support/postgres-database.ts';

const API = 'http://localhost/notes';
const SESSIONS = 12;
const REQUESTS = 400;

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

async function takeToken(issuer: string, email: string): Promise<string> {
  const post = (path: string, body: object): Promise<Response> =>
    fetch(issuer + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  await post('/v1/sign-up', { email, password: 'correct horse battery' });
  const answer = await post('/v1/sign-in', {
    email,
    password: 'correct horse battery',
    delivery: 'bearer',
    resource: API,
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

test.each([
  ['SQLite', async () => sqliteDialect(await openNodeSqlite(':memory:'), await openNodeSqlite(':memory:'))],
  ['PostgreSQL', async () => postgresDialect(await openPool(await createPostgresDatabase()))],
] satisfies readonly (readonly [string, () => Promise<StoreDialect>])[])(
  'an authenticated API request costs no database statement and no request to the server (%s)',
  async (_name, open) => {
    const fault = new Fault();
    let issuerRequests = 0;
    const issuerHttp = createHttpServer((request, response) => {
      // the verifier follows the feed and says every few seconds how it is, whether there are requests or not
      if (request.url?.startsWith('/events/') !== true) issuerRequests += 1;
      void listener(request, response);
    });
    const issuer = await listen(issuerHttp);
    const server = await createServer({
      issuer,
      mode: 'development',
      database: { open: async (options) => openStore(withFault(await open(), fault), options) },
      secrets: [randomBytes(32).toString('base64url')],
      resources: [{ identifier: API, scopes: ['notes:read'] }],
      dangerouslyOpenFeed: true,
    });
    const listener = getRequestListener((request) => server.fetch(request));
    const verifier = createVerifier({ issuer, audience: API });
    const guarded = protect(verifier, (_request, response, principal) => response.end(principal.subject));
    const apiHttp = createHttpServer((request, response) => void guarded(request, response));
    const api = await listen(apiHttp);
    try {
      await verifier.ready();
      const tokens = await Promise.all(
        Array.from({ length: SESSIONS }, (_, i) => takeToken(issuer, `${i}@example.test`)),
      );
      const ask = (address: string, token: string): Promise<Response> =>
        fetch(address, { headers: { authorization: `Bearer ${token}` } });
      // what the server asks its database for by itself: the polls, the heartbeat, mails of the sign-ups that are still on their way
      fault.statements.length = 0;
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      const idle = new Set(fault.statements);

      fault.statements.length = 0;
      issuerRequests = 0;
      for (let i = 0; i < REQUESTS; i += 1) {
        const answer = await ask(api, tokens[i % SESSIONS] ?? '');
        expect(answer.status).toBe(200);
        await answer.text();
      }
      expect(issuerRequests).toBe(0);
      // a timer of the server's own that is slower than the look above may come once; what is asked for a request, or for
      // each token, comes at least as often as there are tokens
      const asked = fault.statements.filter((sql) => !idle.has(sql));
      expect(Math.max(0, ...asked.map((sql) => asked.filter((one) => one === sql).length))).toBeLessThan(SESSIONS / 2);

      // the counter counts: the account API looks, and its look is none of the server's own
      await ask(`${issuer}/v1/me`, tokens[0] ?? '');
      expect(issuerRequests).toBe(1);
      const account = await (await fetch(`${issuer}/readyz`)).text();
      expect(account).toContain('ready');
      const before = fault.statements.length;
      await takeToken(issuer, '0@example.test');
      expect(fault.statements.slice(before).filter((sql) => !idle.has(sql)).length).toBeGreaterThan(0);
    } finally {
      verifier.close();
      for (const http of [apiHttp, issuerHttp]) {
        http.close();
        http.closeAllConnections();
      }
      await server.close();
    }
  },
);
