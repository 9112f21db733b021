import { z } from 'zod';
import { connectOAuth2 } from '../connect-oauth2.ts';
import { SocialFailed } from '../failure.ts';
import type { Provider, ProviderTools } from '../provider.ts';
import { readObject } from '../provider-fetch.ts';
import { type CommonOptions, clientSecret, common } from '../provider-options.ts';

/** https://developers.naver.com/docs/login/api/api.md */
export interface NaverOptions extends CommonOptions {
  readonly clientSecret: string;
}

export const naverOptions = z.strictObject({ ...common, clientSecret });

const ISSUER = 'https://nid.naver.com';
const ME = 'https://openapi.naver.com/v1/nid/me';

export function createNaver(options: z.output<typeof naverOptions>, tools: ProviderTools): Provider {
  return connectOAuth2(
    {
      id: 'naver',
      name: '네이버',
      options,
      issuer: ISSUER,
      authorizationEndpoint: `${ISSUER}/oauth2.0/authorize`,
      tokenEndpoint: `${ISSUER}/oauth2.0/token`,
      // what is handed out is chosen in the developers' console
      scopes: [],
      // nothing is said of code verifiers; the state has to come along with the code instead
      pkce: false,
      tokenParameters: ({ state }) => ({ state }),
      // errors come with 200 as well; "no valid data in session" is a code that was used or is too old
      adjust: (answer) =>
        answer['error'] === 'invalid_request' && /no valid data in session/i.test(String(answer['error_description']))
          ? { error: 'invalid_grant' }
          : answer,
      async profile(ask) {
        const body = await readObject(await ask(ME));
        const { resultcode, response } = body as { readonly resultcode?: unknown; readonly response?: unknown };
        if (resultcode !== '00' || typeof response !== 'object' || response === null)
          throw new SocialFailed('provider-answer', 'no-profile');
        const person = response as Readonly<Record<string, unknown>>;
        return {
          subject: person['id'],
          // the address for messages, which the person chose: nobody says that it was proved
          email: person['email'],
          emailVerified: false,
          name: person['name'] ?? person['nickname'],
          picture: person['profile_image'],
          locale: 'ko',
        };
      },
    },
    tools,
  );
}
