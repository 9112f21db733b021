import type { Settings } from '../options.ts';

/** What stands in front of every path of ours: empty, or the path of the issuer. */
export function basePath({ issuer }: Settings): string {
  return new URL(issuer).pathname.replace(/\/$/, '');
}

/** Pages that others lead to. */
export const SECURITY = '/account/security';
export const LINK_LOGIN = '/account/link-login';

/** Paths of programs: they are answered in JSON, whatever they ask for. */
const OF_PROGRAMS = /^\/(?:v1|oauth2|events|\.well-known|healthz|readyz|metrics|openapi\.json)(?:\/|$)/;

/** Whether the answer is for a person: a browser asks for a page, at an address that isn't for programs. */
export function isForPerson(settings: Settings, request: Request): boolean {
  const { pathname } = new URL(request.url);
  const base = basePath(settings);
  const path = pathname.startsWith(`${base}/`) ? pathname.slice(base.length) : pathname;
  return (request.headers.get('accept') ?? '').includes('text/html') && !OF_PROGRAMS.test(path);
}
