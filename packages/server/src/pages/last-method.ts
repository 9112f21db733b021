import { formatCookie } from '../checks/cookie.ts';
import type { Settings } from '../options.ts';
import { cookieOf, type Visit } from './visit.ts';

/** How somebody signs in: with the password, or through a provider, by its id. */
export type Method = { readonly by: 'password' } | { readonly by: 'provider'; readonly id: string };

const YEAR_SECONDS = 365 * 86_400;
const FORM = /^(?:password|provider\.([a-z][a-z0-9-]{0,31}))$/;

/**
 * Keeps in this browser, and nowhere else, how somebody signed in here. It says nothing of who: the mark is the same for whatever
 * address is typed next.
 *
 * @returns `Set-Cookie` values.
 */
export function rememberMethod({ issuer, pages }: Settings, method: Method): readonly string[] {
  if (pages === false) return [];
  const value = method.by === 'password' ? 'password' : `provider.${method.id}`;
  return [formatCookie(issuer, value, YEAR_SECONDS, 'method')];
}

/** Forgets it: the account is gone. @returns `Set-Cookie` values. */
export function forgetMethod({ issuer }: Settings): readonly string[] {
  return [formatCookie(issuer, '', 0, 'method')];
}

/** How somebody signed in in this browser last; undefined where nobody has, or where there is only one way. */
export function readLastMethod(visit: Visit): Method | undefined {
  const { socialProviders } = visit.context;
  const match = FORM.exec(cookieOf(visit, 'method') ?? '');
  if (match === null || socialProviders.length === 0) return undefined;
  const [, id] = match;
  if (id === undefined) return { by: 'password' };
  return socialProviders.some((provider) => provider.id === id) ? { by: 'provider', id } : undefined;
}
