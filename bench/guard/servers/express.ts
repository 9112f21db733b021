import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { protect } from '@mapae/verifier/express';
import { peer } from '../../harness/peers.ts';
import { announce, listen } from '../../harness/serving.ts';
import { ANSWER, type GuardAlgorithm, type GuardReady } from '../settings.ts';
import { followingVerifier, joseByHand, keyObject, rawCheck, settings } from './parts.ts';

interface Request extends IncomingMessage {
  session?: { user?: string };
}
interface Response extends ServerResponse {
  json(body: object): void;
  sendStatus(status: number): void;
}
type Handler = (request: Request, response: Response, next: (error?: unknown) => void) => unknown;
type App = RequestListener & {
  use(handler: Handler): void;
  get(path: string, ...handlers: readonly Handler[]): void;
};

/** A guard for the route, or what puts it there with more. Gives how a credential is had, where the server makes them. */
type Guard = (app: App) => Promise<Handler | undefined> | Handler | undefined;

const { default: express } = await peer<{ readonly default: () => App }>('express');

async function expressJwt(alg: GuardAlgorithm): Promise<Handler> {
  const { expressjwt } = await peer<{ readonly expressjwt: (options: object) => Handler }>('express-jwt');
  const { issuer, audience } = settings;
  return expressjwt({ secret: keyObject(alg), algorithms: [alg], issuer, audience });
}

async function expressSession(app: App): Promise<Handler> {
  const { default: session } = await peer<{ readonly default: (options: object) => Handler }>('express-session');
  app.use(session({ secret: 'a long random text for the bench', resave: false, saveUninitialized: false }));
  app.get('/sign-in', (request, response) => {
    if (request.session !== undefined) request.session.user = 'kim';
    response.json({ ok: true });
  });
  return (request, response, next) => (request.session?.user === undefined ? response.sendStatus(401) : next());
}

interface BetterAuth {
  readonly options: object;
  readonly api: {
    getSession(input: { readonly headers: Headers }): Promise<object | null>;
    signUpEmail(input: { readonly body: object; readonly asResponse: true }): Promise<globalThis.Response>;
  };
}

async function betterAuth(cookieCache: boolean): Promise<Handler> {
  const { betterAuth: create } = await peer<{ readonly betterAuth: (options: object) => BetterAuth }>('better-auth');
  const { fromNodeHeaders } = await peer<{ readonly fromNodeHeaders: (headers: object) => Headers }>(
    'better-auth/node',
  );
  const { getMigrations } = await peer<{
    readonly getMigrations: (options: object) => Promise<{ runMigrations(): Promise<void> }>;
  }>('better-auth/db/migration');
  const database = new DatabaseSync(':memory:');
  const auth = create({
    database,
    secret: 'a long random text for the bench, 32 or more',
    baseURL: 'http://127.0.0.1',
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    ...(cookieCache ? { session: { cookieCache: { enabled: true, maxAge: 3_600 } } } : {}),
  });
  await (await getMigrations(auth.options)).runMigrations();
  const body = { email: 'kim@example.test', password: 'correct horse battery staple', name: 'Kim' };
  const response = await auth.api.signUpEmail({ body, asResponse: true });
  cookies = response.headers.getSetCookie();
  return async (request, answer, next) => {
    const session = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) });
    if (session === null) answer.sendStatus(401);
    else next();
  };
}

let cookies: readonly string[] = [];

const GUARDS: Readonly<Record<string, Guard>> = {
  open: () => undefined,
  raw() {
    const check = rawCheck();
    return (_request, _response, next) => {
      check();
      next();
    };
  },
  mapae: async () => protect(await followingVerifier()),
  'express-session': expressSession,
  'express-jwt HS256': () => expressJwt('HS256'),
  'express-jwt ES256': () => expressJwt('ES256'),
  async jose() {
    const check = await joseByHand();
    return async (request, response, next) => {
      if ((await check(request.headers.authorization)) === undefined) response.sendStatus(401);
      else next();
    };
  },
  'better-auth': () => betterAuth(false),
  'better-auth cookie cache': () => betterAuth(true),
};

const app = express();
const install = GUARDS[settings.guard];
if (install === undefined) throw new Error(`no guard ${settings.guard}`);
const guard = await install(app);
app.get('/', ...(guard === undefined ? [] : [guard]), (_request, response) => response.json(ANSWER));
const port = await listen(createServer(app));
if (settings.guard === 'express-session')
  cookies = (await fetch(`http://127.0.0.1:${port}/sign-in`)).headers.getSetCookie();
const value = cookies.map((cookie) => cookie.split(';', 1)[0] ?? '').join('; ');
announce({ port, ...(value === '' ? {} : { header: { name: 'cookie', value } }) } satisfies GuardReady);
