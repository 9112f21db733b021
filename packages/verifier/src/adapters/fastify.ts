import { RequestRefused } from '../refusal.ts';
import type { Policy, Verifier } from '../verifier.ts';
import { createGuard } from './guard.ts';
import type { NodeRequestLike } from './node.ts';

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

/**
 * A hook for Fastify 5, `onRequest` for instance: what is behind it is only reached by requests that were let in. Called without `done`, it
 * resolves when the request may go on, or with the reply where it was answered.
 */
export function protect<C>(verifier: Verifier<C>, policy: Policy = {}): FastifyGuardHook {
  const guard = createGuard(verifier, policy);
  return (request, reply, done) => {
    const { rawHeaders, headers, method } = request.raw;
    const asked = { headers: rawHeaders.length > 0 ? rawHeaders : headers, method, url: request.originalUrl };
    let judged: unknown;
    try {
      judged = guard(asked, request);
    } catch (error) {
      const answered = answer(error, reply);
      return done === undefined ? Promise.resolve(answered) : undefined;
    }
    if (judged instanceof Promise)
      return judged.then(
        () => undefined,
        (error: unknown) => answer(error, reply),
      );
    if (done === undefined) return Promise.resolve(undefined);
    done();
    return undefined;
  };
}

/** What `onRequest` and its like take. */
export type FastifyGuardHook = (
  request: FastifyRequestLike,
  reply: FastifyReplyLike,
  done?: () => void,
) => Promise<unknown> | undefined;

/** An async hook that has answered returns the reply: then nothing behind it runs. One with `done` doesn't call it. */
function answer(error: unknown, reply: FastifyReplyLike): FastifyReplyLike {
  if (!(error instanceof RequestRefused)) throw error;
  reply.code(error.status);
  reply.headers({ ...error.headers });
  reply.send(error.body);
  return reply;
}
