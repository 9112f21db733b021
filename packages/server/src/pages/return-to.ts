import type { Settings } from '../options.ts';
import { basePath } from './addresses.ts';
import { type Html, html } from './html.ts';
import type { Visit } from './visit.ts';

const LONGEST = 2_000;
/** Pages of ours that a sign-in may lead to. */
const OWN = /^\/(?:account(?:\/[a-z-]+)?|link\/first-admin)$/;
// what parsers drop or take for a slash: no honest address holds it
const HOSTILE = /[\s\\\p{Cc}]/u;

/**
 * Where a person is sent after a sign-in: a page of ours, or any page of an origin on the list, compared exactly.
 *
 * @param text  What the address or form says; from outside.
 * @returns An address as the URL parser writes it, undefined for any other text. RFC 9700 §4.11
 */
export function parseReturnTo(settings: Settings, text: string | null | undefined): string | undefined {
  if (text === null || text === undefined || text.length > LONGEST || HOSTILE.test(text)) return undefined;
  const { issuer, origins } = settings;
  if (!URL.canParse(text, issuer)) return undefined;
  const url = new URL(text, issuer);
  if (url.username !== '' || url.password !== '' || !/^https?:$/.test(url.protocol)) return undefined;
  const base = basePath(settings);
  if (
    url.origin === new URL(issuer).origin &&
    url.pathname.startsWith(base) &&
    OWN.test(url.pathname.slice(base.length))
  )
    return url.pathname + url.search;
  const home = homeOf(settings);
  return origins.includes(url.origin) || (home !== undefined && url.origin === new URL(home).origin)
    ? url.href
    : undefined;
}

/** The origin of an address that leads elsewhere. */
export function foreignOrigin(settings: Settings, returnTo: string | undefined): string | undefined {
  if (returnTo === undefined) return undefined;
  const { origin } = new URL(returnTo, settings.issuer);
  return origin === new URL(settings.issuer).origin ? undefined : origin;
}

/** The application's address, where one was given. */
export function homeOf({ pages }: Settings): string | undefined {
  return pages === false ? undefined : pages.home;
}

/** Where a sign-in leads: to where it was asked for, else to the application, else to the account. */
export function destination(visit: Visit, returnTo: string | null | undefined): string {
  const { settings } = visit.context;
  return parseReturnTo(settings, returnTo) ?? homeOf(settings) ?? visit.at('/account');
}

export function hiddenReturnTo(returnTo: string | undefined): Html | false {
  return returnTo !== undefined && html`<input type="hidden" name="return_to" value="${returnTo}">`;
}

export function returnQuery(returnTo: string | undefined): string {
  return returnTo === undefined ? '' : `?${new URLSearchParams({ return_to: returnTo }).toString()}`;
}
