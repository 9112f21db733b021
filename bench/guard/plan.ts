import type { GuardAlgorithm } from './settings.ts';

export type Framework = 'node' | 'express' | 'fastify' | 'hono';

/** What a request shows to be let in. */
export type Credential = GuardAlgorithm | 'none' | 'handed out' | 'mapae seen' | 'mapae unseen';

export interface GuardRow {
  readonly name: string;
  /** As the server's program calls it. */
  readonly guard: string;
  readonly credential: Credential;
}

export const OPEN = 'open';
/** The same request reaches it as reaches a guard, and it looks at no header. */
export const OPEN_SENT = 'open, the token sent all the same';
export const RAW = 'one bare ES256 check';
export const SEEN = 'Mapae, token seen before';
export const UNSEEN = 'Mapae, token never seen';

const OURS: readonly GuardRow[] = [
  { name: OPEN, guard: 'open', credential: 'none' },
  { name: OPEN_SENT, guard: 'open', credential: 'mapae unseen' },
  { name: RAW, guard: 'raw', credential: 'mapae unseen' },
  { name: SEEN, guard: 'mapae', credential: 'mapae seen' },
  { name: UNSEEN, guard: 'mapae', credential: 'mapae unseen' },
];

const same = (guard: string, credential: Credential, name = guard): GuardRow => ({ name, guard, credential });

/** Who guards what. Everything of one framework runs side by side. */
export const PLAN: Readonly<Record<Framework, readonly GuardRow[]>> = {
  node: [...OURS, same('jose', 'ES256', 'jose by hand, ES256')],
  express: [
    ...OURS,
    same('express-session', 'handed out', 'express-session, memory'),
    same('express-jwt HS256', 'HS256', 'express-jwt, HS256'),
    same('express-jwt ES256', 'ES256', 'express-jwt, ES256'),
    same('jose', 'ES256', 'jose by hand, ES256'),
    same('better-auth', 'handed out', 'better-auth getSession'),
    same('better-auth cookie cache', 'handed out', 'better-auth getSession, cookie cache'),
  ],
  fastify: [
    ...OURS,
    same('@fastify/jwt HS256', 'HS256', '@fastify/jwt, HS256'),
    same('@fastify/jwt ES256', 'ES256', '@fastify/jwt, ES256'),
    same('@fastify/jwt ES256 cache', 'ES256', '@fastify/jwt, ES256, cache'),
    same('@fastify/jwt EdDSA cache', 'EdDSA', '@fastify/jwt, EdDSA, cache'),
  ],
  hono: [
    ...OURS,
    same('jose', 'ES256', 'jose by hand, ES256'),
    same('hono/jwt HS256', 'HS256', 'hono/jwt, HS256'),
    same('hono/jwt ES256', 'ES256', 'hono/jwt, ES256'),
  ],
};

export const TITLES: Readonly<Record<Framework, string>> = {
  node: 'node:http',
  express: 'Express 5',
  fastify: 'Fastify 5',
  hono: 'Hono 4 on node:http',
};
