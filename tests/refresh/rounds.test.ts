import { randomBytes } from 'node:crypto';
import { type AuthorizationServer, createServer, type Database, postgres, sqlite } from '@mapae/server';
import { expect, test } from 'vitest';
import { createPostgresDatabase } from '../support/postgres-database.ts';
import { type SeededRandom, seededRandom } from '../support/seeded-random.ts';

// architecture: "refresh never signs an honest user out". Rounds of what really happens, against the whole server with a
// clock of the test's own, on both databases.
const ROUNDS = 1_000;
const ISSUER = 'https://auth.mapae.example';
const ACCOUNT = { email: 'kim@example.test', password: 'correct horse battery staple' };

interface Chain {
  readonly server: AuthorizationServer;
  readonly random: SeededRandom;
  /** Moves the server's clock on, milliseconds. */
  pass(ms: number): void;
  token: string;
  /** Every successor ever seen, by what was presented. */
  readonly successors: Map<string, string>;
}

const DATABASES: [string, () => Promise<Database>][] = [
  ['SQLite', () => Promise.resolve(sqlite(':memory:'))],
  ['PostgreSQL', async () => postgres(await createPostgresDatabase())],
];

test.each(DATABASES)(
  `${ROUNDS} rounds of bursts, tabs and lost answers on %s: signed in to the end, one chain`,
  async (_name, open) => {
    let now = Date.UTC(2026, 0, 1);
    const server = await createServer({
      issuer: ISSUER,
      database: await open(),
      secrets: [randomBytes(32).toString('base64url')],
      clock: () => now,
      dangerouslyOpenFeed: true,
    });
    try {
      await post(server, '/v1/sign-up', ACCOUNT);
      const signIn = await post(server, '/v1/sign-in', { ...ACCOUNT, delivery: 'bearer' });
      const chain: Chain = {
        server,
        random: seededRandom(20_261_123),
        pass: (ms) => {
          now += ms;
        },
        token: signIn.body.refresh_token ?? '',
        successors: new Map(),
      };
      for (let round = 0; round < ROUNDS; round++) await chain.random.pick(SCENES)(chain);
      // one chain: nobody is the successor of two
      const values = [...chain.successors.values()];
      expect(new Set(values).size).toBe(values.length);
      expect(values.length).toBeGreaterThan(ROUNDS / 4);
    } finally {
      await server.close();
    }
  },
  300_000,
);

const SCENES: readonly ((chain: Chain) => Promise<void>)[] = [
  burst,
  twoTabs,
  lostAnswer,
  lostForHours,
  burstOverTheWindow,
];

/** 50 at once with one token: one successor for all. */
async function burst(chain: Chain): Promise<void> {
  chain.pass(chain.random.between(0, 120_000));
  await presentAll(chain, 50);
}

/** Two tabs, a moment apart, the second with the token that the first has just spent. */
async function twoTabs(chain: Chain): Promise<void> {
  chain.pass(chain.random.between(0, 120_000));
  const shared = chain.token;
  await present(chain, shared, undefined);
  chain.pass(chain.random.between(0, 29_000));
  await present(chain, shared, undefined);
}

/** The answer never came; the same again inside the window, without a key. */
async function lostAnswer(chain: Chain): Promise<void> {
  chain.pass(chain.random.between(0, 120_000));
  const lost = chain.token;
  await present(chain, lost, undefined);
  chain.pass(chain.random.between(0, 29_900));
  chain.token = await present(chain, lost, undefined);
}

/** The answer never came and the device slept for hours; the same again, with the key that went with it. */
async function lostForHours(chain: Chain): Promise<void> {
  chain.pass(60_000);
  const lost = chain.token;
  const key = `key-${chain.random.between(0, 1e9)}`;
  await present(chain, lost, key);
  chain.pass(chain.random.between(60_000, 12 * 3_600_000));
  chain.token = await present(chain, lost, key);
}

/** A client that refreshes far too often, for longer than the window: the counter must not outrun the slow ones. */
async function burstOverTheWindow(chain: Chain): Promise<void> {
  for (let step = 0; step < 8; step++) {
    chain.pass(chain.random.between(1_000, 9_000));
    await presentAll(chain, 3);
  }
}

async function presentAll(chain: Chain, count: number): Promise<void> {
  const token = chain.token;
  const all = await Promise.all(Array.from({ length: count }, () => present(chain, token, undefined)));
  expect(new Set(all).size).toBe(1);
}

async function present(chain: Chain, token: string, key: string | undefined): Promise<string> {
  const headers = key === undefined ? {} : { 'idempotency-key': key };
  const { status, body } = await post(chain.server, '/v1/refresh', { refresh_token: token }, headers);
  expect(status).toBe(200);
  const successor = body.refresh_token ?? '';
  expect(successor).not.toBe('');
  if (successor !== token) {
    expect(chain.successors.get(token) ?? successor).toBe(successor);
    chain.successors.set(token, successor);
  }
  chain.token = successor;
  return successor;
}

async function post(server: AuthorizationServer, path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await server.fetch(
    new Request(`${ISSUER}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    }),
  );
  return { status: response.status, body: (await response.json()) as { refresh_token?: string } };
}
