import { once } from 'node:events';
import { createServer, get, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { createVerifier, type Verifier } from '@mapae/verifier';
import { initTRPC } from '@trpc/server';
import { createHTTPServer } from '@trpc/server/adapters/standalone';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { startFrontedServer } from '../../../tests/support/fronted-server.ts';
import type { Started } from '../../../tests/support/process.ts';
import * as forExpress from '../src/adapters/express.ts';
import * as forFastify from '../src/adapters/fastify.ts';
import * as forHono from '../src/adapters/hono.ts';
import * as forKoa from '../src/adapters/koa.ts';
import { endWithSession, untilSessionEnds } from '../src/adapters/sse.ts';
import * as forTrpc from '../src/adapters/trpc.ts';
import * as forWs from '../src/adapters/ws.ts';

// docs/protocol.md §5
const BOUND_MS = 1_000;
const API = 'https://api.mapae.example';
const ACCOUNT = { email: 'kim@example.test', password: 'correct horse battery staple' };

let server: Started;
let issuer: string;
let verifier: Verifier;
/** Milliseconds that the clocks of the verifier are ahead of the true ones. */
let clockAhead = 0;
let monotonicAhead = 0;
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  const fronted = await startFrontedServer(API);
  ({ issuer, server } = fronted);
  verifier = createVerifier({
    issuer,
    audience: API,
    clock: () => Date.now() + clockAhead,
    monotonic: () => performance.now() + monotonicAhead,
  });
  ends.push(
    () => verifier.close(),
    () => fronted.end(),
  );
  await post('/v1/sign-up', ACCOUNT);
  await verifier.ready();
}, 60_000);
afterAll(async () => {
  for (const end of ends) await end();
});

async function post(path: string, body: object): Promise<Readonly<Record<string, string>>> {
  const response = await fetch(`${issuer}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.status === 204 ? {} : ((await response.json()) as Readonly<Record<string, string>>);
}

interface SignedIn {
  readonly bearer: string;
  signOut(): Promise<unknown>;
}

async function signIn(): Promise<SignedIn> {
  const answer = await post('/v1/sign-in', { ...ACCOUNT, resource: API, delivery: 'bearer' });
  const signOut = (): Promise<unknown> => post('/v1/sign-out', { refresh_token: answer['refresh_token'] });
  return { bearer: `Bearer ${answer['access_token']}`, signOut };
}

/** A connection that goes on. */
interface Connection {
  /** How and when it ended, from the client's side. */
  readonly ended: Promise<{ readonly at: number; readonly how: string }>;
  close(): void;
}

type Open = (authorization: string) => Promise<Connection>;

async function listen(app: Server): Promise<number> {
  ends.push(() => {
    app.close();
    app.closeAllConnections();
  });
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  return (app.address() as AddressInfo).port;
}

const TICK = 'data: tick\n\n';
/** Ticks to a Node response, as a program that has never heard of sessions. It learns of the end by `close`. */
function tickTo(response: import('node:http').ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write(TICK);
  const timer = setInterval(() => response.write(TICK), 20);
  response.once('close', () => clearInterval(timer));
}

let ticksCancelled = 0;
function ticks(): ReadableStream<Uint8Array> {
  let timer: NodeJS.Timeout;
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(TICK));
      timer = setInterval(() => controller.enqueue(new TextEncoder().encode(TICK)), 20);
    },
    cancel() {
      ticksCancelled += 1;
      clearInterval(timer);
    },
  });
}

function eventStream(port: number, path = '/ticks'): Open {
  return async (authorization) => {
    const request = get({ port, host: '127.0.0.1', path, headers: { authorization }, agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let heard = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      heard += chunk;
    });
    if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode}`);
    const ended = new Promise<{ at: number; how: string }>((resolve) => {
      response.on('end', () =>
        resolve({ at: performance.now(), how: heard.includes('UNAUTHORIZED') ? 'error' : 'end' }),
      );
      response.on('error', () => resolve({ at: performance.now(), how: 'cut' }));
    });
    await once(response, 'data');
    return { ended, close: () => request.destroy() };
  };
}

const KINDS: Readonly<Record<string, { readonly how: string; serve(by: Verifier): Promise<Open> }>> = {
  ws: {
    how: '4401 token/revoked',
    async serve(by) {
      const sockets = new WebSocketServer({ noServer: true });
      sockets.on('connection', (webSocket) => webSocket.send('hello'));
      const app = createServer();
      const upgrade = forWs.protect(by, sockets);
      app.on('upgrade', (request, socket, head) => void upgrade(request, socket, head));
      const port = await listen(app);
      return async (authorization) => {
        const webSocket = new WebSocket(`ws://127.0.0.1:${port}`, { headers: { authorization } });
        await once(webSocket, 'message');
        const ended = new Promise<{ at: number; how: string }>((resolve) => {
          webSocket.on('close', (code, reason) =>
            resolve({ at: performance.now(), how: `${code} ${reason.toString()}`.trim() }),
          );
        });
        return { ended, close: () => webSocket.terminate() };
      };
    },
  },
  express: {
    how: 'end',
    async serve(by) {
      const app = express();
      app.get('/ticks', forExpress.protect(by), (request, response) => {
        tickTo(endWithSession(response, by, forExpress.principalOf(request, by)));
      });
      return eventStream(await listen(createServer((request, response) => void app(request, response))));
    },
  },
  koa: {
    how: 'end',
    async serve(by) {
      const app = new Koa();
      app.use(forKoa.protect(by)).use((ctx) => {
        ctx.respond = false;
        tickTo(endWithSession(ctx.res, by, forKoa.principalOf(ctx, by)));
      });
      const listener = app.callback();
      return eventStream(await listen(createServer((request, response) => void listener(request, response))));
    },
  },
  fastify: {
    how: 'end',
    async serve(by) {
      const app = fastify();
      app.get('/ticks', { onRequest: forFastify.protect(by) }, (request, reply) => {
        reply.hijack();
        tickTo(endWithSession(reply.raw, by, forFastify.principalOf(request, by)));
      });
      await app.ready();
      return eventStream(await listen(createServer((request, response) => app.routing(request, response))));
    },
  },
  hono: {
    how: 'end',
    async serve(by) {
      const app = new Hono();
      app.get('/ticks', forHono.protect(by), (c) => c.body(untilSessionEnds(ticks(), by, forHono.principalOf(c, by))));
      const listener = getRequestListener((request) => app.fetch(request));
      return eventStream(await listen(createServer((request, response) => void listener(request, response))));
    },
  },
  trpc: {
    how: 'error',
    async serve(by) {
      const t = initTRPC.context<forTrpc.TrpcContext>().create();
      const router = t.router({
        ticks: t.procedure.use(forTrpc.protect(by)).subscription(async function* ({ signal }) {
          for (let count = 0; signal?.aborted !== true; count++) {
            yield count;
            await sleep(20);
          }
        }),
      });
      return eventStream(await listen(createHTTPServer({ router, createContext: forTrpc.createContext })));
    },
  },
};

describe('docs/protocol.md §5: a connection that goes on ends within a second', () => {
  let opens: (readonly [string, Open])[];
  beforeAll(async () => {
    opens = await Promise.all(
      Object.entries(KINDS).map(async ([kind, { serve }]) => [kind, await serve(verifier)] as const),
    );
  });

  const openAll = (bearer: string): Promise<(readonly [string, Connection])[]> =>
    Promise.all(opens.map(async ([kind, open]) => [kind, await open(bearer)] as const));

  async function endsOf(connections: readonly (readonly [string, Connection])[], since: number) {
    const found: Record<string, string> = {};
    for (const [kind, { ended }] of connections) {
      const end = await Promise.race([ended, sleep(5_000, undefined, { ref: false })]);
      const inTime = end !== undefined && end.at - since < BOUND_MS;
      found[kind] = inTime ? end.how : `not within ${BOUND_MS} ms`;
    }
    return found;
  }
  const expected = (forWebSockets: string): Record<string, string> =>
    Object.fromEntries(Object.entries(KINDS).map(([kind, { how }]) => [kind, kind === 'ws' ? forWebSockets : how]));

  test('when its session is signed out, and only then; streams behind it are cancelled', async () => {
    const [mine, other] = [await signIn(), await signIn()];
    const connections = await openAll(mine.bearer);
    const others = await openAll(other.bearer);
    await sleep(600);
    const before = ticksCancelled;
    await mine.signOut();
    // the promise counts from its answer: what the server takes for a sign-out is another matter
    const since = performance.now();
    expect(await endsOf(connections, since)).toEqual(expected('4401 token/revoked'));
    expect(ticksCancelled).toBe(before + 1);
    await sleep(600);
    const still = await Promise.race([...others.map(([, { ended }]) => ended), Promise.resolve('all open')]);
    expect(still).toBe('all open');
    for (const [, { close }] of others) close();
    // who was sent away may not come back with the same token; tRPC says so in its stream
    for (const [kind, open] of opens) {
      const again = open(mine.bearer).then(async ({ ended }) => (await ended).how);
      if (kind === 'trpc') expect(await again).toBe('error');
      else await expect(again).rejects.toThrow('401');
    }
  });

  test('when its token expires', async () => {
    const connections = await openAll((await signIn()).bearer);
    const since = performance.now();
    clockAhead = 311_000;
    expect(await endsOf(connections, since)).toEqual(expected('4401 token/expired'));
    clockAhead = 0;
  });

  test('ws: a peer that answers no close frame is cut off, and nothing that it says after the end is heard', async () => {
    const { bearer, signOut } = await signIn();
    const heard: number[] = [];
    const sockets = new WebSocketServer({ noServer: true });
    let over = Number.POSITIVE_INFINITY;
    sockets.on('connection', (webSocket) => webSocket.on('message', () => heard.push(performance.now())));
    const app = createServer();
    const upgrade = forWs.protect(verifier, sockets);
    app.on('upgrade', (request, socket, head) => void upgrade(request, socket, head));
    const raw = httpRequest({
      port: await listen(app),
      host: '127.0.0.1',
      headers: {
        authorization: bearer,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      },
    });
    raw.end();
    const [, socket] = (await once(raw, 'upgrade')) as [IncomingMessage, Socket];
    // RFC 6455 §5.2: a masked frame of one letter, over and over; close frames from the server are not answered
    const frame = Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x61]);
    const talk = setInterval(() => socket.write(frame), 2);
    const gone = new Promise<void>((resolve) => socket.on('error', () => {}).on('close', () => resolve()));
    socket.on('data', (chunk: Buffer) => {
      if (chunk[0] === 0x88) over = performance.now();
    });
    await sleep(100);
    expect(heard.length).toBeGreaterThan(5);
    await signOut();
    const since = performance.now();
    await gone;
    clearInterval(talk);
    expect(performance.now() - since).toBeLessThan(BOUND_MS);
    expect(over).toBeLessThan(Number.POSITIVE_INFINITY);
    expect(heard.filter((at) => at > over)).toEqual([]);
  });

  // the last one: it ends the server
  test('when revocations can no longer be heard of', async () => {
    const connections = await openAll((await signIn()).bearer);
    await server.end('SIGKILL');
    monotonicAhead = 70_000;
    expect(await endsOf(connections, performance.now())).toEqual({
      ...expected('1013 verifier/stale'),
      trpc: 'end',
    });
  });
});

test('ws: a peer that goes away while it is judged ends nothing but itself', async () => {
  const gate = Promise.withResolvers<void>();
  const waiting = createVerifier({
    issuer,
    audience: API,
    feed: false,
    async fetch() {
      await gate.promise;
      return Response.json({ issuer, jwks_uri: `${issuer}/keys`, keys: [] });
    },
  });
  const sockets = new WebSocketServer({ noServer: true });
  const app = createServer();
  const upgrade = forWs.protect(waiting, sockets);
  const judged: Promise<void>[] = [];
  app.on('upgrade', (request, socket, head) => judged.push(upgrade(request, socket, head)));
  const request = httpRequest({
    port: await listen(app),
    host: '127.0.0.1',
    headers: { authorization: 'Bearer a.b.c', connection: 'Upgrade', upgrade: 'websocket' },
  });
  request.on('error', () => {});
  const [socket] = (await once(request, 'socket')) as [Socket];
  request.end();
  while (judged.length === 0) await sleep(5);
  socket.resetAndDestroy();
  await sleep(50);
  gate.resolve();
  await Promise.all(judged);
  expect(judged.length).toBe(1);
  waiting.close();
});
