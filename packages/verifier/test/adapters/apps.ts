import { createServer, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { getRequestListener } from '@hono/node-server';
import type { Principal, Verifier } from '@mapae/verifier';
import express from 'express';
import express4 from 'express-4';
import fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import * as forExpress from '../../src/adapters/express.ts';
import * as forFastify from '../../src/adapters/fastify.ts';
import * as forFetch from '../../src/adapters/fetch.ts';
import * as forHono from '../../src/adapters/hono.ts';
import * as forKoa from '../../src/adapters/koa.ts';
import * as forNext from '../../src/adapters/next.ts';
import * as forNode from '../../src/adapters/node.ts';
import { nestApp } from './nest-app.ts';
import { trpcApp } from './trpc-app.ts';
import { wsApp } from './ws-app.ts';

/**
 * A small program on one framework, written as its users would:
 *
 * - `GET /me` answers the subject, `POST /me` the body that was sent
 * - `GET /admin` is for the scope `admin`
 * - `GET /broken` throws in its handler, and the framework's error handler answers 500 `caught: on purpose`
 * - `GET /mounted/me` stands behind a prefix, and behind two guards
 * - `GET /forgot` has no guard and asks for the principal
 * - in front of all: `x-front: kept` on each answer, 204 for OPTIONS
 */
export interface App {
  readonly server: Server;
  /** Of the routes above, those that this framework can have. */
  readonly has: readonly ('body' | 'broken' | 'forgot' | 'front' | 'mounted')[];
  close?(): Promise<unknown>;
}

const ALL = ['body', 'broken', 'forgot', 'front', 'mounted'] as const;
const oops = (): never => {
  throw new Error('on purpose');
};
const caught = (error: unknown): string => `caught: ${error instanceof Error ? error.message : ''}`;
const serve = (listener: (request: Request) => Promise<Response>): Server => {
  const serveRequest = getRequestListener(listener);
  return createServer((request, response) => void serveRequest(request, response));
};

/** Express 4 and 5 differ in how they find routes and what they do with promises, not in what a guard sees. */
function expressApp(createApp: typeof express, verifier: Verifier): App {
  const app = createApp();
  app.use((request, response, next) => {
    response.setHeader('x-front', 'kept');
    if (request.method === 'OPTIONS') response.status(204).end();
    else next();
  });
  const { protect, principalOf } = forExpress;
  app.get('/me', protect(verifier), (request, response) => void response.send(principalOf(request).subject));
  app.post('/me', protect(verifier), express.text({ type: '*/*' }), (request, response) => {
    response.send(String(request.body));
  });
  app.get('/admin', protect(verifier, { scope: 'admin' }), (_request, response) => void response.send('in'));
  app.get('/broken', protect(verifier), oops);
  app.get('/forgot', (request, response) => void response.send(principalOf(request).subject));
  const mounted = createApp.Router();
  mounted.use(protect(verifier));
  mounted.get('/me', protect(verifier, { scope: 'notes:read' }), (request, response) => {
    response.send(principalOf(request).subject);
  });
  app.use('/mounted', mounted);
  app.use((error: unknown, _request: unknown, response: express.Response, _next: unknown) => {
    response.status(500).send(caught(error));
  });
  return { server: createServer((request, response) => void app(request, response)), has: ALL };
}

export const APPS: Readonly<Record<string, (verifier: Verifier) => App | Promise<App>>> = {
  node(verifier) {
    const { protect } = forNode;
    const routes = {
      'GET /me': protect(verifier, (_request, response, { subject }) => response.end(subject)),
      'POST /me': protect(verifier, async (request, response) => response.end(await text(request))),
      'GET /admin': protect(verifier, (_request, response) => response.end('in'), { scope: 'admin' }),
      'GET /broken': protect(verifier, oops),
    };
    const routeOf = ({ method, url }: IncomingMessage) => {
      const name = `${method === 'HEAD' ? 'GET' : method} ${url?.split('?')[0]}`;
      return routes[name as keyof typeof routes] ?? routes['GET /me'];
    };
    const server = createServer((request, response) => {
      routeOf(request)(request, response).catch((error: unknown) => {
        response.statusCode = 500;
        response.end(caught(error));
      });
    });
    return { server, has: ['body', 'broken'] };
  },
  fetch(verifier) {
    const { protect } = forFetch;
    const routes = {
      'GET /me': protect(verifier, (_request, { subject }) => new Response(subject)),
      'POST /me': protect(verifier, async (request) => new Response(await request.text())),
      'GET /admin': protect(verifier, () => new Response('in'), { scope: 'admin' }),
      'GET /broken': protect(verifier, oops),
    };
    const server = serve(async (request) => {
      const name = `${request.method === 'HEAD' ? 'GET' : request.method} ${new URL(request.url).pathname}`;
      try {
        return await (routes[name as keyof typeof routes] ?? routes['GET /me'])(request);
      } catch (error) {
        return new Response(caught(error), { status: 500 });
      }
    });
    return { server, has: ['body', 'broken'] };
  },
  'express 5': (verifier) => expressApp(express, verifier),
  'express 4': (verifier) => expressApp(express4, verifier),
  async fastify(verifier) {
    const { protect, principalOf } = forFastify;
    const app = fastify();
    app.setErrorHandler((error, _request, reply) => reply.code(500).send(caught(error)));
    app.addHook('onRequest', async (request, reply) => {
      reply.header('x-front', 'kept');
      if (request.method === 'OPTIONS') await reply.code(204).send();
    });
    app.options('/me', () => '');
    app.get('/me', { onRequest: protect(verifier) }, (request) => principalOf(request).subject);
    app.post('/me', { onRequest: protect(verifier) }, (request) => String(request.body));
    app.get('/admin', { onRequest: protect(verifier, { scope: 'admin' }) }, () => 'in');
    app.get('/broken', { onRequest: protect(verifier) }, oops);
    app.get('/forgot', (request) => principalOf(request).subject);
    await app.register(
      (mounted, _options, done) => {
        mounted.addHook('onRequest', protect(verifier));
        const preHandler = protect(verifier, { scope: 'notes:read' });
        mounted.get('/me', { preHandler }, (request) => principalOf(request).subject);
        done();
      },
      { prefix: '/mounted' },
    );
    await app.ready();
    return { server: createServer((request, response) => app.routing(request, response)), has: ALL };
  },
  hono(verifier) {
    const { protect, principalOf } = forHono;
    const app = new Hono();
    app.use(async (c, next) => {
      c.header('x-front', 'kept');
      if (c.req.method === 'OPTIONS') return c.body(null, 204);
      await next();
      return undefined;
    });
    app.get('/me', protect(verifier), (c) => c.text(principalOf(c).subject));
    app.post('/me', protect(verifier), async (c) => c.text(await c.req.text()));
    app.get('/admin', protect(verifier, { scope: 'admin' }), (c) => c.text('in'));
    app.get('/broken', protect(verifier), oops);
    app.get('/forgot', (c) => c.text(principalOf(c).subject));
    const mounted = new Hono().use(protect(verifier));
    mounted.get('/me', protect(verifier, { scope: 'notes:read' }), (c) => c.text(principalOf(c).subject));
    app.route('/mounted', mounted);
    app.onError((error, c) => c.text(caught(error), 500));
    return { server: serve(async (request) => app.fetch(request)), has: ALL };
  },
  koa(verifier) {
    const { protect, principalOf } = forKoa;
    const app = new Koa();
    const guarded = protect(verifier);
    const forAdmins = protect(verifier, { scope: 'admin' });
    const forReaders = protect(verifier, { scope: 'notes:read' });
    app.use(async (ctx, next) => {
      ctx.set('x-front', 'kept');
      if (ctx.method === 'OPTIONS') {
        ctx.status = 204;
        return;
      }
      try {
        await next();
      } catch (error) {
        ctx.status = 500;
        ctx.body = caught(error);
      }
    });
    app.use(async (ctx, next) => {
      if (ctx.path.startsWith('/mounted/')) {
        ctx.path = ctx.path.slice('/mounted'.length);
        await guarded(ctx, () => forReaders(ctx, next));
        return;
      }
      if (ctx.path === '/forgot') ctx.body = principalOf(ctx).subject;
      else await (ctx.path === '/admin' ? forAdmins : guarded)(ctx, next);
    });
    app.use(async (ctx) => {
      if (ctx.path === '/broken') oops();
      if (ctx.path === '/admin') ctx.body = 'in';
      else ctx.body = ctx.method === 'POST' ? await text(ctx.req) : principalOf(ctx).subject;
    });
    const listener = app.callback();
    return { server: createServer((request, response) => void listener(request, response)), has: ALL };
  },
  nest: nestApp,
  // Next's handlers are Fetch handlers with one argument more; examples/api-next runs them, and the proxy, in Next itself
  next(verifier) {
    const { protect } = forNext;
    type Context = { readonly params: Promise<{ readonly id: string }> };
    const answer = (_request: Request, { subject }: Principal, _context: Context): Response => new Response(subject);
    const GET = protect(verifier, answer);
    const ADMIN = protect(verifier, () => new Response('in'), { scope: 'admin' });
    const context = { params: Promise.resolve({ id: '1' }) };
    const server = serve(async (request) =>
      new URL(request.url).pathname === '/admin' ? ADMIN(request) : GET(request, context),
    );
    return { server, has: [] };
  },
  trpc: trpcApp,
  ws: wsApp,
};
