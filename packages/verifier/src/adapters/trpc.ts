import type { TRPCMiddlewareFunction } from '@trpc/server';
import type { Principal } from '../principal.ts';
import { type RefusalStatus, RequestRefused } from '../refusal.ts';
import type { RequestLike } from '../request.ts';
import type { Policy, Verifier } from '../verifier.ts';
import { createGuard } from './guard.ts';
import { type NodeRequestLike, requestOf } from './node.ts';
import { untilSessionEnds } from './sse.ts';

/** What {@link protect} needs of a context; {@link createContext} makes it. */
export interface TrpcContext {
  readonly request: RequestLike;
  /** Sets a header of the answer. */
  readonly setHeader: (name: string, value: string) => void;
}

/** What is used of a Node response. */
export interface TrpcResponseLike {
  readonly headersSent: boolean;
  setHeader(name: string, value: string): unknown;
}

/** What tRPC hands to `createContext`: its Node adapters, its Fetch adapter. */
export type TrpcContextSource =
  | { readonly req: NodeRequestLike; readonly res: TrpcResponseLike }
  | { readonly req: Request; readonly resHeaders: Headers };

/** `createContext` for tRPC's HTTP adapters, or a part of your own: `(source) => ({ ...createContext(source), database })`. */
export function createContext(source: TrpcContextSource): TrpcContext {
  if ('resHeaders' in source) {
    return { request: source.req, setHeader: (name, value) => source.resHeaders.set(name, value) };
  }
  const { req, res } = source;
  return {
    request: requestOf(req),
    setHeader(name, value) {
      // a streamed batch has sent its headers before its calls are judged: then each call's own answer says it
      if (!res.headersSent) res.setHeader(name, value);
    },
  };
}

const CODES: Readonly<Record<RefusalStatus, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  503: 'SERVICE_UNAVAILABLE',
};

/** A refusal as tRPC throws them: it knows its errors by their name. */
class CallRefused extends Error {
  override readonly name = 'TRPCError';
  readonly code: string;

  constructor(refusal: RequestRefused) {
    super(refusal.message, { cause: refusal });
    this.code = CODES[refusal.status];
  }
}

/** Middleware for tRPC 11: what is behind it is only called where the request was let in, and finds `ctx.principal`. */
export function protect<C>(
  verifier: Verifier<C>,
  policy: Policy = {},
): TRPCMiddlewareFunction<TrpcContext, unknown, object, { principal: Principal<C> }, unknown> {
  const guard = createGuard(verifier, policy);
  return async ({ ctx, next }) => {
    let principal: Principal<C>;
    try {
      principal = await inTurn(ctx, async () => guard(ctx.request, ctx.request));
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      for (const [name, value] of Object.entries(error.headers))
        if (name !== 'content-type') ctx.setHeader(name, value);
      throw new CallRefused(error);
    }
    const result = await next({ ctx: { principal } });
    if (!result.ok || !isAsyncIterable(result.data)) return result;
    // a subscription goes on after its request was let in
    const toError = (refusal: RequestRefused): Error => new CallRefused(refusal);
    return {
      ...result,
      data: untilSessionEnds(ReadableStream.from(result.data), verifier, principal, { policy, toError }),
    };
  };
}

const TURNS = new WeakMap<object, Promise<unknown>>();

/** The calls of a batch come with one request, and are judged one after the other: the first spends its proof for all. */
function inTurn<T>({ request }: TrpcContext, judge: () => Promise<T>): Promise<T> {
  const turn = (TURNS.get(request) ?? Promise.resolve()).then(judge);
  TURNS.set(
    request,
    turn.catch(() => {}),
  );
  return turn;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** The refusal behind an error of tRPC, for an `errorFormatter` that tells clients its code. */
export function refusalOf(error: { readonly cause?: unknown }): RequestRefused | undefined {
  return error.cause instanceof RequestRefused ? error.cause : undefined;
}
