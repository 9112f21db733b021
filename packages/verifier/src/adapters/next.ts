import { RequestRefused } from '../refusal.ts';
import type { Policy, Verifier } from '../verifier.ts';
import { toResponse } from './fetch.ts';
import { createGuard } from './guard.ts';

/** Guards a route handler of Next.js 16 (`app/…/route.ts`): `export const GET = protect(verifier, (request, principal, { params }) => …)`. */
export { type ProtectedHandler, protect } from './fetch.ts';

/**
 * For `proxy.ts` of Next.js 16: refuses early what no handler has to see. It lets nobody in on its own: handlers are guarded by
 * {@link protect} as well, because a proxy hands no principal on, and a matcher is easily wrong. With DPoP, guard handlers alone: a
 * proof is good once.
 *
 * @returns A proxy that answers with the refusal, or with nothing, and then Next goes on.
 */
export function createProxy<C>(
  verifier: Verifier<C>,
  policy: Policy = {},
): (request: Request) => Promise<Response | undefined> {
  const guard = createGuard(verifier, policy);
  return async (request) => {
    try {
      await guard(request);
      return undefined;
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      return toResponse(error);
    }
  };
}
