import { z } from 'zod';
import { connectOAuth2 } from '../connect-oauth2.ts';
import { SocialFailed } from '../failure.ts';
import type { Provider, ProviderTools } from '../provider.ts';
import { readJson, readObject } from '../provider-fetch.ts';
import { address, type CommonOptions, clientSecret, common } from '../provider-options.ts';

/** https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps */
export interface GithubOptions extends CommonOptions {
  readonly clientSecret: string;
  /** Of GitHub Enterprise Server. Default: `https://github.com`. */
  readonly enterpriseUrl?: string;
}

export const githubOptions = z.strictObject({
  ...common,
  clientSecret,
  enterpriseUrl: address.refine((value) => !value.endsWith('/'), 'ends in a slash').optional(),
});

interface GithubEmail {
  readonly email: string;
  readonly primary?: unknown;
  readonly verified?: unknown;
}

export function createGithub(options: z.output<typeof githubOptions>, tools: ProviderTools): Provider {
  const site = options.enterpriseUrl ?? 'https://github.com';
  const api = options.enterpriseUrl === undefined ? 'https://api.github.com' : `${site}/api/v3`;
  const issuer = `${site}/login/oauth`;
  return connectOAuth2(
    {
      id: 'github',
      name: 'GitHub',
      options,
      // what GitHub says in `iss` since 2026. RFC 9207 §2
      issuer,
      authorizationEndpoint: `${site}/login/oauth/authorize`,
      tokenEndpoint: `${site}/login/oauth/access_token`,
      scopes: ['read:user', 'user:email'],
      pkce: true,
      // "bad_verification_code: the code is incorrect or expired", with 200
      adjust: (answer) => (answer['error'] === 'bad_verification_code' ? { error: 'invalid_grant' } : answer),
      async profile(ask) {
        const user = await readObject(await ask(`${api}/user`));
        const { email, verified } = await primaryEmail(ask, `${api}/user/emails`);
        return {
          // `login` can be given to somebody else
          subject: user['id'],
          email,
          emailVerified: verified,
          name: user['name'] ?? user['login'],
          picture: user['avatar_url'],
        };
      },
    },
    tools,
  );
}

/** `email` of the user is what they show in public, if anything. https://docs.github.com/en/rest/users/emails */
async function primaryEmail(
  ask: (url: string) => Promise<Response>,
  url: string,
): Promise<{ readonly email: unknown; readonly verified: boolean }> {
  const response = await ask(url);
  const { status, headers } = response;
  // "If you exceed your primary rate limit, you will receive a 403 or 429". https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
  if (status === 403 && (headers.get('x-ratelimit-remaining') === '0' || headers.has('retry-after')))
    throw new SocialFailed('provider-down', 'rate-limited');
  if (status !== 200 && status !== 403 && status !== 404) throw new SocialFailed('provider-answer', `emails-${status}`);
  // a page that isn't there, or of a proxy, says nothing of the person
  const list = await readJson(response);
  // the person may have taken the scope away: an account without an address
  if (status !== 200) return { email: undefined, verified: false };
  if (!Array.isArray(list) || !list.every(isEmail)) throw new SocialFailed('provider-answer', 'emails-no-list');
  const primary = list.find((one) => one.primary === true);
  return { email: primary?.email, verified: primary?.verified === true };
}

function isEmail(one: unknown): one is GithubEmail {
  return typeof one === 'object' && one !== null && 'email' in one && typeof one.email === 'string';
}
