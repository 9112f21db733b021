import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type Postgres, startPostgres } from '../../tests/support/postgres.ts';
import { type ServerProcess, startServer } from '../harness/server-process.ts';
import { type Account, PERSON, signUp } from '../servers/account.ts';
import type { AuthServerReady, AuthServerSettings } from '../servers/auth-server.ts';
import { fillPostgres, fillSqlite } from './many-sessions.ts';
import type { PeerReady, PeerSettings } from './peer-settings.ts';

export const API = 'https://notes.example';
/** Somebody else than whose sessions fill the database: a sign-in of theirs would end those above the limit, a hundred at a time. */
export const NEWCOMER = 'lee@example.test';
const AUTH_SERVER = new URL('../servers/auth-server.ts', import.meta.url);
const BETTER_AUTH = new URL('./servers/better-auth.ts', import.meta.url);
const OIDC_PROVIDER = new URL('./servers/oidc-provider.ts', import.meta.url);

export interface OurServer {
  readonly server: ServerProcess<AuthServerReady>;
  readonly account: Account;
  readonly refreshTokens: readonly string[];
}

export interface BetterAuthServer {
  readonly server: ServerProcess<PeerReady>;
  readonly cookie: string;
}

/** Every server that takes part, with what it needs to be asked. */
export interface Cast {
  readonly folder: string;
  readonly sqlite: OurServer;
  /** PostgreSQL with few sessions, and with many; undefined where there is no PostgreSQL. */
  readonly postgres: { readonly few: OurServer; readonly many: OurServer } | undefined;
  readonly oidcProvider: ServerProcess<PeerReady>;
  readonly betterAuth: BetterAuthServer;
  readonly betterAuthCached: BetterAuthServer;
  readonly startSqlite: () => Promise<ServerProcess<AuthServerReady>>;
  readonly startBetterAuth: () => Promise<ServerProcess<PeerReady>>;
  readonly startOidcProvider: () => Promise<ServerProcess<PeerReady>>;
  stop(): Promise<void>;
}

export interface CastOptions {
  /** Refresh tokens that each server has to have. */
  readonly tokens: number;
  readonly fewSessions: number;
  readonly manySessions: number;
  readonly progress: (text: string) => void;
}

export async function startCast({ tokens, fewSessions, manySessions, progress }: CastOptions): Promise<Cast> {
  const folder = mkdtempSync(join(tmpdir(), 'mapae-bench-'));
  const secret = randomBytes(32).toString('base64url');
  const running: { stop(): Promise<void> }[] = [];
  let database: Postgres | undefined;
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((server) => server.stop()));
    await database?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const keep = <T extends { stop(): Promise<void> }>(server: T): T => {
    running.push(server);
    return server;
  };
  const ours = (url: string): Promise<ServerProcess<AuthServerReady>> =>
    startServer(AUTH_SERVER, { database: url, secret, api: API, retryWindowSeconds: 30 } satisfies AuthServerSettings, {
      core: 0,
      built: true,
    });
  const better = (name: string, cookieCache: boolean): Promise<ServerProcess<PeerReady>> =>
    startServer(BETTER_AUTH, { file: join(folder, name), cookieCache, tokens: 0 } satisfies PeerSettings, {
      core: 0,
      built: true,
    });
  const oidc = (count: number): Promise<ServerProcess<PeerReady>> =>
    startServer(OIDC_PROVIDER, { file: '', cookieCache: false, tokens: count } satisfies PeerSettings, {
      core: 0,
      built: true,
    });

  async function startSqlite(): Promise<OurServer> {
    const file = join(folder, 'mapae.db');
    const first = await ours(`sqlite:${file}`);
    const account = await signUp(first.ready.issuer, API);
    await account.signIn();
    // the rows are written while nobody has the file open
    await first.stop();
    const { refreshTokens } = fillSqlite(file, { count: Math.max(tokens, fewSessions), tokens, secret });
    const server = keep(await ours(`sqlite:${file}`));
    return { server, account: await signUp(server.ready.issuer, API, NEWCOMER), refreshTokens };
  }

  async function startOnPostgres(name: string, { url }: Postgres, count: number): Promise<OurServer> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`create database ${name}`);
    await client.end();
    const own = url.replace(/\/postgres$/, `/${name}`);
    const server = keep(await ours(own));
    const account = await signUp(server.ready.issuer, API);
    await account.signIn();
    const { refreshTokens } = await fillPostgres(own, { count, tokens, secret });
    return { server, account, refreshTokens };
  }

  async function startBetterAuth(name: string, cookieCache: boolean): Promise<BetterAuthServer> {
    const server = keep(await better(name, cookieCache));
    const origin = `http://127.0.0.1:${server.ready.port}`;
    const response = await fetch(`${origin}/api/auth/sign-up/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: JSON.stringify({ ...PERSON, name: 'Kim' }),
    });
    if (!response.ok) throw new Error(`better-auth sign-up: ${response.status} ${await response.text()}`);
    const cookie = response.headers
      .getSetCookie()
      .map((one) => one.split(';', 1)[0] ?? '')
      .join('; ');
    return { server, cookie };
  }

  try {
    progress('starting the servers');
    const sqlite = await startSqlite();
    database = await startPostgres([]);
    progress(`${manySessions.toLocaleString('en-US')} sessions into PostgreSQL`);
    const postgres =
      database === undefined
        ? undefined
        : {
            few: await startOnPostgres('few', database, fewSessions),
            many: await startOnPostgres('many', database, manySessions),
          };
    return {
      folder,
      sqlite,
      postgres,
      oidcProvider: keep(await oidc(tokens)),
      betterAuth: await startBetterAuth('better-auth.db', false),
      betterAuthCached: await startBetterAuth('better-auth-cached.db', true),
      startSqlite: () => ours(`sqlite:${join(folder, 'start.db')}`),
      startBetterAuth: () => better('start-better-auth.db', false),
      startOidcProvider: () => oidc(0),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
