import { createServer } from 'node:http';
import { createVerifier } from '@mapae/verifier';
import { APPS } from '../../packages/verifier/test/adapters/apps.ts';
import type { GuardReady, GuardSettings } from '../guard/settings.ts';
import { startServer } from '../harness/server-process.ts';
import { listen } from '../harness/serving.ts';
import { AUDIENCE, ISSUER, type Material } from '../jwt/material.ts';
import type { BetterAuthSettings } from './better-auth-server.ts';

export type AttackAlgorithm = 'HS256' | 'ES256';

/** A guarded endpoint under attack. */
export interface Endpoint {
  readonly url: URL;
  stop(): Promise<unknown>;
}

export interface Contender {
  readonly name: string;
  readonly alg: AttackAlgorithm;
  start(materials: Readonly<Record<AttackAlgorithm | 'EdDSA', Material>>): Promise<Endpoint>;
}

const at = (port: number): URL => new URL(`http://127.0.0.1:${port}/`);

/** The guards of `bench guard`, set up as their documentation says. */
function guarded(name: string, alg: AttackAlgorithm, framework: string, guard: string): Contender {
  return {
    name,
    alg,
    async start({ HS256, ES256, EdDSA }) {
      const settings: GuardSettings = {
        guard,
        mapae: { issuer: ISSUER, api: AUDIENCE, cacheEntries: 1 },
        keys: { HS256: HS256.publicJwk, ES256: ES256.publicJwk, EdDSA: EdDSA.publicJwk },
        issuer: ISSUER,
        audience: AUDIENCE,
      };
      const program = new URL(`../guard/servers/${framework}.ts`, import.meta.url);
      const server = await startServer<GuardReady>(program, settings, { core: 0 });
      return { url: at(server.ready.port), stop: server.stop };
    },
  };
}

const betterAuth: Contender = {
  name: 'better-auth verifyAccessTokenRequest, ES256',
  alg: 'ES256',
  async start({ ES256 }) {
    const issuer = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [ES256.publicJwk] }));
    });
    const jwksUrl = String(at(await listen(issuer)));
    const settings: BetterAuthSettings = { jwksUrl, issuer: ISSUER, audience: AUDIENCE };
    const program = new URL('./better-auth-server.ts', import.meta.url);
    const server = await startServer<GuardReady>(program, settings, { core: 0 });
    return {
      url: at(server.ready.port),
      async stop() {
        await server.stop();
        issuer.close().closeAllConnections();
      },
    };
  },
};

/** The adapters, in the programs that their own tests run. A WebSocket can't be asked by GET. */
const OURS: readonly Contender[] = Object.entries(APPS)
  .filter(([name]) => name !== 'ws')
  .map(([name, createApp]) => ({
    name: `Mapae, ${name}`,
    alg: 'ES256',
    async start({ ES256 }) {
      const keys = { keys: [ES256.publicJwk] };
      const app = await createApp(createVerifier({ issuer: ISSUER, audience: AUDIENCE, keys, feed: false }));
      const url = new URL('me', at(await listen(app.server)));
      return {
        url,
        async stop() {
          await app.close?.();
          app.server.close().closeAllConnections();
        },
      };
    },
  }));

export const CONTENDERS: readonly Contender[] = [
  guarded('express-jwt, HS256', 'HS256', 'express', 'express-jwt HS256'),
  guarded('express-jwt, ES256', 'ES256', 'express', 'express-jwt ES256'),
  guarded('jose by hand, ES256', 'ES256', 'node', 'jose'),
  guarded('@fastify/jwt, HS256', 'HS256', 'fastify', '@fastify/jwt HS256'),
  guarded('@fastify/jwt, ES256', 'ES256', 'fastify', '@fastify/jwt ES256'),
  guarded('@fastify/jwt, ES256, cache', 'ES256', 'fastify', '@fastify/jwt ES256 cache'),
  guarded('hono/jwt, HS256', 'HS256', 'hono', 'hono/jwt HS256'),
  guarded('hono/jwt, ES256', 'ES256', 'hono', 'hono/jwt ES256'),
  betterAuth,
  ...OURS,
];
