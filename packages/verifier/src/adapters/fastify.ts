import type { IncomingMessage } from 'node:http';
import type { Principal } from '../principal.ts';
import { RequestRefused } from '../refusal.ts';
import type { Policy, Verifier } from '../verifier.ts';

/** What is used of Fastify's request and reply. */
export interface FastifyRequestLike {
  readonly raw: IncomingMessage;
}
export interface FastifyReplyLike {
  code(status: number): unknown;
  headers(values: Record<string, string>): unknown;
  send(payload: string): unknown;
}

const PRINCIPALS = new WeakMap<object, Principal>();

/** A hook for Fastify 5, `onRequest` for instance: what is behind it is only reached by requests that were let in. */
export function protect(
  verifier: Verifier,
  policy: Policy = {},
): (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown> {
  return async (request, reply) => {
    try {
      PRINCIPALS.set(request, await verifier.authenticate({ headers: request.raw.headersDistinct }, policy));
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
