import { protect } from '@mapae/verifier/fastify';
import { peer } from '../../harness/peers.ts';
import { announce } from '../../harness/serving.ts';
import { ANSWER, type GuardAlgorithm, type GuardReady } from '../settings.ts';
import { followingVerifier, keyText, rawCheck, settings } from './parts.ts';

interface Request {
  readonly raw: import('node:http').IncomingMessage;
  readonly originalUrl: string;
  jwtVerify(): Promise<object>;
}
interface Reply {
  code(status: number): Reply;
  headers(values: Record<string, string>): Reply;
  send(payload: unknown): Reply;
}
type Hook = (request: Request, reply: Reply) => Promise<unknown> | undefined;
interface App {
  register(plugin: unknown, options: object): Promise<unknown>;
  get(path: string, options: { readonly onRequest?: Hook }, handler: () => Promise<object>): void;
  listen(options: object): Promise<string>;
}

const { fastify } = await peer<{ readonly fastify: (options?: object) => App }>('fastify');
const app = fastify();

async function fastifyJwt(alg: GuardAlgorithm, cache: boolean): Promise<Hook> {
  const { default: plugin } = await peer<{ readonly default: unknown }>('@fastify/jwt');
  const key = keyText(alg);
  await app.register(plugin, {
    secret: alg === 'HS256' ? key : { public: key },
    verify: {
      algorithms: [alg],
      allowedIss: settings.issuer,
      allowedAud: settings.audience,
      checkTyp: 'at+jwt',
      requiredClaims: ['iss', 'aud', 'exp'],
      ...(cache ? { cache: 10_000 } : {}),
    },
  });
  return (request) => request.jwtVerify();
}

const GUARDS: Readonly<Record<string, () => Promise<Hook> | Hook | undefined>> = {
  open: () => undefined,
  raw() {
    const check = rawCheck();
    return async () => check();
  },
  mapae: async () => protect(await followingVerifier()),
  '@fastify/jwt HS256': () => fastifyJwt('HS256', false),
  '@fastify/jwt ES256': () => fastifyJwt('ES256', false),
  '@fastify/jwt ES256 cache': () => fastifyJwt('ES256', true),
  '@fastify/jwt EdDSA cache': () => fastifyJwt('EdDSA', true),
};

const install = GUARDS[settings.guard];
if (install === undefined) throw new Error(`no guard ${settings.guard}`);
const onRequest = await install();
app.get('/', onRequest === undefined ? {} : { onRequest }, async () => ANSWER);
const address = await app.listen({ port: 0, host: '127.0.0.1' });
announce({ port: Number(new URL(address).port) } satisfies GuardReady);
