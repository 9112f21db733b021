import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { answerPreflight, corsHeaders } from './checks/cross-origin.ts';
import type { RequestScope, ServerContext } from './context.ts';
import { ROUTES } from './endpoints/routes.ts';
import type { TracedOperation } from './observability/tracing.ts';
import type { Settings } from './options.ts';
import { basePath, isForPerson } from './pages/addresses.ts';
import { answerAsset } from './pages/assets.ts';
import { answerErrorPage } from './pages/error-page.ts';
import { PAGES } from './pages/routes.ts';
import { servePage } from './pages/serve.ts';
import { answerProblem, Problem } from './problem.ts';
import { StoreFailed } from './stores/store.ts';

interface Bindings {
  readonly scope: RequestScope;
}

/** Every address of the server, API and pages, and what is answered at each. */
export function createApp(context: ServerContext): Hono<{ Bindings: Bindings }> {
  const { settings } = context;
  const app = new Hono<{ Bindings: Bindings }>();
  const at = mountedAt(settings);
  for (const [path, methods] of Object.entries(ROUTES)) {
    for (const [method, { run }] of Object.entries(methods)) {
      app.on(method, at(path), (c) => {
        const { scope } = c.env;
        const request = c.req.raw;
        const work = async () => run(context, request, scope, c.req.param('id') ?? c.req.param('provider') ?? '');
        return observe(context, { method, route: path, request, scope }, work);
      });
    }
    const allow = [...Object.keys(methods), ...('GET' in methods ? ['HEAD'] : []), 'OPTIONS'].join(', ');
    app.all(at(path), (c) => {
      if (c.req.method === 'OPTIONS') return answerPreflight(settings, c.req.raw);
      throw new Problem('request/method', { headers: { allow } });
    });
  }
  app.get(at('/assets/:name'), (c) => findAsset(context, c.req.param('name') ?? ''));
  if (settings.pages !== false) {
    for (const [path, page] of Object.entries(PAGES))
      app.on('ALL', addressesOf(settings, path), (c) => {
        const { scope } = c.env;
        const request = c.req.raw;
        const method = PAGE_METHODS.has(request.method) ? request.method : '_OTHER';
        const work = async () => servePage(context, request, scope, page);
        return observe(context, { method, route: path, request, scope }, work);
      });
  }
  app.notFound((c) => refuse(context, c.req.raw, new Problem('request/not-found')));
  app.onError((error, c) => refuse(context, c.req.raw, toProblem(settings, error)));
  return app;
}

/**
 * Where a path of ours is: behind the path of the issuer, if it has one. RFC 8414 §3.1 alone puts its document between host and path; what is
 * asked by whoever runs the process, and not by its clients, knows no issuer.
 */
function mountedAt(settings: Settings): (path: string) => string {
  const base = basePath(settings);
  return (path) => {
    if (path === '/.well-known/oauth-authorization-server') return path + base;
    return OF_THE_PROCESS.has(path) ? path : base + path;
  };
}

/** Where a page is. The first one is at the issuer's path as it was written, too: without a slash at its end. */
function addressesOf(settings: Settings, path: string): string[] {
  const base = basePath(settings);
  return path === '/' && base !== '' ? [base, `${base}/`] : [base + path];
}

const OF_THE_PROCESS: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

const PAGE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST']);

/** Runs an operation and answers whatever it throws; counts it, and makes a span of it, where that is asked for. */
async function observe(
  context: ServerContext,
  operation: TracedOperation,
  work: () => Promise<Response>,
): Promise<Response> {
  const end = context.figures?.begin(`${operation.method} ${operation.route}`);
  const { response, code } = await context.tracing.run(operation, async () => {
    try {
      return { response: await work(), code: '' };
    } catch (error) {
      const problem = toProblem(context.settings, error);
      return { response: refuse(context, operation.request, problem), code: problem.code };
    }
  });
  end?.(response.status, code);
  return response;
}

/** A person is told on a page, a program in JSON. */
export function refuse(context: ServerContext, request: Request, problem: Problem): Response {
  return context.settings.pages !== false && isForPerson(context.settings, request)
    ? answerErrorPage(context, request, problem)
    : answerProblem(problem);
}

function findAsset({ assets }: ServerContext, name: string): Response {
  const asset = assets.find(name);
  if (asset === undefined) throw new Problem('request/not-found');
  return answerAsset(asset);
}

/** Whatever was thrown, as what the outside is told. */
function toProblem({ log }: Settings, error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof StoreFailed) {
    log({ level: 'error', event: 'store.failed', reason: error.message });
    return new Problem('server/unavailable');
  }
  const id = randomUUID();
  // the text of an unknown error may hold anything: its kind and its place in our code are enough to find it
  const place =
    error instanceof Error
      ? (error.stack ?? '')
          .split('\n')
          .find((line) => line.includes('/src/') || line.includes('/dist/'))
          ?.trim()
      : undefined;
  log({ level: 'error', event: 'server.error', id, kind: error instanceof Error ? error.name : typeof error, place });
  return new Problem('server/error', { members: { id } });
}

const ALWAYS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Adds what every answer says to a browser. */
export function withHeaders(settings: Settings, request: Request, response: Response): Response {
  const { headers } = response;
  for (const [name, value] of Object.entries(ALWAYS)) {
    // a page says itself what it may load
    if (!headers.has(name)) headers.set(name, value);
  }
  if (settings.issuer.startsWith('https:')) headers.set('strict-transport-security', 'max-age=31536000');
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
  headers.append('vary', 'Origin, Sec-Fetch-Site');
  for (const [name, value] of Object.entries(corsHeaders(settings, request))) headers.set(name, value);
  return response;
}
