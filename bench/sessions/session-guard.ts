import { peer } from '../harness/peers.ts';
import { inFlight } from '../harness/rounds.ts';
import { type App, countCalls, type Guard, type Handler, type Request } from './express-app.ts';
import type { StoreKind } from './settings.ts';

/** What all stores of express-session have in common. */
interface Store {
  set(id: string, session: object, done: (error?: unknown) => void): void;
}
interface Session {
  (options: object): Handler;
  readonly MemoryStore: new () => Store;
}
type Create = (session: Session) => new (options: object) => Store;

const DAY_MS = 86_400_000;

let statements = 0;
const count = (): void => {
  statements++;
};

/** express-session as its documentation sets it up, over one of five stores. */
export async function sessionGuard(app: App, kind: StoreKind, place: string): Promise<Guard> {
  const { default: session } = await peer<{ readonly default: Session }>('express-session');
  const store = await STORES[kind](session, place);
  const secret = 'a long random text for the bench';
  app.use(session({ store, secret, resave: false, saveUninitialized: false, cookie: { maxAge: DAY_MS } }));
  addAccounts(app, store);
  return {
    check: (request, response, next) => (request.session?.user === undefined ? response.sendStatus(401) : next()),
    roleOf: ({ session: found }) => found?.role ?? 'none',
    statements: () => statements,
  };
}

const STORES: Readonly<Record<StoreKind, (session: Session, place: string) => Promise<Store> | Store>> = {
  memory(session) {
    const store = new session.MemoryStore();
    countCalls(store, ['get', 'set', 'touch', 'destroy'], count);
    return store;
  },
  async file(session, path) {
    const { default: create } = await peer<{ readonly default: Create }>('session-file-store');
    const store = new (create(session))({ path, logFn: () => {} });
    countCalls(store, ['get', 'set', 'touch', 'destroy'], count);
    return store;
  },
  async sqlite(session, file) {
    const { default: Database } = await peer<{ readonly default: new (file: string) => Sqlite }>('better-sqlite3');
    const { default: create } = await peer<{ readonly default: Create }>('better-sqlite3-session-store');
    const client = new Database(file);
    client.pragma('journal_mode = wal');
    countCalls(Object.getPrototypeOf(client.prepare('select 1')), ['run', 'get', 'all'], count);
    return new (create(session))({ client });
  },
  async postgres(session, conString) {
    const { default: pg } = await peer<{ readonly default: { readonly Client: { readonly prototype: object } } }>('pg');
    countCalls(pg.Client.prototype, ['query'], count);
    const { default: create } = await peer<{ readonly default: Create }>('connect-pg-simple');
    return new (create(session))({ conString, createTableIfMissing: true });
  },
  async redis(_session, url) {
    const { createClient } = await peer<{
      readonly createClient: (options: object) => { connect(): Promise<unknown> };
    }>('redis');
    const { RedisStore } = await peer<{ readonly RedisStore: new (options: object) => Store }>('connect-redis');
    const client = createClient({ url });
    await client.connect();
    countCalls(client, ['get', 'set', 'expire', 'del'], count);
    return new RedisStore({ client });
  },
};

interface Sqlite {
  pragma(text: string): void;
  prepare(text: string): object;
}

/** Sign-in, sign-out and a changed role, as a program does them that keeps both in the session. */
function addAccounts(app: App, store: Store): void {
  app.get('/sign-in', (request, response) => {
    if (request.session !== undefined) Object.assign(request.session, { user: 'kim', role: 'reader' });
    response.json({ ok: true });
  });
  app.get('/sign-out', (request, response, next) =>
    request.session?.destroy((error) => (error === undefined || error === null ? response.json({}) : next(error))),
  );
  app.get('/promote', (request, response) => {
    if (request.session !== undefined) request.session.role = queryOf(request, 'role');
    response.json({ ok: true });
  });
  // so many more people who are signed in
  app.get('/fill', async (request, response) => {
    await inFlight(Number(queryOf(request, 'people')), 32, (index) => put(store, index));
    response.json({ ok: true });
  });
}

export function queryOf(request: Pick<Request, 'url'>, name: string): string {
  return new URL(request.url ?? '', 'http://127.0.0.1').searchParams.get(name) ?? '';
}

function put(store: Store, index: number): Promise<void> {
  const expires = new Date(Date.now() + DAY_MS);
  const cookie = { originalMaxAge: DAY_MS, expires, httpOnly: true, path: '/' };
  return new Promise((resolve, reject) => {
    store.set(`${index}`.padStart(32, 'u'), { cookie, user: `user-${index}`, role: 'reader' }, (error) => {
      if (error === undefined || error === null) resolve();
      else reject(error instanceof Error ? error : new Error('not stored'));
    });
  });
}
