import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { connectOAuth2 } from '../connect-oauth2.ts';
import { NATIVE_SECONDS } from '../connect-oidc.ts';
import { verifyIdToken } from '../id-token.ts';
import { checkNativeNonce } from '../native-nonce.ts';
import { type Claimed, standardClaims } from '../profile.ts';
import type { NativeToken, Provider, ProviderTools } from '../provider.ts';
import { readObject } from '../provider-fetch.ts';
import { createProviderKeys } from '../provider-keys.ts';
import { type CommonOptions, clientSecret, common } from '../provider-options.ts';

/** https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow */
export interface FacebookOptions extends CommonOptions {
  readonly clientSecret: string;
  /** Of the Graph API. Default: `v24.0`. */
  readonly graphVersion?: string;
  /** Takes the ID tokens of Limited Login on iOS, for this same app. Default: false. */
  readonly limitedLogin?: boolean;
}

export const facebookOptions = z.strictObject({
  ...common,
  clientSecret,
  graphVersion: z
    .string()
    .regex(/^v\d{1,3}\.\d$/, 'is no version, like v24.0')
    .default('v24.0'),
  limitedLogin: z.boolean().default(false),
});

type Options = z.output<typeof facebookOptions>;

const ISSUER = 'https://www.facebook.com';
const GRAPH = 'https://graph.facebook.com';
/** https://developers.facebook.com/docs/facebook-login/limited-login/token */
const LIMITED_ISSUERS = [ISSUER, 'https://limited.facebook.com', 'https://facebook.com'];
const LIMITED_KEYS = 'https://limited.facebook.com/.well-known/oauth/openid/jwks/';

export function createFacebook(options: Options, tools: ProviderTools): Provider {
  const graph = `${GRAPH}/${options.graphVersion}`;
  return connectOAuth2(
    {
      id: 'facebook',
      name: 'Facebook',
      options,
      issuer: ISSUER,
      authorizationEndpoint: `${ISSUER}/${options.graphVersion}/dialog/oauth`,
      tokenEndpoint: `${graph}/oauth/access_token`,
      scopes: ['public_profile', 'email'],
      pkce: true,
      adjust: toOAuthError,
      async profile(ask, accessToken) {
        // proves to Graph that it was not a stolen token that asks. https://developers.facebook.com/docs/graph-api/guides/secure-requests
        const proof = createHmac('sha256', options.clientSecret).update(accessToken).digest('hex');
        const me = await readObject(await ask(`${graph}/me?fields=id,name,email,picture&appsecret_proof=${proof}`));
        const { picture } = me as { readonly picture?: { readonly data?: { readonly url?: unknown } } };
        return {
          subject: me['id'],
          email: me['email'],
          // Graph says nothing of who has proved it
          emailVerified: false,
          name: me['name'],
          picture: picture?.data?.url,
        };
      },
      ...(options.limitedLogin ? { verifyNative: verifyLimitedLogin(options, tools) } : {}),
    },
    tools,
  );
}

/** `{ error: { code, error_subcode, … } }` in the words of RFC 6749 §5.2. */
function toOAuthError(answer: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { error } = answer;
  if (typeof error !== 'object' || error === null) return answer;
  const { code, error_subcode: subcode } = error as { readonly code?: unknown; readonly error_subcode?: unknown };
  // 36007: expired; 36009: used
  if (code === 100 && (subcode === 36_007 || subcode === 36_009)) return { error: 'invalid_grant' };
  // 1, 2: "try again"; 4, 17, 341: too much at once. https://developers.facebook.com/docs/graph-api/guides/error-handling
  return { error: [1, 2, 4, 17, 341].includes(code as number) ? 'temporarily_unavailable' : 'invalid_request' };
}

/** Limited Login has no access token: its ID token is all there is. */
function verifyLimitedLogin(options: Options, tools: ProviderTools): (given: NativeToken) => Promise<Claimed> {
  const keys = createProviderKeys({ fetch: tools.fetch, algorithms: ['RS256'], monotonic: () => performance.now() });
  return async ({ idToken, nonce }) => {
    const claims = await verifyIdToken({
      token: idToken,
      keys: (kid) => keys.find(LIMITED_KEYS, kid, false),
      issuers: () => LIMITED_ISSUERS,
      audiences: [options.clientId],
      nonce: undefined,
      maxAgeSeconds: NATIVE_SECONDS,
      clock: tools.clock,
    });
    checkNativeNonce(claims['nonce'], nonce, {});
    // `sub` is the app's id of the person, the same as Graph's
    return { ...standardClaims(claims), emailVerified: false };
  };
}
