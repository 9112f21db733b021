import type { IncomingMessage, ServerResponse } from 'node:http';
import { peer } from '../harness/peers.ts';
import { type App, countCalls, type Guard, type Request } from './express-app.ts';
import { queryOf } from './session-guard.ts';
import type { ApiSettings } from './settings.ts';

interface Session {
  readonly user: { readonly id: string; readonly role: string };
}

interface BetterAuth {
  readonly options: object;
  readonly api: {
    getSession(input: { readonly headers: Headers }): Promise<Session | null>;
    signUpEmail(input: { readonly body: object; readonly asResponse: true }): Promise<globalThis.Response>;
  };
}

interface Pg {
  readonly Client: { readonly prototype: object };
  readonly Pool: new (options: object) => { query(text: string, values?: readonly unknown[]): Promise<unknown> };
}

let statements = 0;

/** better-auth on PostgreSQL, its handler and `getSession` in Express as its documentation shows. Its limits of requests are off: they would refuse the load. */
export async function betterAuthGuard(app: App, { kind, place, cookieSeconds }: ApiSettings): Promise<Guard> {
  const { betterAuth } = await peer<{ readonly betterAuth: (options: object) => BetterAuth }>('better-auth');
  const { fromNodeHeaders, toNodeHandler } = await peer<{
    readonly fromNodeHeaders: (headers: object) => Headers;
    readonly toNodeHandler: (auth: BetterAuth) => (request: IncomingMessage, response: ServerResponse) => unknown;
  }>('better-auth/node');
  const { getMigrations } = await peer<{
    readonly getMigrations: (options: object) => Promise<{ runMigrations(): Promise<void> }>;
  }>('better-auth/db/migration');
  const { default: pg } = await peer<{ readonly default: Pg }>('pg');
  countCalls(pg.Client.prototype, ['query'], () => {
    statements++;
  });
  const pool = new pg.Pool({ connectionString: place });
  const auth = betterAuth({
    database: pool,
    secret: 'a long random text for the bench, 32 or more',
    baseURL: 'http://127.0.0.1',
    emailAndPassword: { enabled: true },
    user: { additionalFields: { role: { type: 'string', input: false, defaultValue: 'reader' } } },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    ...(kind === 'better-auth-cached' ? { session: { cookieCache: { enabled: true, maxAge: cookieSeconds } } } : {}),
  });
  await (await getMigrations(auth.options)).runMigrations();
  app.all('/api/auth/{*any}', toNodeHandler(auth));
  const roles = new WeakMap<Request, string>();
  const find = (request: Request): Promise<Session | null> =>
    auth.api.getSession({ headers: fromNodeHeaders(request.headers) });

  app.get('/sign-in', async (request, response) => {
    const body = { email: queryOf(request, 'email'), password: 'correct horse battery staple', name: 'Kim' };
    const made = await auth.api.signUpEmail({ body, asResponse: true });
    response.setHeader('set-cookie', made.headers.getSetCookie());
    response.json({ ok: made.ok });
  });
  app.get('/promote', async (request, response) => {
    const session = await find(request);
    await pool.query('update "user" set role = $1 where id = $2', [queryOf(request, 'role'), session?.user.id]);
    response.json({ ok: true });
  });
  app.get('/fill', async (request, response) => {
    await pool.query(FILL, [Number(queryOf(request, 'people'))]);
    response.json({ ok: true });
  });
  return {
    async check(request, response, next) {
      const session = await find(request);
      if (session === null) {
        response.sendStatus(401);
        return;
      }
      roles.set(request, session.user.role);
      next();
    },
    roleOf: (request) => roles.get(request) ?? 'none',
    statements: () => statements,
  };
}

/** Copies of a session that better-auth made, under new ids and tokens of its form. */
const FILL = `
  insert into session (id, "expiresAt", token, "createdAt", "updatedAt", "ipAddress", "userAgent", "userId")
  select md5(random()::text), "expiresAt", md5(random()::text), "createdAt", "updatedAt", "ipAddress", "userAgent", "userId"
  from (select * from session limit 1) as one, generate_series(1, $1::int)`;
