import type { ClientAuth, Configuration, TokenEndpointResponse } from 'openid-client';
import { failureOf, failureOfCallback, SocialFailed } from './failure.ts';
import type { Authorization, UpstreamTokens } from './provider.ts';
import type { ProviderBasics } from './provider-basics.ts';
import { isSafe } from './provider-fetch.ts';

type Library = typeof import('openid-client');

/** Loaded with the first sign-in: a server that is starting has other things to do. */
export function loadLibrary(): Promise<Library> {
  return import('openid-client');
}

/** How this server shows the provider that it is the client. RFC 6749 §2.3 */
export function clientAuthOf(
  { ClientSecretBasic, ClientSecretPost, None }: Library,
  { options, makeClientSecret }: Pick<ProviderBasics, 'options' | 'makeClientSecret'>,
): ClientAuth {
  if (makeClientSecret !== undefined)
    return (server, client, body, headers) => ClientSecretPost(makeClientSecret())(server, client, body, headers);
  const { clientSecret: secret, clientAuthentication } = options;
  if (secret === undefined) return None();
  return clientAuthentication === 'client_secret_basic' ? ClientSecretBasic(secret) : ClientSecretPost(secret);
}

interface Asked extends Pick<ProviderBasics, 'options' | 'scopes' | 'pkce' | 'parameters'> {
  readonly answersBy?: 'query' | 'form';
  /** OpenID Connect Core §3.1.2.1 */
  readonly nonce?: string;
}

/**
 * Where to send the browser. RFC 6749 §4.1.1, RFC 7636 §4.3
 *
 * @throws {SocialFailed} where the provider says no address that a browser can be sent to.
 */
export async function authorizationUrl(
  config: Configuration,
  { redirectUri, state, codeVerifier }: Authorization,
  { options, scopes, pkce, answersBy, parameters, nonce }: Asked,
): Promise<URL> {
  const library = await loadLibrary();
  const endpoint = config.serverMetadata().authorization_endpoint;
  if (endpoint === undefined || !isSafe(endpoint))
    throw new SocialFailed('provider-answer', 'no-authorization-endpoint');
  const challenge = pkce
    ? { code_challenge: await library.calculatePKCECodeChallenge(codeVerifier), code_challenge_method: 'S256' }
    : {};
  const scope = [...new Set([...scopes, ...options.scopes])].join(' ');
  return library.buildAuthorizationUrl(config, {
    ...parameters,
    redirect_uri: redirectUri,
    ...(scope === '' ? {} : { scope }),
    state,
    ...(answersBy === 'form' ? { response_mode: 'form_post' } : {}),
    ...challenge,
    ...(nonce === undefined ? {} : { nonce }),
  });
}

interface Exchange {
  readonly parameters: URLSearchParams;
  readonly pkce: boolean;
  /** Undefined where there is no ID token to hold it. */
  readonly nonce: string | undefined;
  /** Further parameters of the token request. */
  readonly more?: Readonly<Record<string, string>>;
}

/**
 * Checks what came to the callback (`iss`, `state`, `error`) and exchanges the code. RFC 9207 §2.4, RFC 6749 §4.1.3
 *
 * @throws {SocialFailed}
 */
export async function exchangeCode(
  config: Configuration,
  { redirectUri, state, codeVerifier }: Authorization,
  { parameters, pkce, nonce, more = {} }: Exchange,
): Promise<TokenEndpointResponse> {
  const library = await loadLibrary();
  const url = new URL(redirectUri);
  for (const [name, value] of parameters) url.searchParams.append(name, value);
  try {
    return await library.authorizationCodeGrant(
      config,
      url,
      {
        expectedState: state,
        ...(pkce ? { pkceCodeVerifier: codeVerifier } : {}),
        ...(nonce === undefined ? {} : { expectedNonce: nonce, idTokenExpected: true }),
      },
      { ...more },
    );
  } catch (error) {
    if (error instanceof library.AuthorizationResponseError) throw failureOfCallback(error.error);
    throw failureOf(error);
  }
}

export function readTokens(answer: TokenEndpointResponse): UpstreamTokens {
  return {
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token,
    expiresIn: answer.expires_in,
    scope: answer.scope,
  };
}

/** Runs work with a provider so that whatever is thrown is one of the four failures. */
export async function asFailure<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SocialFailed) throw error;
    throw failureOf(error);
  }
}
