import type { ClientAuth, Configuration } from 'openid-client';
import { authorizationParameters, exchangeCode, loadLibrary, readTokens } from './exchange.ts';
import { failureOf } from './failure.ts';
import type { Authorization, NativeToken, Provider, ProviderTools, SocialProfile } from './provider.ts';
import { isLoopback } from './provider-fetch.ts';

/** A provider that speaks OAuth 2 and answers about the person at an address of its own. */
export interface OAuth2Description {
  readonly id: string;
  readonly name: string;
  readonly keepsTokens: boolean;
  /** What names its people in the database, and what `iss` must say where it comes. RFC 9207 §2.4 */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientAuth: (library: typeof import('openid-client')) => ClientAuth;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly scope: string;
  /** Whether the provider checks a code verifier. RFC 7636 */
  readonly pkce: boolean;
  readonly parameters?: Readonly<Record<string, string>>;
  /** Further parameters of the token request. */
  readonly tokenParameters?: (flow: Authorization) => Readonly<Record<string, string>>;
  /** Turns an answer of the token endpoint into what RFC 6749 §5 says, where the provider has its own way. */
  readonly adjust?: (answer: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
  /** @param ask  Asks the provider with the access token, by `Authorization: Bearer`. */
  readonly profile: (ask: (url: string) => Promise<Response>, accessToken: string) => Promise<SocialProfile>;
  readonly verifyNative?: (given: NativeToken) => Promise<SocialProfile>;
}

export function connectOAuth2(described: OAuth2Description, tools: ProviderTools): Provider {
  const { clientId, issuer, tokenEndpoint, adjust } = described;
  let known: Configuration | undefined;

  async function configuration(): Promise<Configuration> {
    if (known !== undefined) return known;
    const library = await loadLibrary();
    const { authorizationEndpoint } = described;
    known = new library.Configuration(
      { issuer, authorization_endpoint: authorizationEndpoint, token_endpoint: tokenEndpoint },
      clientId,
      {},
      described.clientAuth(library),
    );
    known[library.customFetch] = adjusted(tools, tokenEndpoint, adjust) as never;
    if (isLoopback(tokenEndpoint)) library.allowInsecureRequests(known);
    return known;
  }

  return {
    id: described.id,
    name: described.name,
    keepsTokens: described.keepsTokens,
    answersBy: 'query',

    async begin(flow) {
      const library = await loadLibrary();
      return library.buildAuthorizationUrl(
        await configuration(),
        await authorizationParameters(library, flow, described),
      );
    },

    async finish(flow, parameters) {
      const library = await loadLibrary();
      const config = await configuration();
      const more = described.tokenParameters?.(flow) ?? {};
      const answer = await exchangeCode(config, flow, { parameters, pkce: described.pkce, nonce: undefined, more });
      const ask = (url: string): Promise<Response> =>
        library
          .fetchProtectedResource(
            config,
            answer.access_token,
            new URL(url),
            'GET',
            undefined,
            new Headers({ accept: 'application/json' }),
          )
          .catch((error: unknown) => {
            throw failureOf(error);
          });
      return { profile: await described.profile(ask, answer.access_token), tokens: readTokens(answer) };
    },

    ...(described.verifyNative === undefined ? {} : { verifyNative: described.verifyNative }),
  };
}

/** Some refuse with 200, or leave members out; the library is shown what the RFC says. */
function adjusted(
  { fetch }: ProviderTools,
  tokenEndpoint: string,
  adjust: OAuth2Description['adjust'],
): ProviderTools['fetch'] {
  return async (url, init) => {
    const response = await fetch(url, init);
    if (url !== tokenEndpoint) return response;
    const body: unknown = await response
      .clone()
      .json()
      .catch(() => undefined);
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return response;
    const shown = adjust?.(body as Readonly<Record<string, unknown>>) ?? (body as Readonly<Record<string, unknown>>);
    const refused = typeof shown['error'] === 'string';
    return Response.json(shown, { status: refused && response.ok ? 400 : response.status });
  };
}
