import { randomBytes } from 'node:crypto';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type AuthorizationServer, createServer, databaseFromUrl } from '../src/index.ts';

const ISSUER = 'https://auth.example.test';
const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
const STRANGER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const PASSWORD = 'correct horse battery';
let server: AuthorizationServer;

beforeAll(async () => {
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  // W3C Trace Context §3.2, as far as this test sends it
  propagation.setGlobalPropagator({
    inject: () => {},
    fields: () => ['traceparent'],
    extract(into, carrier, getter) {
      const sent = getter.get(carrier, 'traceparent');
      const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(String(sent)) ?? [];
      if (traceId === undefined || spanId === undefined) return into;
      return trace.setSpanContext(into, { traceId, spanId, traceFlags: 1, isRemote: true });
    },
  });
  server = await createServer({
    issuer: ISSUER,
    database: databaseFromUrl('sqlite::memory:'),
    secrets: [randomBytes(32).toString('base64url')],
    trustedProxies: ['10.0.0.0/8'],
    traces: true,
  });
});
afterAll(async () => {
  await server.close();
  await provider.shutdown();
  for (const api of [trace, context, propagation]) api.disable();
});
beforeEach(() => exporter.reset());

async function send(
  path: string,
  json?: object,
  headers: Record<string, string> = {},
  remoteAddress = '203.0.113.9',
): Promise<Response> {
  const body = json === undefined ? {} : { method: 'POST', body: JSON.stringify(json) };
  const request = new Request(ISSUER + path, { ...body, headers: { 'content-type': 'application/json', ...headers } });
  return server.fetch(request, { remoteAddress });
}

function onlySpan() {
  const [span, ...more] = exporter.getFinishedSpans();
  if (span === undefined || more.length > 0) throw new Error(`${more.length + 1} spans`);
  return span;
}

test('an operation is one server span, named by method and route, with the attributes of the HTTP conventions', async () => {
  await send('/v1/sign-up', { email: 'kim@example.test', password: PASSWORD });
  const span = onlySpan();
  expect([span.name, span.kind, span.status.code]).toEqual(['POST /v1/sign-up', SpanKind.SERVER, SpanStatusCode.UNSET]);
  expect(span.attributes).toEqual({
    'url.scheme': 'https',
    'server.address': 'auth.example.test',
    'http.request.method': 'POST',
    'http.route': '/v1/sign-up',
    'http.response.status_code': 201,
  });
});

test('a refusal has its code, and is no error of the server', async () => {
  await send('/v1/sign-in', { email: 'kim@example.test', password: 'wrong one', delivery: 'bearer' });
  const { attributes, status } = onlySpan();
  expect(attributes).toMatchObject({ 'http.response.status_code': 401, 'mapae.code': 'account/credentials' });
  expect([attributes['error.type'], status.code]).toEqual([undefined, SpanStatusCode.UNSET]);
});

test('what is our own fault is an error, by its code and without its text', async () => {
  await using broken = await open({ accessTokenClaims: () => Promise.reject(new Error('kim@example.test')) });
  await broken.enter();
  const span = exporter.getFinishedSpans().at(-1);
  expect(span?.name).toBe('POST /v1/sign-in');
  expect(span?.attributes).toMatchObject({ 'http.response.status_code': 503, 'error.type': 'server/hook' });
  expect(span?.status).toEqual({ code: SpanStatusCode.ERROR });
});

test('L02: nothing of a person or of what was sent is in a span', async () => {
  const signedIn = await send(
    '/v1/sign-in',
    { email: 'kim@example.test', password: PASSWORD, delivery: 'bearer' },
    { 'user-agent': 'agent-77' },
  );
  const { access_token: token } = (await signedIn.json()) as { access_token: string };
  await send('/v1/admin/users/aaaaaaaaaaaaaaaaaaaaaa?next=q-77', undefined, { authorization: `Bearer ${token}` });
  const told = JSON.stringify(
    exporter
      .getFinishedSpans()
      .map(({ name, attributes, events, links, status }) => ({ name, attributes, events, links, status })),
  );
  expect(told).toContain('/v1/admin/users/:id');
  expect(told).not.toMatch(/kim|aaaaaa|203\.0\.113|agent-77|q-77|horse|eyJ|mr1\.|md1\./);
});

test("a stranger's trace is linked, and chooses nothing of ours; that of a trusted proxy goes on", async () => {
  const traceparent = `00-${STRANGER.traceId}-${STRANGER.spanId}-01`;
  await send('/healthz', undefined, { traceparent });
  const strange = onlySpan();
  expect(strange.parentSpanContext).toBe(undefined);
  expect(strange.spanContext().traceId).not.toBe(STRANGER.traceId);
  expect(strange.links.map((link) => link.context)).toMatchObject([STRANGER]);

  exporter.reset();
  await send('/healthz', undefined, { traceparent }, '10.1.2.3');
  const ours = onlySpan();
  expect(ours.parentSpanContext).toMatchObject(STRANGER);
  expect([ours.spanContext().traceId, ours.links]).toEqual([STRANGER.traceId, []]);
});

test('within the span of an application it is a part of that; what hooks do is a part of the operation', async () => {
  const tracer = trace.getTracer('application');
  await using own = await open({
    beforeSignUp: () =>
      tracer.startActiveSpan('hook', (span) => {
        span.end();
        return { allow: true } as const;
      }),
  });
  await tracer.startActiveSpan('outer', async (outer) => {
    await own.signUp();
    outer.end();
  });
  const [hook, operation, outer] = exporter.getFinishedSpans();
  expect([hook?.name, operation?.name, outer?.name]).toEqual(['hook', 'POST /v1/sign-up', 'outer']);
  expect(hook?.parentSpanContext?.spanId).toBe(operation?.spanContext().spanId);
  expect(operation?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
  expect(operation?.kind).toBe(SpanKind.INTERNAL);
});

test('a server that was not asked to makes no span', async () => {
  await using silent = await open({}, false);
  await silent.signUp();
  expect(exporter.getFinishedSpans()).toEqual([]);
});

async function open(hooks: NonNullable<Parameters<typeof createServer>[0]['hooks']>, traces = true) {
  const other = await createServer({
    issuer: ISSUER,
    database: databaseFromUrl('sqlite::memory:'),
    secrets: [randomBytes(32).toString('base64url')],
    hooks,
    traces,
  });
  const post = (path: string, json: object): Promise<Response> =>
    other.fetch(
      new Request(ISSUER + path, {
        method: 'POST',
        body: JSON.stringify(json),
        headers: { 'content-type': 'application/json' },
      }),
    );
  const account = { email: 'kim@example.test', password: PASSWORD };
  return {
    signUp: () => post('/v1/sign-up', account),
    async enter() {
      await post('/v1/sign-up', account);
      return post('/v1/sign-in', { ...account, delivery: 'bearer' });
    },
    [Symbol.asyncDispose]: () => other.close(),
  };
}
