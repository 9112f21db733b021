import { RequestRefused } from '../refusal.ts';
import type { Policy, Verifier } from '../verifier.ts';
import { createGuard } from './guard.ts';
import { type NodeRequestLike, requestOf } from './node.ts';

export { principalOf } from './guard.ts';

/** What is used of Koa's context. */
export interface KoaContextLike {
  readonly req: NodeRequestLike;
  readonly originalUrl: string;
  status: number;
  body: unknown;
  set(headers: Record<string, string>): void;
}

/** Middleware for Koa 3: what is behind it is only reached by requests that were let in. */
export function protect<C>(
  verifier: Verifier<C>,
  policy: Policy = {},
): (context: KoaContextLike, next: () => Promise<unknown>) => Promise<void> {
  const guard = createGuard(verifier, policy);
  return async (context, next) => {
    try {
      const judged = guard({ ...requestOf(context.req), url: context.originalUrl }, context);
      // a wait for what is there would cost a turn
      if (judged instanceof Promise) await judged;
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      context.status = error.status;
      context.set({ ...error.headers });
      context.body = error.body;
      return;
    }
    await next();
  };
}
