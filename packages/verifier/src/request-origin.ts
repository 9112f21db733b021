import { type RequestRefused, refuse } from './refusal.ts';
import { headerValues, type RequestLike } from './request.ts';

/**
 * The CSRF rule for a request that a cookie authenticates, WebSocket upgrades included. docs/protocol.md §3
 *
 * @param origins Origins whose pages may send the cookie, beside the API's own.
 * @throws {RequestRefused} `request/cross-origin`; the detail names the setting to change.
 * @see Fetch Metadata §2, RFC 6454 §7
 */
export function checkCookieOrigin(request: RequestLike, origins: readonly string[]): void {
  const [origin, moreOrigins] = headerValues(request, 'origin');
  const [site, moreSites] = headerValues(request, 'sec-fetch-site');
  if (moreOrigins !== undefined || moreSites !== undefined) throw crossOrigin('a header came twice');
  if (origin === 'null') throw crossOrigin('a page without an origin may not use cookies here');
  if (site === 'same-origin') return;
  // an address that the person typed or bookmarked: no page is behind it, and reading changes nothing
  if (site === 'none' && origin === undefined && isPlainRead(request)) return;
  if (origin === undefined)
    throw crossOrigin('the request names no Origin; clients that are no browser send the Authorization header');
  if (!origins.includes(origin)) throw crossOrigin('add the origin of the page to the option cookie.origins');
}

function isPlainRead(request: RequestLike): boolean {
  const { method } = request;
  return (method === 'GET' || method === 'HEAD') && headerValues(request, 'upgrade').length === 0;
}

function crossOrigin(detail: string): RequestRefused {
  return refuse('request/cross-origin', { detail });
}
