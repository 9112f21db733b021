import type { Principal } from '../principal.ts';
import { RequestRefused } from '../refusal.ts';
import type { Policy, Verifier } from '../verifier.ts';
import { toResponse } from './fetch.ts';

/** What is used of Hono's context. */
export interface HonoContextLike {
  readonly req: { readonly raw: Request };
}

const PRINCIPALS = new WeakMap<object, Principal>();

/** Middleware for Hono 4: what is behind it is only reached by requests that were let in. */
export function protect(
  verifier: Verifier,
  policy: Policy = {},
): (context: HonoContextLike, next: () => Promise<void>) => Promise<Response | undefined> {
  return async (context, next) => {
    try {
      PRINCIPALS.set(context, await verifier.authenticate(context.req.raw, policy));
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      return toResponse(error);
    }
    await next();
    return undefined;
  };
}

/**
 * The principal of a request behind {@link protect}.
 *
 * @throws {Error} for a request that didn't pass it: a route that forgot the guard fails closed.
 */
export function principalOf(context: object): Principal {
  const principal = PRINCIPALS.get(context);
  if (principal === undefined) throw new Error('this request did not pass protect()');
  return principal;
}
