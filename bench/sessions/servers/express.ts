// An Express API that knows its callers by a session in one of five stores, or by a token.
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createVerifier } from '@mapae/verifier';
import { protect } from '@mapae/verifier/express';
import { peer } from '../../harness/peers.ts';
import { inFlight } from '../../harness/rounds.ts';
import { announce, listen, readSettings } from '../../harness/serving.ts';
import type { SessionsReady, SessionsSettings } from '../settings.ts';

interface Request extends IncomingMessage {
  session?: { user?: string };
}
interface Response extends ServerResponse {
  json(body: object): void;
  sendStatus(status: number): void;
}
type Handler = (request: Request, response: Response, next: (error?: unknown) => void) => unknown;
type App = RequestListener & { use(handler: Handler): void; get(path: string, ...handlers: readonly Handler[]): void };

/** What all stores of express-session have in common. */
interface Store {
  set(id: string, session: object, done: (error?: unknown) => void): void;
}
interface Session {
  (options: object): Handler;
  readonly MemoryStore: new () => Store;
}

const { kind, place, mapae, users } = readSettings<SessionsSettings>();
const { default: express } = await peer<{ readonly default: () => App }>('express');
const { default: session } = await peer<{ readonly default: Session }>('express-session');

let calls = 0;
const COUNTED = ['get', 'set', 'touch', 'destroy'];

/** Each call of the store is one to its database. */
function counted(store: Store): Store {
  for (const name of COUNTED) {
    const original: unknown = Reflect.get(store, name);
    if (typeof original !== 'function') continue;
    Reflect.set(store, name, (...args: unknown[]): unknown => {
      calls++;
      const answer: unknown = Reflect.apply(original, store, args);
      return answer;
    });
  }
  return store;
}

async function openStore(): Promise<Store> {
  switch (kind) {
    case 'file': {
      const { default: create } = await peer<{ readonly default: (s: Session) => new (options: object) => Store }>(
        'session-file-store',
      );
      return new (create(session))({ path: place, logFn: () => {} });
    }
    case 'sqlite': {
      const { default: Database } = await peer<{
        readonly default: new (file: string) => { pragma(text: string): void };
      }>('better-sqlite3');
      const { default: create } = await peer<{ readonly default: (s: Session) => new (options: object) => Store }>(
        'better-sqlite3-session-store',
      );
      const client = new Database(place);
      client.pragma('journal_mode = wal');
      return new (create(session))({ client });
    }
    case 'postgres': {
      const { default: create } = await peer<{ readonly default: (s: Session) => new (options: object) => Store }>(
        'connect-pg-simple',
      );
      return new (create(session))({ conString: place, createTableIfMissing: true });
    }
    case 'redis': {
      const { createClient } = await peer<{
        readonly createClient: (options: object) => { connect(): Promise<unknown> };
      }>('redis');
      const { RedisStore } = await peer<{ readonly RedisStore: new (options: object) => Store }>('connect-redis');
      const client = createClient({ url: place });
      await client.connect();
      return new RedisStore({ client });
    }
    default:
      return new session.MemoryStore();
  }
}

const app = express();
const guards: Handler[] = [];
if (kind === 'token') {
  const { issuer, api, cacheEntries } = mapae;
  const verifier = createVerifier({
    issuer,
    audience: api,
    cache: { maxEntries: cacheEntries, maxBytes: 64 * 1_048_576 },
  });
  await verifier.ready();
  guards.push(protect(verifier));
} else if (kind !== 'open') {
  const store = counted(await openStore());
  app.use(session({ store, secret: 'a long random text for the bench', resave: false, saveUninitialized: false }));
  app.get('/sign-in', (request, response) => {
    if (request.session !== undefined) request.session.user = 'kim';
    response.json({ ok: true });
  });
  // so many more people who are signed in
  app.get('/fill', async (_request, response) => {
    const cookie = {
      originalMaxAge: 86_400_000,
      expires: new Date(Date.now() + 86_400_000),
      httpOnly: true,
      path: '/',
    };
    const put = (index: number): Promise<void> =>
      new Promise((resolve, reject) => {
        store.set(`${index}`.padStart(32, 'u'), { cookie, user: `user-${index}` }, (error) => {
          if (error === undefined || error === null) resolve();
          else reject(error instanceof Error ? error : new Error('not stored'));
        });
      });
    await inFlight(users, 32, put);
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    response.json({ bytes: heapUsed + external });
  });
  guards.push((request, response, next) => (request.session?.user === undefined ? response.sendStatus(401) : next()));
}
app.get('/bytes', (_request, response) => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  response.json({ bytes: heapUsed + external });
});
app.get('/', ...guards, (_request, response) => response.json({ hello: 'world' }));

const port = await listen(createServer(app));
const made = kind === 'open' || kind === 'token' ? [] : await signIn();
announce(
  { port, cookie: made.map((one) => one.split(';', 1)[0] ?? '').join('; ') } satisfies SessionsReady,
  () => calls,
);

async function signIn(): Promise<string[]> {
  return (await fetch(`http://127.0.0.1:${port}/sign-in`)).headers.getSetCookie();
}
