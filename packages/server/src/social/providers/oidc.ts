import { z } from 'zod';
import { connectOidc } from '../connect-oidc.ts';
import { toProfile } from '../profile.ts';
import type { Provider, ProviderTools } from '../provider.ts';
import {
  address,
  type CommonOptions,
  clientSecret,
  common,
  type NativeOptions,
  native,
  scopeOf,
} from '../provider-options.ts';

/** Any OpenID Connect provider with metadata at its issuer. OpenID Connect Discovery §4 */
export interface OidcOptions extends CommonOptions {
  /** In addresses: lower-case letters, digits and hyphens. */
  readonly id: string;
  readonly name: string;
  /** Byte for byte as the provider's metadata says, a slash at the end included. */
  readonly issuer: string;
  /** None for a public client. */
  readonly clientSecret?: string;
  /** Default: `client_secret_basic`. */
  readonly clientAuthentication?: 'client_secret_basic' | 'client_secret_post';
  /** How the browser comes back. A form needs a cookie that other sites' forms bring along, and an https issuer. Default: `query`. */
  readonly responseMode?: 'query' | 'form_post';
  /** Algorithms of ID tokens. Default: RS256 and ES256. */
  readonly algorithms?: readonly ('RS256' | 'ES256' | 'PS256' | 'EdDSA')[];
  readonly native?: NativeOptions;
}

const ALGORITHMS = ['RS256', 'ES256', 'PS256', 'EdDSA'] as const;

export const oidcOptions = z.strictObject({
  ...common,
  id: z.string(),
  name: z.string().min(1).max(50),
  issuer: address.refine((value) => !/[?#]/.test(value), 'has a query or a fragment'),
  clientSecret: clientSecret.optional(),
  clientAuthentication: z.enum(['client_secret_basic', 'client_secret_post']).default('client_secret_basic'),
  responseMode: z.enum(['query', 'form_post']).default('query'),
  algorithms: z
    .array(z.enum(ALGORITHMS))
    .min(1)
    .refine((all) => !(all.includes('RS256') && all.includes('PS256')), 'RS256 and PS256 are for one key: name one')
    .default(['RS256', 'ES256']),
  native,
});

export function createOidc(options: z.output<typeof oidcOptions>, tools: ProviderTools): Provider {
  const { clientSecret: secret } = options;
  return connectOidc(
    {
      id: options.id,
      name: options.name,
      keepsTokens: options.storeTokens,
      issuer: options.issuer,
      clientId: options.clientId,
      clientAuth({ ClientSecretBasic, ClientSecretPost, None }) {
        if (secret === undefined) return None();
        return options.clientAuthentication === 'client_secret_post'
          ? ClientSecretPost(secret)
          : ClientSecretBasic(secret);
      },
      algorithms: options.algorithms,
      scope: scopeOf(['openid', 'email', 'profile'], options.scopes),
      pkce: true,
      answersBy: options.responseMode === 'form_post' ? 'form' : 'query',
      asksUserInfo: true,
      profile: ({ claims }) =>
        toProfile({
          issuer: options.issuer,
          subject: claims.sub,
          email: claims['email'],
          emailVerified: claims['email_verified'] === true || options.dangerouslyTrustEmail,
          name: claims['name'],
          picture: claims['picture'],
          locale: claims['locale'],
        }),
      ...(options.native === undefined
        ? {}
        : {
            native: {
              clientIds: options.native.clientIds,
              unknownNonceAllowed: options.native.dangerouslyAllowUnknownNonce,
            },
          }),
    },
    tools,
  );
}
