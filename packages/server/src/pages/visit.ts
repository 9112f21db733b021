import type { Locale } from '../accounts/mail/mail.ts';
import { type CookieKind, cookieName, formatCookie, readCookie } from '../checks/cookie.ts';
import type { RequestScope, ServerContext } from '../context.ts';
import { basePath } from './addresses.ts';
import { formatFormToken, readBrowserId } from './form-token.ts';
import type { Texts } from './texts/en.ts';
import { choosePageLocale, TEXTS } from './texts/texts.ts';
import { findVisitor, type Visitor } from './visitor.ts';

/** One request for a page: who asks, in which language, and what goes back beside the page. */
export interface Visit {
  readonly context: ServerContext;
  readonly request: Request;
  readonly scope: RequestScope;
  readonly url: URL;
  readonly locale: Locale;
  readonly texts: Texts;
  readonly browserId: string;
  readonly visitor: Visitor | undefined;
  /** `Set-Cookie` values of the answer. */
  readonly cookies: string[];
  /** An address of ours, as it stands in a page. */
  at(path: string): string;
  /** For the hidden field of a form; another one each time. */
  formToken(): string;
}

const YEAR_SECONDS = 365 * 86_400;

/** @throws {Problem} `request/cross-origin` when one of our cookies comes twice. */
export async function openVisit(context: ServerContext, request: Request, scope: RequestScope): Promise<Visit> {
  const { settings, random, secrets } = context;
  const visitor = await findVisitor(context, request);
  const known = readBrowserId(settings, request);
  const browserId = known ?? Buffer.from(random(16)).toString('base64url');
  const visit = {
    ...inLanguage(context, request, [visitor?.user.locale, readCookie(settings.issuer, request, 'language')]),
    scope,
    visitor,
    formToken: () => formatFormToken(secrets, { browserId, sessionId: visitor?.session.id }, random),
    browserId,
  };
  if (known === undefined) setCookie(visit, 'browser', browserId, YEAR_SECONDS);
  return visit;
}

/** The visit of somebody of whom nothing is known but the request: for pages that say what went wrong. They have no forms. */
export function strangerVisit(context: ServerContext, request: Request): Visit {
  const { settings } = context;
  const chosen = (request.headers.get('cookie') ?? '').match(
    new RegExp(`${cookieName(settings.issuer, 'language')}=(\\w+)`),
  )?.[1];
  return {
    ...inLanguage(context, request, [chosen]),
    scope: { waitedMs: () => 0, ip: undefined, isFromProxy: false, inProcess: false },
    visitor: undefined,
    formToken: () => '',
    browserId: '',
  };
}

function inLanguage(
  context: ServerContext,
  request: Request,
  chosen: readonly (string | undefined)[],
): Omit<Visit, 'scope' | 'visitor' | 'formToken' | 'browserId'> {
  const locale = choosePageLocale(chosen, request.headers.get('accept-language'));
  return {
    context,
    request,
    url: new URL(request.url),
    locale,
    texts: TEXTS[locale],
    cookies: [],
    at: (path) => basePath(context.settings) + path,
  };
}

/** Sets a cookie with the answer; 0 seconds removes it. */
export function setCookie({ context, cookies }: Visit, kind: CookieKind, value: string, seconds: number): void {
  cookies.push(formatCookie(context.settings.issuer, value, seconds, kind));
}

/** A cookie that the request brought. */
export function cookieOf({ context, request }: Visit, kind: CookieKind): string | undefined {
  return readCookie(context.settings.issuer, request, kind);
}

/** Name of the product, as people see it. */
export function productName({ settings }: Pick<ServerContext, 'settings'>): string {
  const { pages, issuer } = settings;
  return (pages === false ? undefined : pages.name) ?? new URL(issuer).hostname;
}
