import type { Verifier } from '@mapae/verifier';
import { initTRPC } from '@trpc/server';
import { createHTTPServer } from '@trpc/server/adapters/standalone';
import { createContext, protect, refusalOf, type TrpcContext } from '../../src/adapters/trpc.ts';
import type { App } from './apps.ts';

const t = initTRPC.context<TrpcContext>().create({
  errorFormatter: ({ shape, error }) => ({ ...shape, data: { ...shape.data, refusal: refusalOf(error)?.code } }),
});

function routerFor(verifier: Verifier) {
  const guarded = t.procedure.use(protect(verifier));
  return t.router({
    me: guarded.query(({ ctx }) => ctx.principal.subject),
    echo: guarded.input((value) => value).mutation(({ input }) => input),
    admin: t.procedure.use(protect(verifier, { scope: 'admin' })).query(() => 'in'),
    broken: guarded.query(() => {
      throw new Error('on purpose');
    }),
  });
}

export function trpcApp(verifier: Verifier): App {
  return { server: createHTTPServer({ router: routerFor(verifier), createContext }), has: [] };
}
