import { type Algorithm, importSecret, type JwtClaims, type KeySource } from '@mapae/jwt';
import type { ClientAuth, Configuration } from 'openid-client';
import { asFailure, authorizationParameters, exchangeCode, loadLibrary, readTokens } from './exchange.ts';
import { SocialFailed } from './failure.ts';
import { checkHash, verifyIdToken } from './id-token.ts';
import { checkNativeNonce, type NonceRules } from './native-nonce.ts';
import type { Finished, Provider, ProviderTools, SocialProfile } from './provider.ts';
import { isLoopback } from './provider-fetch.ts';
import { createProviderKeys } from './provider-keys.ts';

/** An OpenID Connect provider, as its file describes it. */
export interface OidcDescription {
  readonly id: string;
  readonly name: string;
  readonly keepsTokens: boolean;
  /** Compared with the metadata's and the tokens' byte for byte. OpenID Connect Discovery §4.3 */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientAuth: (library: typeof import('openid-client')) => ClientAuth;
  /** Of ID tokens. One of a key type at most: a key that says no `alg` is for the one that fits. */
  readonly algorithms: readonly Algorithm[];
  /** The client secret, where ID tokens are signed with it. */
  readonly hs256Secret?: string;
  readonly scope: string;
  /** Whether the provider checks a code verifier. RFC 7636 */
  readonly pkce: boolean;
  readonly answersBy?: 'query' | 'form';
  /** Parameters of the authorization request beside the usual ones. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Issuers that a token may have, where there isn't just the one. */
  readonly issuers?: (claims: Readonly<Record<string, unknown>>) => readonly string[];
  /** The metadata's issuer, where it is no issuer of tokens. */
  readonly metadataIssuer?: string;
  /** Asks the provider's UserInfo where the ID token holds no address. OpenID Connect Core §5.3 */
  readonly asksUserInfo?: true;
  readonly profile: (person: OidcPerson) => SocialProfile | Promise<SocialProfile>;
  readonly native?: NativeRules;
}

/** What there is to make a profile of. */
export interface OidcPerson {
  readonly claims: JwtClaims;
  /** What came with the code; empty for a native token. */
  readonly parameters: URLSearchParams;
  /** Undefined for a native token. */
  readonly accessToken: string | undefined;
}

/** Which ID tokens of apps are taken. */
export interface NativeRules extends NonceRules {
  /** Ids of the apps at the provider: what stands in `aud`, and in `azp` where it is there. */
  readonly clientIds: readonly string[];
  /** Where the keys are, if they aren't those of the metadata. */
  readonly jwksUri?: string;
}

/** Metadata is read again after this. */
const METADATA_MS = 3_600_000;
/** A native token is taken at once: what is older was lying about. */
export const NATIVE_SECONDS = 600;

export function connectOidc(described: OidcDescription, tools: ProviderTools): Provider {
  const keys = createProviderKeys({
    fetch: tools.fetch,
    algorithms: described.algorithms,
    monotonic: () => performance.now(),
  });
  const configuration = rememberConfiguration(described, tools);
  const { native } = described;

  async function keysOf(jwksUri: string | undefined, kid: string | undefined, trusted: boolean): Promise<KeySource> {
    if (jwksUri === undefined) throw new SocialFailed('provider-answer', 'no-keys');
    return keys.find(jwksUri, kid, trusted);
  }

  return {
    id: described.id,
    name: described.name,
    keepsTokens: described.keepsTokens,
    answersBy: described.answersBy ?? 'query',

    async begin(flow) {
      const library = await loadLibrary();
      const parameters = await authorizationParameters(library, flow, described);
      return library.buildAuthorizationUrl(await configuration(), { ...parameters, nonce: flow.nonce });
    },

    async finish(flow, parameters): Promise<Finished> {
      const config = await configuration();
      const answer = await exchangeCode(config, flow, { parameters, pkce: described.pkce, nonce: flow.nonce });
      const { id_token: idToken, access_token: accessToken } = answer;
      if (idToken === undefined) throw new SocialFailed('provider-answer', 'no-id-token');
      const claims = await verifyIdToken({
        token: idToken,
        keys: async (kid) => hs256Key(described, idToken) ?? keysOf(config.serverMetadata().jwks_uri, kid, true),
        issuers: described.issuers ?? (() => [described.issuer]),
        audiences: [described.clientId],
        nonce: flow.nonce,
        clock: tools.clock,
      });
      checkHash(idToken, claims['at_hash'], accessToken);
      checkHash(idToken, claims['c_hash'], parameters.get('code') ?? '');
      const more =
        described.asksUserInfo === true && claims['email'] === undefined
          ? await askUserInfo(config, accessToken, claims.sub ?? '')
          : {};
      const profile = await described.profile({ claims: { ...more, ...claims }, parameters, accessToken });
      return { profile, tokens: readTokens(answer) };
    },

    ...(native === undefined
      ? {}
      : {
          async verifyNative({ idToken, nonce }) {
            const jwksUri = native.jwksUri ?? (await configuration()).serverMetadata().jwks_uri;
            const claims = await verifyIdToken({
              token: idToken,
              keys: (kid) => keysOf(jwksUri, kid, false),
              issuers: described.issuers ?? (() => [described.issuer]),
              audiences: native.clientIds,
              nonce: undefined,
              maxAgeSeconds: NATIVE_SECONDS,
              clock: tools.clock,
            });
            checkNativeNonce(claims['nonce'], nonce, native);
            return described.profile({ claims, parameters: new URLSearchParams(), accessToken: undefined });
          },
        }),
  };
}

/** What the ID token left out. Its subject must be the token's. OpenID Connect Core §5.3.2 */
async function askUserInfo(config: Configuration, accessToken: string, subject: string): Promise<JwtClaims> {
  if (config.serverMetadata().userinfo_endpoint === undefined) return {} as JwtClaims;
  const library = await loadLibrary();
  return asFailure(async () => ({ ...(await library.fetchUserInfo(config, accessToken, subject)) }) as JwtClaims);
}

/** A token that says HS256 is checked with the secret of a provider that signs so, and of no other. */
function hs256Key({ hs256Secret }: OidcDescription, idToken: string): KeySource | undefined {
  if (hs256Secret === undefined) return undefined;
  const [header = ''] = idToken.split('.');
  const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { readonly alg?: unknown };
  return alg === 'HS256' ? importSecret(Buffer.from(hs256Secret), { alg: 'HS256' }) : undefined;
}

/** The library's view of the provider: read when it is needed first, and again once in an hour. While that fails, the old one serves. */
function rememberConfiguration(described: OidcDescription, tools: ProviderTools): () => Promise<Configuration> {
  let known: { readonly config: Configuration; readonly at: number } | undefined;
  let running: Promise<Configuration> | undefined;

  async function discover(): Promise<Configuration> {
    const config = await asFailure(() => discoverConfiguration(described, tools));
    known = { config, at: performance.now() };
    return config;
  }

  return async () => {
    const last = known;
    if (last !== undefined && performance.now() - last.at < METADATA_MS) return last.config;
    running ??= discover().finally(() => {
      running = undefined;
    });
    return last === undefined ? running : running.catch(() => last.config);
  };
}

async function discoverConfiguration(described: OidcDescription, tools: ProviderTools): Promise<Configuration> {
  const library = await loadLibrary();
  const { issuer, clientId, algorithms, hs256Secret } = described;
  const config = await library.discovery(
    new URL(issuer),
    clientId,
    {
      id_token_signed_response_alg: [...algorithms, ...(hs256Secret === undefined ? [] : ['HS256'])] as never,
      [library.clockSkew]: Math.round((tools.clock() - Date.now()) / 1_000),
      [library.clockTolerance]: 60,
    },
    described.clientAuth(library),
    {
      [library.customFetch]: tools.fetch as never,
      ...(isLoopback(issuer) ? { execute: [library.allowInsecureRequests] } : {}),
    },
  );
  // the library compares addresses; an issuer is a text. Another text is another namespace of subjects
  const found = config.serverMetadata().issuer;
  if (found !== (described.metadataIssuer ?? issuer)) {
    tools.log({ level: 'error', event: 'social.issuer-mismatch', provider: described.id });
    throw new SocialFailed('provider-answer', 'issuer-mismatch');
  }
  return config;
}
