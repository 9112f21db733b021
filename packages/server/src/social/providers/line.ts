import { z } from 'zod';
import { connectOidc } from '../connect-oidc.ts';
import { standardClaims } from '../profile.ts';
import type { Provider, ProviderTools } from '../provider.ts';
import { type CommonOptions, clientSecret, common, type NativeOptions, native } from '../provider-options.ts';

/** https://developers.line.biz/en/docs/line-login/integrate-line-login/ */
export interface LineOptions extends CommonOptions {
  /** The channel secret. */
  readonly clientSecret: string;
  readonly native?: NativeOptions;
}

export const lineOptions = z.strictObject({
  ...common,
  // it is the key of ID tokens too. RFC 7518 §3.2
  clientSecret: clientSecret.min(32, 'is no channel secret: those have 32 characters'),
  native,
});

const ISSUER = 'https://access.line.me';

export function createLine(options: z.output<typeof lineOptions>, tools: ProviderTools): Provider {
  return connectOidc(
    {
      id: 'line',
      name: 'LINE',
      options,
      issuer: ISSUER,
      // for native apps and LIFF ES256; on the web HS256 with the channel secret
      // https://developers.line.biz/en/docs/line-login/verify-id-token/
      algorithms: ['ES256'],
      hs256Secret: options.clientSecret,
      // the address only where LINE has approved it for the channel, and nobody vouches for it
      scopes: ['openid', 'profile', 'email'],
      pkce: true,
      profile: ({ claims }) => ({ ...standardClaims(claims), emailVerified: false }),
    },
    tools,
  );
}
