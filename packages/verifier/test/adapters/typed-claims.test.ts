import { createJwtSigner, exportPublicJwk, publicKeyOf, type StandardSchema } from '@mapae/jwt';
import { createVerifier } from '@mapae/verifier';
import { initTRPC } from '@trpc/server';
import { expect, expectTypeOf, test, vi } from 'vitest';
import { goodContext } from '../../../jwt/test/good-claims.ts';
import * as forExpress from '../../src/adapters/express.ts';
import * as forFetch from '../../src/adapters/fetch.ts';
import * as forNext from '../../src/adapters/next.ts';
import * as forNode from '../../src/adapters/node.ts';
import * as forTrpc from '../../src/adapters/trpc.ts';
import { type Principal, RequestRefused } from '../../src/index.ts';

interface Claims {
  readonly team: string;
}
const schema: StandardSchema<Claims> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof value === 'object' && value !== null && 'team' in value && typeof value.team === 'string'
        ? { value: { team: value.team } }
        : { issues: [{ message: 'team must be a string', path: ['team'] }] },
  },
};

const now = Date.UTC(2026, 10, 23);
const context = goodContext(now);
const verifier = createVerifier({
  issuer: context.issuer,
  audience: context.audience,
  keys: { keys: [exportPublicJwk(publicKeyOf(context.key))] },
  feed: false,
  clock: () => now,
  claims: schema,
});
const requestWith = (claims: object): Request => {
  const token = createJwtSigner({ key: context.key, typ: 'at+jwt' }).sign({ ...context.claims, ...claims });
  return new Request('https://api.mapae.example/', { headers: { authorization: `Bearer ${token}` } });
};

test('the schema given to the verifier types the claims in every adapter', async () => {
  const handler = forFetch.protect(verifier, (_request, principal) => {
    expectTypeOf(principal).toEqualTypeOf<Principal<Claims>>();
    return new Response(principal.claims.team);
  });
  expect(await (await handler(requestWith({ team: 'red' }))).text()).toBe('red');
  expect((await handler(requestWith({ team: 1 }))).status).toBe(401);

  forNext.protect(verifier, (_request, principal, _context: { params: Promise<{ id: string }> }) => {
    expectTypeOf(principal.claims).toEqualTypeOf<Claims>();
    return new Response();
  });
  forNode.protect(verifier, (_request, _response, principal) => {
    expectTypeOf(principal.claims).toEqualTypeOf<Claims>();
  });
  const t = initTRPC.context<forTrpc.TrpcContext & { readonly database: string }>().create();
  t.procedure.use(forTrpc.protect(verifier)).query(({ ctx }) => {
    expectTypeOf(ctx.principal.claims).toEqualTypeOf<Claims>();
    expectTypeOf(ctx.database).toEqualTypeOf<string>();
  });
});

test('principalOf has the type of the verifier that it is given, and refuses another one', async () => {
  const request = requestWith({ team: 'red' });
  const other = createVerifier({
    issuer: context.issuer,
    audience: 'https://other.example',
    keys: { keys: [] },
    feed: false,
  });
  const { rawHeaders, headers } = { rawHeaders: [...request.headers].flat(), headers: {} };
  const asked = { rawHeaders, headers, method: 'GET', url: '/' } as unknown as Parameters<
    ReturnType<typeof forExpress.protect>
  >[0];
  const response = {} as Parameters<ReturnType<typeof forExpress.protect>>[1];
  await forExpress.protect(verifier)(asked, response, () => {});
  const principal = forExpress.principalOf(asked, verifier);
  expectTypeOf(principal).toEqualTypeOf<Principal<Claims>>();
  expectTypeOf(forExpress.principalOf(asked).claims).toEqualTypeOf<unknown>();
  expect(principal.claims.team).toBe('red');
  expect(() => forExpress.principalOf(asked, other)).toThrow('another verifier');
  expect(() => forExpress.principalOf({})).toThrow('protect()');
});

test('a policy that is none is refused when the guard is made, not at the first request', () => {
  // @ts-expect-error the types say so as well
  expect(() => forExpress.protect(verifier, { scopes: 'admin' })).toThrow(TypeError);
  // @ts-expect-error likewise
  expect(() => forTrpc.protect(verifier, { scopes: 'admin' })).toThrow(TypeError);
});

test('Next.js: the proxy refuses with an answer, and lets go on without one', async () => {
  const proxy = forNext.createProxy(verifier, { scope: 'notes:read' });
  expect(await proxy(requestWith({ team: 'red' }))).toBeUndefined();
  expect((await proxy(requestWith({ team: 'red', scope: 'other' })))?.status).toBe(403);
  const refused = await proxy(new Request('https://api.mapae.example/'));
  expect([refused?.status, refused?.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
});

test('a guard knows the refusal of another copy of this module, as bundlers make them', async () => {
  vi.resetModules();
  const copy = await import('../../src/index.ts');
  expect(copy.RequestRefused).not.toBe(RequestRefused);
  const ofCopy = copy.createVerifier({ issuer: context.issuer, audience: 'x', keys: { keys: [] }, feed: false });
  const answer = await forFetch.protect(ofCopy, () => new Response())(new Request('https://api.mapae.example/'));
  expect(answer.status).toBe(401);
  expect(new Error('x')).not.toBeInstanceOf(RequestRefused);
});
