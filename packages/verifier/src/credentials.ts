import { refuse } from './refusal.ts';
import { headerValues, type RequestLike } from './request.ts';
import { checkCookieOrigin } from './request-origin.ts';

/** The access token of a request, and how it came. */
export interface Credentials {
  readonly token: string;
  readonly scheme: 'bearer' | 'dpop';
}

/** The cookie that may carry an access token, and whose pages may send it. */
export interface CookieSettings {
  readonly name: string;
  readonly origins: readonly string[];
}

/**
 * The access token of a request: from the Authorization header or, where that is configured, from its cookie, and from nowhere else.
 *
 * @throws {RequestRefused} `request/no-credentials`, `request/authorization`, `request/two-credentials`, `request/cross-origin`
 * @see RFC 6750 §2.1, RFC 9449 §7.1, RFC 9110 §11.1 (the scheme is compared without case)
 */
export function readCredentials(request: RequestLike, cookie: CookieSettings | undefined): Credentials {
  const fromHeader = readAuthorization(request);
  if (cookie === undefined) {
    if (fromHeader === undefined) throw refuse('request/no-credentials');
    return fromHeader;
  }
  const fromCookie = readCookie(request, cookie.name);
  if (fromCookie === undefined) {
    if (fromHeader === undefined) throw refuse('request/no-credentials');
    return fromHeader;
  }
  // two credentials may be two people: neither is taken
  if (fromHeader !== undefined) throw refuse('request/two-credentials');
  checkCookieOrigin(request, cookie.origins);
  return { token: fromCookie, scheme: 'bearer' };
}

function readAuthorization(request: RequestLike): Credentials | undefined {
  const [header, more] = headerValues(request, 'authorization');
  if (header === undefined) return undefined;
  // two headers arrive joined by a comma, which no token holds
  if (more !== undefined || header.includes(',')) throw refuse('request/authorization');
  const space = header.indexOf(' ');
  const token = header.slice(space + 1);
  if (space === -1 || token === '' || token.includes(' ')) return undefined;
  const scheme = header.slice(0, space).toLowerCase();
  return scheme === 'bearer' || scheme === 'dpop' ? { token, scheme } : undefined;
}

/** A name in another case counts as the same: browsers guard prefixes without case, so the other one was planted. rfc6265bis §5.4 */
function readCookie(request: RequestLike, name: string): string | undefined {
  const wanted = name.toLowerCase();
  const found: { readonly exact: boolean; readonly value: string }[] = [];
  for (const header of headerValues(request, 'cookie')) {
    for (const pair of header.split(';')) {
      const equals = pair.indexOf('=');
      const key = pair.slice(0, Math.max(0, equals)).trim();
      if (key.toLowerCase() === wanted) found.push({ exact: key === name, value: pair.slice(equals + 1).trim() });
    }
  }
  const [cookie, more] = found;
  if (cookie === undefined) return undefined;
  if (more !== undefined || !cookie.exact)
    throw refuse('request/cross-origin', { detail: `the cookie ${name} came twice, or in another case` });
  return cookie.value === '' ? undefined : cookie.value;
}
