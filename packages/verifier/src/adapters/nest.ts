import type { Principal } from '../principal.ts';
import { RequestRefused } from '../refusal.ts';
import type { Policy, Verifier } from '../verifier.ts';
import { createGuard, principalOf } from './guard.ts';
import { type NodeRequestLike, requestOf } from './node.ts';

/** What is used of @nestjs/common. */
export interface NestLike {
  readonly HttpException: new (response: object, status: number, options: { readonly cause: unknown }) => Error;
  createParamDecorator<P>(
    factory: (data: unknown, context: ExecutionContextLike) => P,
  ): (...data: never[]) => ParameterDecorator;
}

/** What is used of Nest's execution context. */
export interface ExecutionContextLike {
  getType(): string;
  switchToHttp(): { getRequest(): unknown; getResponse(): unknown };
}

/** For `UseGuards` and `useGlobalGuards`. */
export interface NestGuard {
  canActivate(context: ExecutionContextLike): Promise<boolean>;
}

export interface NestGuards {
  /** A guard: what is behind it is only reached by requests that were let in. */
  protect(policy?: Policy): NestGuard;
  /** Parameter decorator: the principal. On a route that forgot the guard it throws, and the route fails closed. */
  readonly Caller: () => ParameterDecorator;
}

/** Request and response of Nest's two platforms: Express's own, or Fastify's around Node's. */
type PlatformRequest = NodeRequestLike & { readonly raw?: NodeRequestLike };
type PlatformResponse =
  | { setHeader(name: string, value: string): unknown }
  | { header(name: string, value: string): unknown };

/**
 * Guard and parameter decorator for NestJS 11, on Express and on Fastify. A refusal is thrown as Nest's own HttpException, so exception
 * filters see it; its `cause` is the {@link RequestRefused}.
 *
 * @param nest `import * as nest from '@nestjs/common'`: this package has no dependency, so it is handed in.
 */
export function createNestGuards<C>(verifier: Verifier<C>, nest: NestLike): NestGuards {
  return {
    protect(policy = {}) {
      const guard = createGuard(verifier, policy);
      return {
        async canActivate(context) {
          const { request, response } = partsOf(context);
          try {
            await guard({ ...requestOf(request.raw ?? request), url: request.originalUrl }, request);
            return true;
          } catch (error) {
            if (!(error instanceof RequestRefused)) throw error;
            for (const [name, value] of headersOf(error)) setHeader(response, name, value);
            throw new nest.HttpException(JSON.parse(error.body) as object, error.status, { cause: error });
          }
        },
      };
    },
    Caller: nest.createParamDecorator(
      (_data, context): Principal<C> => principalOf(partsOf(context).request, verifier),
    ),
  };
}

/** @throws {TypeError} where the guard stands before something that is no HTTP request: it fails closed. */
function partsOf(context: ExecutionContextLike): { request: PlatformRequest; response: PlatformResponse } {
  if (context.getType() !== 'http') throw new TypeError('protect() guards HTTP routes only');
  const http = context.switchToHttp();
  return { request: http.getRequest() as PlatformRequest, response: http.getResponse() as PlatformResponse };
}

/** Nest insists on application/json for what an exception holds. */
function headersOf({ headers }: RequestRefused): (readonly [string, string])[] {
  return Object.entries(headers).filter(([name]) => name !== 'content-type');
}

function setHeader(response: PlatformResponse, name: string, value: string): void {
  if ('setHeader' in response) response.setHeader(name, value);
  else response.header(name, value);
}
