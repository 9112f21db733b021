import { Problem } from '../problem.ts';

/** Name of the refresh cookie. The prefix and `Secure` follow the configured issuer, never the request. RFC 6265bis §4.1.3 */
export function cookieName(issuer: string): string {
  return issuer.startsWith('https:') ? '__Host-mapae-refresh' : 'mapae-refresh';
}

/** A Set-Cookie value; with 0 seconds it removes the cookie. */
export function formatCookie(issuer: string, value: string, maxAgeSeconds: number): string {
  const secure = issuer.startsWith('https:') ? '; Secure' : '';
  return `${cookieName(issuer)}=${value}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${maxAgeSeconds}${secure}`;
}

/**
 * The refresh cookie's value.
 *
 * @returns undefined where there is none.
 * @throws {Problem} `request/cross-origin` when it comes twice: a sibling domain has put its own beside it.
 */
export function readCookie(issuer: string, request: Request): string | undefined {
  const name = cookieName(issuer).toLowerCase();
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
  return values[0]?.name === cookieName(issuer) ? values[0].value : undefined;
}
