import { z } from 'zod';
import { connectOidc } from '../connect-oidc.ts';
import { standardClaims } from '../profile.ts';
import type { Provider, ProviderTools } from '../provider.ts';
import { address, common, type GenericOptions, generic, type NativeOptions, native } from '../provider-options.ts';

/** Any OpenID Connect provider with metadata at its issuer. OpenID Connect Discovery §4 */
export interface OidcOptions extends GenericOptions {
  /** Byte for byte as the provider's metadata says, a slash at the end included. */
  readonly issuer: string;
  /** How the browser comes back. A form needs a cookie that other sites' forms bring along, and an https issuer. Default: `query`. */
  readonly responseMode?: 'query' | 'form_post';
  /** Algorithms of ID tokens. Default: RS256 and ES256. */
  readonly algorithms?: readonly ('RS256' | 'ES256' | 'PS256' | 'EdDSA')[];
  readonly native?: NativeOptions;
}

const ALGORITHMS = ['RS256', 'ES256', 'PS256', 'EdDSA'] as const;

export const oidcOptions = z.strictObject({
  ...common,
  ...generic,
  issuer: address.refine((value) => !/[?#]/.test(value), 'has a query or a fragment'),
  responseMode: z.enum(['query', 'form_post']).default('query'),
  algorithms: z
    .array(z.enum(ALGORITHMS))
    .min(1)
    .refine((all) => !(all.includes('RS256') && all.includes('PS256')), 'RS256 and PS256 are for one key: name one')
    .default(['RS256', 'ES256']),
  native,
});

export function createOidc(options: z.output<typeof oidcOptions>, tools: ProviderTools): Provider {
  return connectOidc(
    {
      id: options.id,
      name: options.name,
      options,
      issuer: options.issuer,
      algorithms: options.algorithms,
      scopes: ['openid', 'email', 'profile'],
      pkce: true,
      answersBy: options.responseMode === 'form_post' ? 'form' : 'query',
      asksUserInfo: true,
      profile: ({ claims }) => standardClaims(claims),
    },
    tools,
  );
}
