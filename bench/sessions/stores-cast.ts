import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import type { Postgres } from '../../tests/support/postgres.ts';
import type { Contestant, Headers, Person } from './contestant.ts';
import { parentOf, processorTime } from './processor-time.ts';
import type { Redis } from './redis.ts';
import type { ApiSettings, Kind, StoreKind } from './settings.ts';

const TITLES: Readonly<Record<StoreKind, string>> = {
  memory: 'express-session, memory',
  file: 'express-session, files',
  sqlite: 'express-session, SQLite',
  postgres: 'express-session, PostgreSQL',
  redis: 'express-session, Redis',
};

export interface StoresCastOptions {
  readonly folder: string;
  readonly postgres: Postgres | undefined;
  readonly redis: Redis | undefined;
  /** How long better-auth's cookie counts, seconds. */
  readonly cookieSeconds: number;
}

const NOBODY = { issuer: '', audience: '', client: { id: '', secret: '' }, cookieSeconds: 0 } as const;

/** Everybody who keeps sessions: express-session over five stores, and better-auth. Those whose database isn't here are left out. */
export async function storesCast(options: StoresCastOptions): Promise<Contestant[]> {
  const { folder, postgres, redis } = options;
  const [files, sqlite] = [join(folder, 'files'), join(folder, 'sessions.db')];
  mkdirSync(files);
  const found = [
    session('memory', '', {}),
    session('file', files, { storeBytes: async () => diskBytes(files) }),
    session('sqlite', sqlite, { storeBytes: async () => sqliteBytes(sqlite) }),
  ];
  if (postgres !== undefined) {
    const url = await createDatabase(postgres, 'express_session');
    const database = await besidePostgres(url);
    found.push(session('postgres', url, database));
    for (const kind of ['better-auth', 'better-auth-cached'] as const)
      found.push(await betterAuth(kind, postgres, options.cookieSeconds));
  }
  if (redis !== undefined)
    found.push(
      session('redis', redis.url, {
        storeBytes: redis.usedBytes,
        besideMicroseconds: async () => processorTime(redis.pid),
      }),
    );
  return found;
}

type Database = Partial<Pick<Contestant, 'storeBytes' | 'besideMicroseconds'>>;

function session(kind: StoreKind, place: string, database: Database): Contestant {
  return {
    ...cookieContestant(kind, TITLES[kind], { ...NOBODY, kind, place }, database),
    signIn: (port) => signIn(port, `/sign-in`, '/sign-out'),
  };
}

async function betterAuth(
  kind: 'better-auth' | 'better-auth-cached',
  postgres: Postgres,
  cookieSeconds: number,
): Promise<Contestant> {
  const place = await createDatabase(postgres, kind.replaceAll('-', '_'));
  const title = kind === 'better-auth' ? 'better-auth, PostgreSQL' : 'better-auth, PostgreSQL, cookie cache';
  let made = 0;
  return {
    ...cookieContestant(kind, title, { ...NOBODY, kind, place, cookieSeconds }, await besidePostgres(place)),
    signIn: (port) => signIn(port, `/sign-in?email=kim-${made++}@example.test`, '/api/auth/sign-out', 'POST'),
    ...(kind === 'better-auth' ? {} : { slow: { signOut: cookieSeconds, role: cookieSeconds } }),
  };
}

function cookieContestant(kind: Kind, title: string, api: ApiSettings, database: Database): Omit<Contestant, 'signIn'> {
  return {
    kind,
    title,
    api,
    isOurs: false,
    async credentials(this: Contestant, port, count) {
      const people = await Promise.all(Array.from({ length: count }, () => this.signIn(port)));
      return people.map((person) => person.headers());
    },
    async fill(port, people) {
      await get(port, `/fill?people=${people}`, {});
      return [];
    },
    besideMicroseconds: async () => 0,
    besideStatements: async () => 0,
    ...database,
  };
}

async function signIn(port: number, path: string, signOutPath: string, method = 'GET'): Promise<Person> {
  const response = await get(port, path, {});
  const cookie = response.headers
    .getSetCookie()
    .map((one) => one.split(';', 1)[0] ?? '')
    .join('; ');
  const headers: Headers = { cookie };
  return {
    headers: () => headers,
    signOut: async () => void (await get(port, signOutPath, { ...headers, origin: 'http://127.0.0.1' }, method)),
    promote: async (role) => void (await get(port, `/promote?role=${role}`, headers)),
  };
}

async function get(port: number, path: string, headers: Headers, method = 'GET'): Promise<Response> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} was answered with ${response.status} ${text}`);
  return response;
}

/** A database of its own: two of those who take part call their table the same. */
async function createDatabase({ url }: Postgres, name: string): Promise<string> {
  await query(url, `create database ${name}`);
  return url.replace(/\/postgres$/, `/${name}`);
}

async function besidePostgres(url: string): Promise<Required<Database>> {
  const server = await postmaster(url);
  return {
    async storeBytes() {
      const [size] = await query<{ readonly bytes: string }>(url, "select pg_total_relation_size('session') as bytes");
      return Number(size?.bytes);
    },
    besideMicroseconds: async () => (server === undefined ? undefined : processorTime(server)),
  };
}

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/** The process that all others of a PostgreSQL are children of. */
async function postmaster(url: string): Promise<number | undefined> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ readonly pid: number }>('select pg_backend_pid() as pid');
  const [backend] = rows;
  const found = backend === undefined ? undefined : parentOf(backend.pid);
  await client.end();
  return found;
}

const diskBytes = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).blocks * 512, 0);

function sqliteBytes(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true });
  const read = (pragma: string): number => Number(Object.values(database.prepare(`pragma ${pragma}`).get() ?? {})[0]);
  const bytes = read('page_count') * read('page_size');
  database.close();
  return bytes;
}
