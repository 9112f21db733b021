import { type Algorithm, importSecret, type JwtClaims, type KeySource } from '@mapae/jwt';
import type { Configuration } from 'openid-client';
import { rememberConfiguration } from './discovery.ts';
import { asFailure, authorizationUrl, exchangeCode, loadLibrary, readTokens } from './exchange.ts';
import { SocialFailed } from './failure.ts';
import { checkHash, verifyIdToken } from './id-token.ts';
import { checkNativeNonce } from './native-nonce.ts';
import { type Claimed, profileOf } from './profile.ts';
import type { Finished, NativeToken, Provider, ProviderTools, SocialProfile } from './provider.ts';
import { nameOf, type ProviderBasics } from './provider-basics.ts';
import { createProviderKeys } from './provider-keys.ts';
import type { ParsedNative } from './provider-options.ts';

/** An OpenID Connect provider, as its file describes it. */
export interface OidcDescription extends ProviderBasics {
  /** Compared with the metadata's and the tokens' byte for byte. OpenID Connect Discovery §4.3 */
  readonly issuer: string;
  /** Of ID tokens. One of a key type at most: a key that says no `alg` is for the one that fits. */
  readonly algorithms: readonly Algorithm[];
  /** The client secret, where ID tokens are signed with it. */
  readonly hs256Secret?: string;
  readonly answersBy?: 'query' | 'form';
  /** Issuers that a token may have, where there isn't just the one. */
  readonly issuers?: (claims: Readonly<Record<string, unknown>>) => readonly string[];
  /** The metadata's issuer, where it is no issuer of tokens. */
  readonly metadataIssuer?: string;
  /** Asks the provider's UserInfo where the ID token holds no address. OpenID Connect Core §5.3 */
  readonly asksUserInfo?: true;
  readonly profile: (person: OidcPerson) => Claimed | Promise<Claimed>;
  /** An app's token may hold the hash of its nonce. */
  readonly nonceMayBeHashed?: true;
}

/** What there is to make a profile of. */
export interface OidcPerson {
  readonly claims: JwtClaims;
  /** What came with the code; empty for a native token. */
  readonly parameters: URLSearchParams;
  /** Undefined for a native token. */
  readonly accessToken: string | undefined;
}

/** A native token is taken at once: what is older was lying about. */
export const NATIVE_SECONDS = 600;

export function connectOidc(described: OidcDescription, tools: ProviderTools): Provider {
  const keys = createProviderKeys({
    fetch: tools.fetch,
    algorithms: described.algorithms,
    monotonic: () => performance.now(),
  });
  const configuration = rememberConfiguration(described, tools);
  const { options } = described;

  async function keysOf(kid: string | undefined, trusted: boolean): Promise<KeySource> {
    const { jwks_uri: jwksUri } = (await configuration()).serverMetadata();
    if (jwksUri === undefined) throw new SocialFailed('provider-answer', 'no-keys');
    return keys.find(jwksUri, kid, trusted);
  }

  const rules = { issuers: described.issuers ?? (() => [described.issuer]), clock: tools.clock };

  return {
    ...nameOf(described),
    answersBy: described.answersBy ?? 'query',

    async begin(flow) {
      return authorizationUrl(await configuration(), flow, { ...described, nonce: flow.nonce });
    },

    async finish(flow, parameters): Promise<Finished> {
      const config = await configuration();
      const answer = await exchangeCode(config, flow, { parameters, pkce: described.pkce, nonce: flow.nonce });
      const { id_token: idToken, access_token: accessToken } = answer;
      if (idToken === undefined) throw new SocialFailed('provider-answer', 'no-id-token');
      const judge = (): Promise<JwtClaims> =>
        verifyIdToken({
          ...rules,
          token: idToken,
          keys: async (kid) => hs256Key(described, idToken) ?? keysOf(kid, true),
          audiences: [options.clientId],
          nonce: flow.nonce,
        });
      const claims = await judge().catch((error: unknown) => {
        // the provider itself sent it: some put a new key in the place of an old one, under its name
        if (!(error instanceof SocialFailed) || error.reason !== 'token/signature') throw error;
        keys.forget();
        return judge();
      });
      checkHash(idToken, claims['at_hash'], accessToken);
      checkHash(idToken, claims['c_hash'], parameters.get('code') ?? '');
      const more =
        described.asksUserInfo === true && claims['email'] === undefined
          ? await askUserInfo(config, accessToken, claims.sub ?? '')
          : {};
      const person = { claims: { ...more, ...claims }, parameters, accessToken };
      return { profile: profileOf(described, await described.profile(person)), tokens: readTokens(answer) };
    },

    ...(options.native === undefined ? {} : { verifyNative: nativeVerifier(options.native) }),
  };

  function nativeVerifier({ clientIds, dangerouslyAllowUnknownNonce }: ParsedNative) {
    return async ({ idToken, nonce }: NativeToken): Promise<SocialProfile> => {
      const claims = await verifyIdToken({
        ...rules,
        token: idToken,
        keys: (kid) => keysOf(kid, false),
        audiences: clientIds,
        nonce: undefined,
        maxAgeSeconds: NATIVE_SECONDS,
      });
      checkNativeNonce(claims['nonce'], nonce, {
        nonceMayBeHashed: described.nonceMayBeHashed ?? false,
        unknownNonceAllowed: dangerouslyAllowUnknownNonce,
      });
      const person = { claims, parameters: new URLSearchParams(), accessToken: undefined };
      return profileOf(described, await described.profile(person));
    };
  }
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
