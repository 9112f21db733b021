import type { Settings } from '../options.ts';
import { Problem } from '../problem.ts';

/**
 * The CSRF rule, wherever a cookie authenticates or is set. docs/protocol.md §3
 *
 * @throws {Problem} `request/cross-origin`; the detail names the setting to change.
 */
export function checkSameOrigin(settings: Settings, request: Request): void {
  const origin = request.headers.get('origin');
  if (origin === 'null') throw crossOrigin('a page without an origin may not use cookies here');
  if (request.headers.get('sec-fetch-site') === 'same-origin') return;
  if (origin === null) {
    throw crossOrigin('the request names no Origin; clients that are no browser ask for "delivery": "bearer"');
  }
  if (origin === new URL(settings.issuer).origin || settings.origins.includes(origin)) return;
  throw crossOrigin('add the origin of the page to the setting "origins"');
}

/**
 * Tokens in the body are for clients that are no browser, and for pages of listed origins: script that was injected into a page can't
 * turn a cookie into a token.
 *
 * @throws {Problem} `request/bearer-origin`
 */
export function checkBearerOrigin(settings: Settings, request: Request): void {
  const origin = request.headers.get('origin');
  if (origin === null && request.headers.get('sec-fetch-site') === null) return;
  if (origin !== null && settings.bearerOrigins.includes(origin)) return;
  throw new Problem('request/bearer-origin', {
    detail: 'use "delivery": "cookie", or add the origin to the setting "bearerOrigins"',
  });
}

function crossOrigin(detail: string): Problem {
  return new Problem('request/cross-origin', { detail });
}

/** CORS headers for a request: for listed origins, exactly; credentials for those that may use cookies. */
export function corsHeaders(settings: Settings, request: Request): Readonly<Record<string, string>> {
  const origin = request.headers.get('origin');
  if (origin === null) return {};
  const cookies = settings.origins.includes(origin);
  if (!cookies && !settings.bearerOrigins.includes(origin)) return {};
  return {
    'access-control-allow-origin': origin,
    ...(cookies ? { 'access-control-allow-credentials': 'true' } : {}),
    'access-control-expose-headers': 'retry-after, www-authenticate',
  };
}

const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST, PATCH, DELETE',
  'access-control-allow-headers': 'authorization, content-type, idempotency-key',
  'access-control-max-age': '600',
} as const;

/** The answer to a preflight. An origin that isn't listed gets no headers, and its browser refuses. */
export function answerPreflight(settings: Settings, request: Request): Response {
  const headers = corsHeaders(settings, request);
  return new Response(null, {
    status: 204,
    headers: Object.keys(headers).length === 0 ? {} : { ...headers, ...PREFLIGHT },
  });
}
