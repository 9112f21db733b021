import type { Principal } from '../principal.ts';
import { RequestRefused } from '../refusal.ts';
import type { Policy, Verifier } from '../verifier.ts';

/** A handler that is only called for requests that were let in; `rest` is what the platform hands on. */
export type ProtectedHandler<Rest extends readonly unknown[]> = (
  request: Request,
  principal: Principal,
  ...rest: Rest
) => Response | Promise<Response>;

/** Guards a Fetch handler: `(request) => Response`, as in Deno, Bun, Workers and many frameworks. */
export function protect<Rest extends readonly unknown[]>(
  verifier: Verifier,
  handler: ProtectedHandler<Rest>,
  policy: Policy = {},
): (request: Request, ...rest: Rest) => Promise<Response> {
  return async (request, ...rest) => {
    let principal: Principal;
    try {
      principal = await verifier.authenticate(request, policy);
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      return toResponse(error);
    }
    return handler(request, principal, ...rest);
  };
}

/** A refusal as a Fetch response. */
export function toResponse({ status, headers, body }: RequestRefused): Response {
  return new Response(body, { status, headers: { ...headers } });
}
