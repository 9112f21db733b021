import type { Html } from './html.ts';
import type { Visit } from './visit.ts';

/** What an answer has beside the page itself. */
export interface Extras {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An origin elsewhere to which the answer to a form may lead: Chromium holds redirects to `form-action`. CSP 3 §6.4.2 */
  readonly leadsTo?: string | undefined;
}

/**
 * A page: nothing inline, nothing from elsewhere, never framed, never kept. The referrer stays within this origin; an outright
 * `no-referrer` would make browsers send `Origin: null` with forms. Fetch §3.1 ("append a request Origin header")
 */
export function answerPage(visit: Visit, page: Html, { status = 200, headers = {}, leadsTo }: Extras = {}): Response {
  return new Response(page.text, {
    status,
    headers: withCookies(visit, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy(leadsTo),
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'same-origin',
      'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
      'content-language': visit.locale,
      ...headers,
    }),
  });
}

/** To another page, by GET: after each form that was taken. RFC 9110 §15.4.4 */
export function redirect(visit: Visit, location: string): Response {
  return new Response(null, { status: 303, headers: withCookies(visit, { location, 'cache-control': 'no-store' }) });
}

function policy(leadsTo: string | undefined): string {
  return [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "img-src 'self'",
    `form-action 'self'${leadsTo === undefined ? '' : ` ${leadsTo}`}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

function withCookies({ cookies }: Visit, headers: Readonly<Record<string, string>>): Headers {
  const all = new Headers(headers);
  for (const cookie of cookies) all.append('set-cookie', cookie);
  return all;
}
