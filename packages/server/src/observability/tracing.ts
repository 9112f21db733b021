import type * as OpenTelemetry from '@opentelemetry/api';
import type { RequestScope } from '../context.ts';

/** Says what the server does to OpenTelemetry. docs/adr/0044 */
export interface Tracing {
  /** Runs an operation in a span of its own. */
  run(operation: TracedOperation, work: () => Promise<Traced>): Promise<Traced>;
}

export interface TracedOperation {
  readonly method: string;
  /** As in the table of routes, `/v1/sessions/:id`: the address itself holds ids. */
  readonly route: string;
  readonly request: Request;
  readonly scope: RequestScope;
}

export interface Traced {
  readonly response: Response;
  /** Of a refusal; empty where it went well. */
  readonly code: string;
}

export const NO_TRACING: Tracing = { run: (_operation, work) => work() };

/**
 * Spans by the process's tracer provider, attributes by the semantic conventions for HTTP servers. What belongs to a person or came with the
 * request (address, query, agent, network) is in none of them.
 *
 * @throws {TypeError} where `@opentelemetry/api` is not installed.
 */
export async function startTracing(issuer: string): Promise<Tracing> {
  const api = await loadApi();
  const tracer = api.trace.getTracer('@mapae/server');
  const { protocol, hostname } = new URL(issuer);
  const always = { 'url.scheme': protocol.slice(0, -1), 'server.address': hostname };

  return {
    run({ method, route, request, scope }, work) {
      const active = api.context.active();
      const isInside = api.trace.getSpan(active) !== undefined;
      const sent = isInside ? undefined : readContext(api, request);
      const options: OpenTelemetry.SpanOptions = {
        // within another's span it is a part of that request, not one more
        kind: isInside ? api.SpanKind.INTERNAL : api.SpanKind.SERVER,
        attributes: { ...always, 'http.request.method': method, 'http.route': route },
        // a stranger neither chooses our trace ids nor what is recorded; the trace of theirs can be found all the same
        ...(sent === undefined || scope.isFromProxy ? {} : { links: [{ context: sent }] }),
      };
      const parent =
        sent !== undefined && scope.isFromProxy
          ? api.trace.setSpanContext(active, { ...sent, isRemote: true })
          : active;
      return tracer.startActiveSpan(`${method} ${route}`, options, parent, async (span) => {
        try {
          const { response, code } = await work();
          span.setAttribute('http.response.status_code', response.status);
          if (code !== '') span.setAttribute('mapae.code', code);
          // a refusal is the client's fault, and no error of the server
          if (response.status >= 500) {
            span.setAttribute('error.type', code === '' ? String(response.status) : code);
            span.setStatus({ code: api.SpanStatusCode.ERROR });
          }
          return { response, code };
        } finally {
          span.end();
        }
      });
    },
  };
}

/** What `traceparent` says, read by the propagator that the process has. */
function readContext(
  { propagation, trace, ROOT_CONTEXT, isSpanContextValid }: typeof OpenTelemetry,
  { headers }: Request,
): OpenTelemetry.SpanContext | undefined {
  const context = propagation.extract(ROOT_CONTEXT, headers, {
    get: (carrier, name) => carrier.get(name) ?? undefined,
    keys: (carrier) => [...carrier.keys()],
  });
  const sent = trace.getSpanContext(context);
  return sent !== undefined && isSpanContextValid(sent) ? sent : undefined;
}

async function loadApi(): Promise<typeof OpenTelemetry> {
  try {
    return await import('@opentelemetry/api');
  } catch {
    throw new TypeError('traces: install @opentelemetry/api beside this package');
  }
}
