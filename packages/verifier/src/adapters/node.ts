import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from '../principal.ts';
import { RequestRefused } from '../refusal.ts';
import type { Policy, Verifier } from '../verifier.ts';

/** A listener that is only called for requests that were let in. */
export type ProtectedListener = (request: IncomingMessage, response: ServerResponse, principal: Principal) => unknown;

/**
 * Guards a node:http listener.
 *
 * @returns A listener for `createServer`; resolves when the guarded one has.
 */
export function protect(
  verifier: Verifier,
  listener: ProtectedListener,
  policy: Policy = {},
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    let principal: Principal;
    try {
      // where nothing was merged or dropped: a second Authorization header is seen
      principal = await verifier.authenticate({ headers: request.headersDistinct }, policy);
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      sendRefusal(response, error);
      return;
    }
    await listener(request, response, principal);
  };
}

/** Writes a refusal to a Node response. */
export function sendRefusal(response: ServerResponse, refusal: RequestRefused): void {
  response.writeHead(refusal.status, { ...refusal.headers }).end(refusal.body);
}
