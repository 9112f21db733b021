import type { Principal } from '../principal.ts';
import { RequestRefused } from '../refusal.ts';
import type { Policy, Verifier } from '../verifier.ts';
import { createGuard } from './guard.ts';

/** A handler that is only called for requests that were let in; `rest` is what the platform hands on. */
export type ProtectedHandler<C, Asked extends Request, Rest extends readonly unknown[]> = (
  request: Asked,
  principal: Principal<C>,
  ...rest: Rest
) => Response | Promise<Response>;

/** Guards a Fetch handler: `(request) => Response`, as in Deno, Bun, Workers and many frameworks. */
export function protect<C, Asked extends Request, Rest extends readonly unknown[]>(
  verifier: Verifier<C>,
  handler: ProtectedHandler<C, Asked, Rest>,
  policy: Policy = {},
): (request: Asked, ...rest: Rest) => Promise<Response> {
  const guard = createGuard(verifier, policy);
  return async (request, ...rest) => {
    let principal: Principal<C>;
    try {
      principal = await guard(request);
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
