import { sendAuthorized } from './authorized.ts';
import { type ClientSettings, parseUrl } from './options.ts';
import type { Session } from './session.ts';

/** `fetch`, with an access token on requests to configured origins and on no other. */
export async function protectedFetch(
  settings: ClientSettings,
  session: Session,
  input: string | URL | Request,
  init: RequestInit = {},
): Promise<Response> {
  const request = typeof input === 'object' && 'url' in input ? input : undefined;
  // resolved here, once, so that what is judged is what is fetched
  const url = parseUrl(typeof input === 'string' ? input : 'url' in input ? input.url : input.href, findBase());
  const resource = url === undefined ? undefined : findResource(settings, url);
  const headers = new Headers(init.headers ?? request?.headers);
  // a caller's own credential is left as it is
  if (url === undefined || resource === undefined || headers.has('authorization')) return settings.fetch(input, init);

  const redirect =
    init.redirect ?? (request === undefined || request.redirect === 'follow' ? 'error' : request.redirect);
  return sendAuthorized(
    session,
    resource,
    (token) => {
      headers.set('authorization', `Bearer ${token}`);
      return settings.fetch(request ?? url.href, { ...init, headers, redirect });
    },
    isRepeatable(request, init),
  );
}

/** @returns Empty for the account API, nothing where no token may go. */
function findResource({ server, resources }: ClientSettings, url: URL): string | undefined {
  if (url.href.startsWith(`${new URL(server).href.replace(/\/$/, '')}/v1/`)) return '';
  return resources.find(({ origin }) => origin === url.origin)?.identifier;
}

/** What `fetch` itself takes relative addresses from; there is none outside of browsers. */
function findBase(): string | undefined {
  if (typeof document === 'object') return document.baseURI;
  return typeof location === 'object' ? location.href : undefined;
}

/** Whether the body, if any, is still there after it was sent: a stream isn't, nor is that of a `Request`. */
function isRepeatable(request: Request | undefined, { body, method }: RequestInit): boolean {
  if (body !== undefined && body !== null) {
    return typeof body !== 'object' || !('getReader' in body || Symbol.asyncIterator in body);
  }
  return request === undefined || request.body === null || /^(get|head)$/i.test(method ?? request.method);
}
