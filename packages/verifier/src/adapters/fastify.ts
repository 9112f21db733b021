import { RequestRefused } from '../refusal.ts';
import type { Policy, Verifier } from '../verifier.ts';
import { createGuard } from './guard.ts';
import { type NodeRequestLike, requestOf } from './node.ts';

export { principalOf } from './guard.ts';

/** What is used of Fastify's request and reply. */
export interface FastifyRequestLike {
  readonly raw: NodeRequestLike;
  /** Before `rewriteUrl`. */
  readonly originalUrl: string;
}
export interface FastifyReplyLike {
  code(status: number): unknown;
  headers(values: Record<string, string>): unknown;
  send(payload: string): unknown;
}

/** A hook for Fastify 5, `onRequest` for instance: what is behind it is only reached by requests that were let in. */
export function protect<C>(
  verifier: Verifier<C>,
  policy: Policy = {},
): (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown> {
  const guard = createGuard(verifier, policy);
  return async (request, reply) => {
    try {
      await guard({ ...requestOf(request.raw), url: request.originalUrl }, request);
      return undefined;
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      reply.code(error.status);
      reply.headers({ ...error.headers });
      reply.send(error.body);
      // an async hook that has answered returns the reply: then nothing behind it runs
      return reply;
    }
  };
}
