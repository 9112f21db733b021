import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from '../principal.ts';
import { RequestRefused } from '../refusal.ts';
import type { RequestLike } from '../request.ts';
import type { Policy, Verifier } from '../verifier.ts';
import { createGuard } from './guard.ts';

/** What is used of a request of node:http or node:http2. */
export interface NodeRequestLike {
  readonly rawHeaders: readonly string[];
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** Where a router has cut off what it is mounted at: the address as it was asked for. */
  readonly originalUrl?: string | undefined;
}

/** A listener that is only called for requests that were let in. */
export type ProtectedListener<C> = (
  request: IncomingMessage,
  response: ServerResponse,
  principal: Principal<C>,
) => unknown;

/**
 * Guards a node:http listener.
 *
 * @returns A listener for `createServer`; resolves when the guarded one has.
 */
export function protect<C>(
  verifier: Verifier<C>,
  listener: ProtectedListener<C>,
  policy: Policy = {},
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const guard = createGuard(verifier, policy);
  return async (request, response) => {
    let principal: Principal<C>;
    try {
      const judged = guard(requestOf(request));
      // a wait for what is there would cost a turn
      principal = judged instanceof Promise ? await judged : judged;
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      sendRefusal(response, error);
      return;
    }
    const answered = listener(request, response, principal);
    if (answered instanceof Promise) await answered;
  };
}

/** Writes a refusal to a Node response. Headers that were set before are kept. */
export function sendRefusal(response: ServerResponse, refusal: RequestRefused): void {
  response.writeHead(refusal.status, { ...refusal.headers }).end(refusal.body);
}

/**
 * A Node request as a verifier looks at it. In `rawHeaders` nothing was merged or dropped: a second Authorization header is seen. Platforms
 * that make requests up, such as functions behind a gateway, leave them empty and have `headers` alone.
 */
export function requestOf({ rawHeaders, headers, method, url, originalUrl }: NodeRequestLike): RequestLike {
  return { headers: rawHeaders.length > 0 ? rawHeaders : headers, method, url: originalUrl ?? url };
}
