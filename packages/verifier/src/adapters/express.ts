import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from '../principal.ts';
import { RequestRefused } from '../refusal.ts';
import type { Policy, Verifier } from '../verifier.ts';
import { sendRefusal } from './node.ts';

const PRINCIPALS = new WeakMap<object, Principal>();

/** Middleware for Express 5 (and everything with its signature): what is behind it is only reached by requests that were let in. */
export function protect(
  verifier: Verifier,
  policy: Policy = {},
): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => Promise<void> {
  return async (request, response, next) => {
    try {
      PRINCIPALS.set(request, await verifier.authenticate({ headers: request.headersDistinct }, policy));
    } catch (error) {
      if (error instanceof RequestRefused) sendRefusal(response, error);
      else next(error);
      return;
    }
    next();
  };
}

/**
 * The principal of a request behind {@link protect}.
 *
 * @throws {Error} for a request that didn't pass it: a route that forgot the guard fails closed.
 */
export function principalOf(request: object): Principal {
  const principal = PRINCIPALS.get(request);
  if (principal === undefined) throw new Error('this request did not pass protect()');
  return principal;
}
