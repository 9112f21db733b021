import type { Configuration } from 'openid-client';
import { authorizationUrl, clientAuthOf, exchangeCode, loadLibrary, readTokens } from './exchange.ts';
import { failureOf } from './failure.ts';
import { type Claimed, profileOf } from './profile.ts';
import type { Authorization, NativeToken, Provider, ProviderTools } from './provider.ts';
import { nameOf, type ProviderBasics } from './provider-basics.ts';
import { isLoopback } from './provider-fetch.ts';

/** A provider that speaks OAuth 2 and answers about the person at an address of its own. */
export interface OAuth2Description extends ProviderBasics {
  /** What names its people in the database, and what `iss` must say where it comes. RFC 9207 §2.4 */
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  /** Further parameters of the token request. */
  readonly tokenParameters?: (flow: Authorization) => Readonly<Record<string, string>>;
  /** Turns an answer of the token endpoint into what RFC 6749 §5 says, where the provider has its own way. */
  readonly adjust?: (answer: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
  /** @param ask  Asks the provider with the access token, by `Authorization: Bearer`. */
  readonly profile: (ask: (url: string) => Promise<Response>, accessToken: string) => Promise<Claimed>;
  readonly verifyNative?: (given: NativeToken) => Promise<Claimed>;
}

export function connectOAuth2(described: OAuth2Description, tools: ProviderTools): Provider {
  const { options, issuer, tokenEndpoint, adjust, verifyNative } = described;
  let known: Configuration | undefined;

  async function configuration(): Promise<Configuration> {
    if (known !== undefined) return known;
    const library = await loadLibrary();
    const { authorizationEndpoint } = described;
    known = new library.Configuration(
      { issuer, authorization_endpoint: authorizationEndpoint, token_endpoint: tokenEndpoint },
      options.clientId,
      {},
      clientAuthOf(library, described),
    );
    known[library.customFetch] = adjusted(tools, tokenEndpoint, adjust) as never;
    if (isLoopback(tokenEndpoint)) library.allowInsecureRequests(known);
    return known;
  }

  return {
    ...nameOf(described),
    answersBy: 'query',

    async begin(flow) {
      return authorizationUrl(await configuration(), flow, described);
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
      const claimed = await described.profile(ask, answer.access_token);
      return { profile: profileOf(described, claimed), tokens: readTokens(answer) };
    },

    ...(verifyNative === undefined
      ? {}
      : { verifyNative: async (given: NativeToken) => profileOf(described, await verifyNative(given)) }),
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
