import { type RefusalStatus, RequestRefused } from '../refusal.ts';
import type { Policy, Verifier } from '../verifier.ts';
import { createGuard } from './guard.ts';

export { principalOf } from './guard.ts';

/** What is used of Hono's context. */
export interface HonoContextLike {
  readonly req: { readonly raw: Request };
  body(text: string, status: RefusalStatus, headers: Record<string, string>): Response;
}

/** Middleware for Hono 4: what is behind it is only reached by requests that were let in. */
export function protect<C>(
  verifier: Verifier<C>,
  policy: Policy = {},
): (context: HonoContextLike, next: () => Promise<void>) => Promise<Response | undefined> {
  const guard = createGuard(verifier, policy);
  return async (context, next) => {
    try {
      const judged = guard(context.req.raw, context);
      // a wait for what is there would cost a turn
      if (judged instanceof Promise) await judged;
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      // by the context: headers that were set before, such as those of CORS, are kept
      return context.body(error.body, error.status, { ...error.headers });
    }
    await next();
    return undefined;
  };
}
