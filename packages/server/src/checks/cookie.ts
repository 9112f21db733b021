import { Problem } from '../problem.ts';

/**
 * The refresh token, the mark of a known device, and what the pages keep in a browser: which one it is, the token of a link that was
 * opened, what was done a moment ago, to whom a mail went, the language that was chosen, the way that somebody signed in last.
 */
export type CookieKind = 'refresh' | 'device' | 'browser' | 'link' | 'notice' | 'mailed' | 'language' | 'method';

/** Cookies that come along when a link elsewhere leads to a page. They open nothing by themselves; the others stay at home. */
const FOLLOWS_LINKS: ReadonlySet<CookieKind> = new Set(['browser', 'link', 'notice', 'mailed', 'language', 'method']);

/** Name of a cookie. The prefix and `Secure` follow the configured issuer, never the request. RFC 6265bis §4.1.3 */
export function cookieName(issuer: string, kind: CookieKind = 'refresh'): string {
  return issuer.startsWith('https:') ? `__Host-mapae-${kind}` : `mapae-${kind}`;
}

/** A Set-Cookie value; with 0 seconds it removes the cookie. */
export function formatCookie(
  issuer: string,
  value: string,
  maxAgeSeconds: number,
  kind: CookieKind = 'refresh',
): string {
  const secure = issuer.startsWith('https:') ? '; Secure' : '';
  const sameSite = FOLLOWS_LINKS.has(kind) ? 'Lax' : 'Strict';
  return `${cookieName(issuer, kind)}=${value}; HttpOnly; SameSite=${sameSite}; Path=/; Max-Age=${maxAgeSeconds}${secure}`;
}

/**
 * A cookie's value.
 *
 * @returns undefined where there is none.
 * @throws {Problem} `request/cross-origin` when it comes twice: a sibling domain has put its own beside it.
 */
export function readCookie(issuer: string, request: Request, kind: CookieKind = 'refresh'): string | undefined {
  const name = cookieName(issuer, kind).toLowerCase();
  const values = (request.headers.get('cookie') ?? '')
    .split(';')
    .map((pair) => ({
      name: pair.slice(0, Math.max(0, pair.indexOf('='))).trim(),
      value: pair.slice(pair.indexOf('=') + 1).trim(),
    }))
    // browsers match prefixes without case, so a name in another case is as hostile as a second one
    .filter((pair) => pair.name.toLowerCase() === name);
  if (values.length > 1)
    throw new Problem('request/cross-origin', { detail: 'the cookie came twice; remove the cookies of this site' });
  return values[0]?.name === cookieName(issuer, kind) ? values[0].value : undefined;
}
