import { parsePolicy } from '../policy.ts';
import type { Principal } from '../principal.ts';
import type { RequestLike } from '../request.ts';
import type { Policy, Verifier } from '../verifier.ts';
import { letIn } from './let-in.ts';

/**
 * Authenticates requests under one policy. A request that the same verifier has let in already is asked only what this policy asks beside that:
 * a proof is good once, so a guard behind a guard must not spend it again (RFC 9449 §11.1).
 *
 * @param handle What the framework hands to handlers; {@link principalOf} finds the principal under it.
 * @returns At once where nothing had to be waited for.
 * @throws {RequestRefused} or rejects with it.
 */
export type Guard<C> = (request: RequestLike, handle?: object) => Principal<C> | Promise<Principal<C>>;

/** @throws {TypeError} for a policy that is none: at the start, not at the first request. */
export function createGuard<C>(verifier: Verifier<C>, policy: Policy): Guard<C> {
  parsePolicy(policy);
  const authorizeAgain = async (principal: Principal<C>): Promise<Principal<C>> => {
    await verifier.authorize(principal, policy);
    return principal;
  };
  const rememberLater = async (judged: Promise<Principal<C>>, handle: object): Promise<Principal<C>> => {
    const principal = await judged;
    rememberPrincipal(handle, principal, verifier);
    return principal;
  };
  return (request, handle) => {
    const before = handle === undefined ? undefined : letIn.read(handle);
    if (before?.by === verifier) return authorizeAgain(before.principal as Principal<C>);
    const judged = verifier.authenticateNow(request, policy);
    if (handle === undefined) return judged;
    if (judged instanceof Promise) return rememberLater(judged, handle);
    rememberPrincipal(handle, judged, verifier);
    return judged;
  };
}

/** Where guards of several verifiers stand in a row, the last one's word holds. */
export function rememberPrincipal<C>(handle: object, principal: Principal<C>, by: Verifier<C>): void {
  letIn.write(handle, { principal, by });
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
  const found = letIn.read(request);
  if (found === undefined) throw new Error('this request did not pass protect()');
  if (verifier !== undefined && verifier !== found.by) throw new Error('another verifier let this request in');
  return found.principal;
}
