import type { Configuration } from 'openid-client';
import type { OidcDescription } from './connect-oidc.ts';
import { asFailure, clientAuthOf, loadLibrary } from './exchange.ts';
import { SocialFailed } from './failure.ts';
import type { ProviderTools } from './provider.ts';
import { isLoopback } from './provider-fetch.ts';

/** Metadata is read again after this. */
const METADATA_MS = 3_600_000;

/** The library's view of the provider: read when it is needed first, and again once in an hour. While that fails, the old one serves. */
export function rememberConfiguration(described: OidcDescription, tools: ProviderTools): () => Promise<Configuration> {
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
  const { issuer, options, algorithms, hs256Secret } = described;
  const config = await library.discovery(
    new URL(issuer),
    options.clientId,
    {
      id_token_signed_response_alg: [...algorithms, ...(hs256Secret === undefined ? [] : ['HS256'])] as never,
      [library.clockSkew]: Math.round((tools.clock() - Date.now()) / 1_000),
      [library.clockTolerance]: 60,
    },
    clientAuthOf(library, described),
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
