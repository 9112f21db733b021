import { createServer, type RequestListener } from 'node:http';
import { protect } from '@mapae/verifier/hono';
import { peer } from '../../harness/peers.ts';
import { announce, listen } from '../../harness/serving.ts';
import { ANSWER, type GuardAlgorithm, type GuardReady } from '../settings.ts';
import { followingVerifier, joseByHand, rawCheck, settings } from './parts.ts';

interface Context {
  readonly req: { readonly raw: Request; header(name: string): string | undefined };
  json(body: object, status?: number): Response;
  body(text: string, status: number, headers: Record<string, string>): Response;
}
type Middleware = (context: Context, next: () => Promise<void>) => Promise<Response | undefined>;
interface App {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  get(path: string, ...handlers: readonly (Middleware | ((context: Context) => Response))[]): void;
}

const { Hono } = await peer<{ readonly Hono: new () => App }>('hono');
const { getRequestListener } = await peer<{
  readonly getRequestListener: (fetch: App['fetch']) => RequestListener;
}>('@hono/node-server');

async function honoJwt(alg: GuardAlgorithm): Promise<Middleware> {
  const { jwt } = await peer<{ readonly jwt: (options: object) => Middleware }>('hono/jwt');
  const { issuer: iss, audience: aud } = settings;
  const parameters = alg === 'HS256' ? { name: 'HMAC', hash: 'SHA-256' } : { name: 'ECDSA', namedCurve: 'P-256' };
  // imported once: with text or a JWK it would import the key with each request
  const secret = await crypto.subtle.importKey('jwk', settings.keys[alg] as JsonWebKey, parameters, false, ['verify']);
  return jwt({ secret, alg, verification: { iss, aud, typ: 'at+jwt' } });
}

const GUARDS: Readonly<Record<string, () => Promise<Middleware> | Middleware | undefined>> = {
  open: () => undefined,
  raw() {
    const check = rawCheck();
    return async (_context, next) => {
      check();
      await next();
      return undefined;
    };
  },
  mapae: async () => protect(await followingVerifier()),
  async jose() {
    const check = await joseByHand();
    return async (context, next) => {
      if ((await check(context.req.header('authorization'))) === undefined) return context.json({}, 401);
      await next();
      return undefined;
    };
  },
  'hono/jwt HS256': () => honoJwt('HS256'),
  'hono/jwt ES256': () => honoJwt('ES256'),
};

const app = new Hono();
const install = GUARDS[settings.guard];
if (install === undefined) throw new Error(`no guard ${settings.guard}`);
const guard = await install();
app.get('/', ...(guard === undefined ? [] : [guard]), (context: Context) => context.json(ANSWER));
const port = await listen(createServer(getRequestListener(app.fetch)));
announce({ port } satisfies GuardReady);
