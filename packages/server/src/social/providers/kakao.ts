import { z } from 'zod';
import { connectOidc } from '../connect-oidc.ts';
import { SocialFailed } from '../failure.ts';
import type { Provider, ProviderTools } from '../provider.ts';
import { readObject } from '../provider-fetch.ts';
import { type CommonOptions, clientSecret, common, type NativeOptions, native } from '../provider-options.ts';

/** https://developers.kakao.com/docs/latest/en/kakaologin/rest-api; OpenID Connect has to be switched on for the app there. */
export interface KakaoOptions extends CommonOptions {
  /** Needed where "Client secret" is switched on for the app, which it is for new ones. */
  readonly clientSecret?: string;
  /** The native app key, and the REST API key where the app sends it on. */
  readonly native?: NativeOptions;
}

export const kakaoOptions = z.strictObject({ ...common, clientSecret: clientSecret.optional(), native });

const ISSUER = 'https://kauth.kakao.com';
const ME = 'https://kapi.kakao.com/v2/user/me';

interface KakaoAccount {
  readonly email?: unknown;
  readonly is_email_valid?: unknown;
  readonly is_email_verified?: unknown;
  readonly profile?: { readonly nickname?: unknown; readonly profile_image_url?: unknown };
}

export function createKakao(options: z.output<typeof kakaoOptions>, tools: ProviderTools): Provider {
  return connectOidc(
    {
      id: 'kakao',
      name: '카카오',
      options,
      issuer: ISSUER,
      algorithms: ['RS256'],
      scopes: ['openid', 'account_email', 'profile_nickname', 'profile_image'],
      pkce: true,
      async profile({ claims, accessToken }) {
        // the ID token holds an address, and not whether anybody has proved it
        const account = accessToken === undefined ? undefined : await readAccount(tools, accessToken, claims.sub);
        return {
          subject: claims.sub,
          email: account === undefined ? claims['email'] : account.email,
          emailVerified: account?.is_email_valid === true && account.is_email_verified === true,
          name: account?.profile?.nickname ?? claims['nickname'],
          picture: httpsOf(account?.profile?.profile_image_url ?? claims['picture']),
          locale: 'ko',
        };
      },
    },
    tools,
  );
}

/** https://developers.kakao.com/docs/latest/en/kakaologin/rest-api#req-user-info */
async function readAccount(
  { fetch }: ProviderTools,
  accessToken: string,
  subject: string | undefined,
): Promise<KakaoAccount> {
  const headers = { authorization: `Bearer ${accessToken}`, accept: 'application/json' };
  const body = await readObject(await fetch(ME, { headers }));
  // the answer has to be about the same person. OpenID Connect Core §5.3.2
  if (String(body['id']) !== subject) throw new SocialFailed('provider-answer', 'other-subject');
  const account = body['kakao_account'];
  return typeof account === 'object' && account !== null ? account : {};
}

/** Pictures come as http unless secure_resource is asked for. */
function httpsOf(picture: unknown): unknown {
  return typeof picture === 'string' ? picture.replace(/^http:\/\//, 'https://') : undefined;
}
