import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPostgresDatabase } from '../../../tests/support/postgres-database.ts';
import { measureSkew } from '../src/clock-check.ts';
import { createServer, type Database, postgres, type ServerOptions, sqlite } from '../src/index.ts';
import { createReadiness } from '../src/readiness.ts';

const ISSUER = 'https://auth.example.test';
const SECRET = 'dG8gYmUgb3Igbm90IHRvIGJlLCB0aGF0IGlzIGl0Pw0K';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mapae-ready-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (): string => join(folder, 'mapae.db');

async function open(database: Database, more: Partial<ServerOptions> = {}) {
  const server = await createServer({ issuer: ISSUER, database, secrets: [SECRET], ...more });
  const get = async (where: string) => {
    const answer = await server.fetch(new Request(`${ISSUER}${where}`));
    const text = await answer.text();
    return { status: answer.status, retryAfter: answer.headers.get('retry-after'), text };
  };
  return { server, get };
}

test('a server that drains is not ready, is alive, and still answers; closed, it answers 503', async () => {
  const { server, get } = await open(sqlite(path()));
  expect(await get('/readyz')).toMatchObject({ status: 200 });
  server.drain();
  expect(await get('/readyz')).toMatchObject({
    status: 503,
    retryAfter: '1',
    text: expect.stringMatching('draining') as string,
  });
  expect(await get('/healthz')).toMatchObject({ status: 200 });
  expect(await get('/.well-known/jwks.json')).toMatchObject({ status: 200 });
  await server.close();
  expect(await get('/healthz')).toMatchObject({ status: 503, retryAfter: '1' });
});

test('an answer under way when the server closes is a whole one, and the streams end with a hint to come back', async () => {
  const { server } = await open(sqlite(path()), {
    dangerouslyOpenFeed: true,
    mode: 'development',
    issuer: 'http://localhost:1',
  });
  const post = (where: string, body: object) =>
    server.fetch(
      new Request(`http://localhost:1${where}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    );
  const stream = await server.fetch(new Request('http://localhost:1/events/revocations'));
  // a password is hashed meanwhile
  const signUp = post('/v1/sign-up', { email: 'kim@example.test', password: 'correct horse battery' });
  await server.close();
  expect((await signUp).status).toBe(201);
  expect(await stream.text()).toMatch(/retry: 100\n\n$/);
});

test('each thing that is missing makes it not ready, and is named', async () => {
  const store = await sqlite(path()).open({ issuer: ISSUER });
  const keys = { published: [{}] } as unknown as Parameters<typeof createReadiness>[0]['keys'];
  const feed = { quietMs: 0 } as Parameters<typeof createReadiness>[0]['feed'];
  expect(await createReadiness({ store, keys, feed }).find()).toBeUndefined();
  expect(await createReadiness({ store, keys, feed: { ...feed, quietMs: 5_001 } }).find()).toBe('publisher');
  expect(await createReadiness({ store, keys: { ...keys, published: [] }, feed }).find()).toBe('keys');
  const db = new DatabaseSync(path());
  db.exec(
    `insert into kysely_migration values ('9999_newer', '2030-01-01'); update schema_floor set step = '9999_newer'`,
  );
  db.close();
  expect(await store.isSchemaUsable()).toBe(false);
  await store.close();
});

test('I8: a clock that differs from that of PostgreSQL by more than 5 s is measured', async () => {
  const store = await postgres(await createPostgresDatabase()).open({ issuer: ISSUER });
  expect(Math.abs(await measureSkew(store))).toBeLessThan(5_000);
  expect(await measureSkew(store, () => Date.now() + 90_000)).toBeGreaterThan(85_000);
  expect(await measureSkew(store, () => Date.now() - 90_000)).toBeLessThan(-85_000);
  await store.close();
});
