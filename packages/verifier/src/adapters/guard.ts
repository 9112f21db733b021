import { parsePolicy } from '../policy.ts';
import type { Principal } from '../principal.ts';
import type { RequestLike } from '../request.ts';
import type { Policy, Verifier } from '../verifier.ts';

/**
 * Authenticates requests under one policy. A request that the same verifier has let in already is asked only what this policy asks beside that:
 * a proof is good once, so a guard behind a guard must not spend it again (RFC 9449 §11.1).
 *
 * @param handle What the framework hands to handlers; {@link principalOf} finds the principal under it.
 * @throws {RequestRefused}
 */
export type Guard<C> = (request: RequestLike, handle?: object) => Promise<Principal<C>>;

interface LetIn {
  readonly principal: Principal<unknown>;
  readonly by: Verifier<unknown>;
}

/** Beside the request, not on it: nothing that a client sends or a parser writes there can be taken for a principal. */
const LET_IN = new WeakMap<object, LetIn>();

/** @throws {TypeError} for a policy that is none: at the start, not at the first request. */
export function createGuard<C>(verifier: Verifier<C>, policy: Policy): Guard<C> {
  parsePolicy(policy);
  return async (request, handle) => {
    const before = handle === undefined ? undefined : LET_IN.get(handle);
    if (before?.by === verifier) {
      const principal = before.principal as Principal<C>;
      await verifier.authorize(principal, policy);
      return principal;
    }
    const principal = await verifier.authenticate(request, policy);
    if (handle !== undefined) rememberPrincipal(handle, principal, verifier);
    return principal;
  };
}

/** Where guards of several verifiers stand in a row, the last one's word holds. */
export function rememberPrincipal<C>(handle: object, principal: Principal<C>, by: Verifier<C>): void {
  LET_IN.set(handle, { principal, by });
}

/**
 * The principal of a request that passed a guard.
 *
 * @param request What the framework hands to handlers.
 * @param verifier The guard's, which types the claims; a request that another verifier let in is none of its.
 * @throws {Error} for a request that passed no guard: a route that forgot it fails closed.
 */
export function principalOf<C>(request: object, verifier: Verifier<C>): Principal<C>;
export function principalOf(request: object): Principal<unknown>;
export function principalOf(request: object, verifier?: Verifier<unknown>): Principal<unknown> {
  const found = LET_IN.get(request);
  if (found === undefined) throw new Error('this request did not pass protect()');
  if (verifier !== undefined && verifier !== found.by) throw new Error('another verifier let this request in');
  return found.principal;
}
