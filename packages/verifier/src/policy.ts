import type { Principal } from './principal.ts';
import { refuse } from './refusal.ts';

/** What a verifier does when revocations may have been missed. */
export type StalePolicy = 'allow' | 'deny' | 'introspect';

/** What a route asks for beside a good token. Unknown members are refused. */
export interface Policy {
  /** Every one of these scopes; a string holds them separated by spaces. */
  readonly scope?: string | readonly string[];
  /** One of these roles, in the claim `roles`. RFC 9068 §2.2.3.1 */
  readonly roles?: string | readonly string[];
  /** One of these authentication context classes, in the claim `acr`. RFC 9470 §3 */
  readonly acr?: string | readonly string[];
  /** Longest time since the person signed in, by the claim `auth_time`. Whole seconds. RFC 9470 §3 */
  readonly maxAuthAgeSeconds?: number;
  /** Instead of the verifier's own. */
  readonly whenStale?: StalePolicy;
}

/** A policy, complete and checked. */
export interface PolicySettings {
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly acr: readonly string[];
  readonly maxAuthAgeSeconds: number | undefined;
  readonly whenStale: StalePolicy | undefined;
}

const MEMBERS = ['scope', 'roles', 'acr', 'maxAuthAgeSeconds', 'whenStale'];
const STALE_POLICIES: readonly unknown[] = ['allow', 'deny', 'introspect'];
/** RFC 6749 §3.3: what may stand in a challenge without being quoted. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
const PARSED = new WeakMap<Policy, PolicySettings>();
const EMPTY: PolicySettings = Object.freeze({
  scopes: [],
  roles: [],
  acr: [],
  maxAuthAgeSeconds: undefined,
  whenStale: undefined,
});

/**
 * Parses a policy; the same object is parsed once.
 *
 * @throws {TypeError} naming the member: a slip of the pen must not open a route.
 */
export function parsePolicy(policy: Policy | undefined): PolicySettings {
  if (policy === undefined) return EMPTY;
  const known = PARSED.get(policy);
  if (known !== undefined) return known;
  for (const name of Object.keys(policy))
    if (!MEMBERS.includes(name)) throw new TypeError(`unknown member ${name} of a policy`);
  const { maxAuthAgeSeconds, whenStale } = policy;
  if (maxAuthAgeSeconds !== undefined && !(Number.isSafeInteger(maxAuthAgeSeconds) && maxAuthAgeSeconds >= 0))
    throw new TypeError('maxAuthAgeSeconds must be a whole number from 0');
  if (whenStale !== undefined && !STALE_POLICIES.includes(whenStale))
    throw new TypeError("whenStale must be 'allow', 'deny' or 'introspect'");
  const parsed = Object.freeze({
    scopes: words('scope', typeof policy.scope === 'string' ? policy.scope.split(' ') : policy.scope),
    roles: texts('roles', policy.roles),
    acr: words('acr', typeof policy.acr === 'string' ? policy.acr.split(' ') : policy.acr),
    maxAuthAgeSeconds,
    whenStale,
  });
  PARSED.set(policy, parsed);
  return parsed;
}

function words(name: string, values: readonly string[] | undefined): readonly string[] {
  if (values === undefined) return [];
  if (!Array.isArray(values) || values.length === 0 || !values.every((value) => SCOPE_TOKEN.test(value)))
    throw new TypeError(`${name} must be one or more values of RFC 6749 §3.3`);
  return Object.freeze([...(values as string[])]);
}

function texts(name: string, values: string | readonly string[] | undefined): readonly string[] {
  if (values === undefined) return [];
  const list: unknown[] = typeof values === 'string' ? [values] : [...values];
  if (list.length === 0 || !list.every((value) => typeof value === 'string' && value !== ''))
    throw new TypeError(`${name} must be one or more non-empty strings`);
  return Object.freeze(list as string[]);
}

/**
 * Checks what the route asks for, on each request; never remembered with the token.
 *
 * @param nowMs Milliseconds since 1970.
 * @throws {RequestRefused} `request/scope`, `request/role`, `request/authentication`
 */
export function checkPolicy(principal: Principal<unknown>, policy: PolicySettings, nowMs: number): void {
  if (policy === EMPTY) return;
  const { scopes, roles } = policy;
  if (!scopes.every((scope) => principal.scopes.includes(scope))) throw refuse('request/scope', { scope: scopes });
  if (roles.length > 0 && !roles.some((role) => principal.roles.includes(role))) throw refuse('request/role');
  checkAuthentication(principal, policy, nowMs);
}

/** RFC 9470 §3: which sign-in would do is in the challenge. A claim that isn't there satisfies nothing. */
function checkAuthentication(
  { acr, authenticatedAt }: Principal<unknown>,
  { acr: acrValues, maxAuthAgeSeconds }: PolicySettings,
  nowMs: number,
): void {
  const strongEnough = acrValues.length === 0 || (acr !== undefined && acrValues.includes(acr));
  const recentEnough =
    maxAuthAgeSeconds === undefined ||
    (authenticatedAt !== undefined && nowMs / 1_000 <= authenticatedAt + maxAuthAgeSeconds);
  if (strongEnough && recentEnough) return;
  throw refuse('request/authentication', {
    ...(acrValues.length === 0 ? {} : { acrValues }),
    ...(maxAuthAgeSeconds === undefined ? {} : { maxAgeSeconds: maxAuthAgeSeconds }),
  });
}
