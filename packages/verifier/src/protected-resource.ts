import { issuerOption, refuseUnknown, textOption } from './option-checks.ts';

/** What an API says about itself to clients that don't know it yet. RFC 9728 §2 */
export interface ProtectedResource {
  /** Its identifier: the `aud` of its tokens, an absolute https address without a fragment. */
  readonly resource: string;
  /** Issuers whose tokens it takes. */
  readonly authorizationServers: readonly string[];
  readonly scopes?: readonly string[];
  /** For people. */
  readonly name?: string;
  readonly documentation?: string;
  /** True where bound tokens are let in; `required`: only those. */
  readonly dpop?: { readonly algorithms: readonly string[]; readonly required?: boolean };
}

export interface ProtectedResourceMetadata {
  /** Where it has to be served, and what `resourceMetadata` of the verifier is. RFC 9728 §3.1 */
  readonly url: string;
  /** The path of `url`. */
  readonly path: string;
  /** JSON, to be served as `application/json`. */
  readonly body: string;
}

const MEMBERS = ['resource', 'authorizationServers', 'scopes', 'name', 'documentation', 'dpop'];

/**
 * The metadata of a protected resource.
 *
 * @throws {TypeError} naming the member.
 * @see RFC 9728 §2, §3.1 (the well-known part goes between host and path)
 */
export function describeProtectedResource(options: ProtectedResource): ProtectedResourceMetadata {
  refuseUnknown(options, MEMBERS);
  const resource = issuerOption('resource', options.resource, false);
  const { authorizationServers, scopes, dpop } = options;
  if (!Array.isArray(authorizationServers) || authorizationServers.length === 0)
    throw new TypeError('authorizationServers must be one or more issuers');
  const { origin, pathname } = new URL(resource);
  const path = `/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`;
  return {
    url: `${origin}${path}`,
    path,
    body: JSON.stringify({
      resource,
      authorization_servers: authorizationServers.map((issuer) => issuerOption('authorizationServers', issuer, false)),
      scopes_supported: scopes,
      // RFC 6750 §2.1: the header, and neither body nor query
      bearer_methods_supported: ['header'],
      resource_name: options.name === undefined ? undefined : textOption('name', options.name),
      resource_documentation: options.documentation,
      dpop_signing_alg_values_supported: dpop?.algorithms,
      dpop_bound_access_tokens_required: dpop === undefined ? undefined : dpop.required === true,
    }),
  };
}
