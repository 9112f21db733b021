import { z } from 'zod';
import { connectOidc } from '../connect-oidc.ts';
import { SocialFailed } from '../failure.ts';
import { standardClaims } from '../profile.ts';
import type { Provider, ProviderTools } from '../provider.ts';
import { type CommonOptions, clientSecret, common, type NativeOptions, native } from '../provider-options.ts';

/** https://developers.google.com/identity/openid-connect/openid-connect */
export interface GoogleOptions extends CommonOptions {
  readonly clientSecret: string;
  /** Only people of this Google Workspace domain. */
  readonly hostedDomain?: string;
  /** Android, iOS and One Tap: https://developers.google.com/identity/gsi/web/guides/verify-google-id-token */
  readonly native?: NativeOptions;
}

export const googleOptions = z.strictObject({
  ...common,
  clientSecret,
  hostedDomain: z.string().min(3).optional(),
  native,
});

const ISSUER = 'https://accounts.google.com';

export function createGoogle(options: z.output<typeof googleOptions>, tools: ProviderTools): Provider {
  const { hostedDomain } = options;
  return connectOidc(
    {
      id: 'google',
      name: 'Google',
      options,
      // two spellings of one issuer: "https://accounts.google.com or accounts.google.com"
      issuer: ISSUER,
      issuers: () => [ISSUER, 'accounts.google.com'],
      algorithms: ['RS256'],
      scopes: ['openid', 'email', 'profile'],
      pkce: true,
      parameters: {
        ...(hostedDomain === undefined ? {} : { hd: hostedDomain }),
        // without it there is no refresh token to keep
        ...(options.storeTokens ? { access_type: 'offline' } : {}),
      },
      profile({ claims }) {
        // the parameter is a wish that whoever sits at the browser can take away
        if (hostedDomain !== undefined && claims['hd'] !== hostedDomain)
          throw new SocialFailed('denied', 'other-domain');
        return standardClaims(claims);
      },
    },
    tools,
  );
}
