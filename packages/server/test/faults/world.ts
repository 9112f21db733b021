import { randomBytes } from 'node:crypto';
import { Kysely, sql } from 'kysely';
import { createPasswordHasher } from '../../src/accounts/password.ts';
import { formatRefreshToken } from '../../src/grants/refresh-token.ts';
import { type AuthorizationServer, createServer, type ServerOptions } from '../../src/index.ts';
import { deriveSecrets } from '../../src/secrets/secrets.ts';
import type { StoreDialect } from '../../src/stores/dialect.ts';
import { openStore } from '../../src/stores/kysely-store.ts';
import { openNodeSqlite } from '../../src/stores/node-sqlite.ts';
import { openPool, postgresDialect } from '../../src/stores/postgres.ts';
import { sqliteDialect } from '../../src/stores/sqlite.ts';
import type { Store } from '../../src/stores/store.ts';
import type { User } from '../../src/stores/user-store.ts';
import { Fault } from '../stores/faulty-dialect.ts';
import { withGate } from '../stores/gated-dialect.ts';

export const ISSUER = 'https://auth.example.test';
export const PASSWORD = 'correct horse battery';
/** Where the clock of a world begins. */
export const START: number = Date.UTC(2026, 0, 1);
export const API = 'https://api.example.test';
/** One whose tokens are looked up. */
export const OPAQUE_API = 'https://opaque.example.test';
export const API_SECRET = 'a-secret-of-an-api, 32 characters+';

/** A server whose statements can fail one by one, and its database as somebody beside it sees it. */
export interface FaultWorld {
  readonly server: AuthorizationServer;
  readonly fault: Fault;
  /** Never fails. */
  readonly store: Store;
  readonly clock: { now: number };
  /** What is in the database, as rows of what matters: no ids, no times, no hashes. */
  look(): Promise<readonly string[]>;
  /** Somebody new, signed in, without a call of the API. One who is signed in by cookie has no `bearer`. */
  person(delivery?: 'bearer' | 'cookie'): Promise<Person>;
  close(): Promise<void>;
}

export interface Person {
  readonly user: User;
  readonly sessionId: string;
  readonly refreshToken: string;
  /** For the account API. */
  readonly bearer: string;
}

/**
 * @param url `postgres://…`; in memory where it is left out.
 * @param options  What else the server is given.
 */
export async function openFaultWorld(url?: string, options: Partial<ServerOptions> = {}): Promise<FaultWorld> {
  const fault = new Fault();
  const clock = { now: START };
  const secret = randomBytes(32).toString('base64url');
  const dialect = await openDialect(url);
  const gated: StoreDialect = {
    ...dialect,
    kysely: withGate(dialect.kysely, fault),
    ...(dialect.limits === undefined ? {} : { limits: withGate(dialect.limits, fault) }),
  };
  let opened: Store | undefined;
  const server = await createServer({
    issuer: ISSUER,
    database: {
      async open(options) {
        opened = await openStore(gated, options);
        return opened;
      },
    },
    secrets: [secret],
    resources: [
      { identifier: API, scopes: ['notes'], introspection: { clientId: 'notes', secrets: [API_SECRET] } },
      {
        identifier: OPAQUE_API,
        scopes: ['ledger'],
        accessToken: 'opaque',
        introspection: { clientId: 'ledger', secrets: [API_SECRET] },
      },
    ],
    clock: () => clock.now,
    log: () => {},
    // what was written stays in the outbox, to be seen
    sendMail: () => Promise.reject(new Error('no mail server')),
    ...options,
  });
  if (opened === undefined) throw new Error('unreachable: the server opened its store');
  const store = opened;
  const db = new Kysely<unknown>({ dialect: dialect.kysely });
  const passwordHash = await createPasswordHasher((bytes) => randomBytes(bytes)).hash(PASSWORD);
  let people = 0;

  async function bearerOf(refreshToken: string): Promise<string> {
    const answer = await server.fetch(
      new Request(`${ISSUER}/v1/refresh`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refresh_token: refreshToken }),
      }),
    );
    return ((await answer.json()) as { readonly access_token: string }).access_token;
  }

  return {
    server,
    fault,
    store,
    clock,
    async look() {
      const tables = await Promise.all(LOOKS.map((text) => sql.raw(text.replace('NOW', `${clock.now}`)).execute(db)));
      return tables.flatMap(({ rows }, table) =>
        rows.map((row) => `${table} ${JSON.stringify(row).replace(/\d+@/g, '@')}`),
      );
    },
    async person(delivery = 'bearer') {
      people += 1;
      const made = await store.createUser({ email: `p${people}@example.test`, passwordHash, name: undefined });
      if (made.status !== 'created') throw new Error('unreachable: the address is new');
      const derived = deriveSecrets([secret]).current;
      const started = await store.startSession({
        userId: made.user.id,
        credentialVersion: 1,
        clientId: 'first-party',
        scope: ['account', 'notes', 'ledger'],
        delivery,
        secretId: derived.id,
        device: undefined,
        userAgent: undefined,
        ip: undefined,
        amr: ['pwd'],
        idleSeconds: 86_400,
        absoluteSeconds: 864_000,
      });
      if (started.status !== 'started') throw new Error('unreachable: the user is new');
      const refreshToken = formatRefreshToken(derived, started.epoch, started.grant.id, 0);
      const bearer = delivery === 'bearer' ? await bearerOf(refreshToken) : '';
      return { user: made.user, sessionId: started.session.id, refreshToken, bearer };
    },
    async close() {
      await server.close();
    },
  };
}

async function openDialect(url: string | undefined): Promise<StoreDialect> {
  if (url === undefined) return sqliteDialect(await openNodeSqlite(':memory:'), await openNodeSqlite(':memory:'));
  return postgresDialect(await openPool(url));
}

/** One line a row (not of mails, which come and go; that they are written with their change, the store's own suite shows); what differs from run to run is left out, or seen only as being there. */
const LOOKS = [
  `select email, email_verified_at is not null as verified, credential_version as v, name, roles,
    disabled_at is not null as disabled, sessions_cutoff > 0 as cut, tokens_cutoff > 0 as tokens_cut from users`,
  `select ended_at is not null as ended, end_reason, user_id is not null as of_user from sessions`,
  `select counter, ended_at is not null as ended, current_presented_at is not null as presented,
    retry_key_hash is not null as retry from grants`,
  // those past their time are removed in the background
  'select code from revocations where until > NOW',
  'select purpose, user_id is not null as of_user from one_time_tokens where expires_at > NOW',
  'select event, outcome from audit_events',
  'select provider, email, sealed_tokens is not null as tokens from logins',
  'select client_id from client_cutoffs',
  'select sessions_cutoff > 0 as cut, tokens_cutoff > 0 as tokens_cut from meta',
];
