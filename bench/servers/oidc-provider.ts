import * as crypto from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { peer } from '../harness/peers.ts';
import { listen } from '../harness/serving.ts';

interface Saved {
  save(): Promise<string>;
}
interface Grant extends Saved {
  addOIDCScope(scope: string): void;
  addResourceScope(resource: string, scope: string): void;
}
/** As much of oidc-provider as the benchmarks use. */
export interface OidcProvider {
  callback(): RequestListener;
  readonly Client: { find(id: string): Promise<object> };
  readonly Grant: new (fields: object) => Grant;
  readonly AccessToken: new (fields: object) => Saved;
  readonly RefreshToken: new (fields: object) => Saved;
}

export interface OidcProviderSettings {
  /** Of the app that people sign in with. */
  readonly appId: string;
  readonly otherClients?: readonly object[];
  readonly features: object;
  /** The rest of its configuration. */
  readonly configuration: object;
  /** Takes requests that are the benchmark's own. @returns Whether it took this one. */
  readonly takes?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export interface RunningOidcProvider {
  readonly provider: OidcProvider;
  readonly port: number;
  /** The app's client. */
  readonly app: object;
}

/** Starts oidc-provider with a key for ES256, a public client, and accounts that are whatever somebody calls them. */
export async function startOidcProvider(settings: OidcProviderSettings): Promise<RunningOidcProvider> {
  const { appId, otherClients = [], features, configuration, takes = () => false } = settings;
  const { default: Provider } = await peer<{
    readonly default: new (issuer: string, configuration: object) => OidcProvider;
  }>('oidc-provider');
  // its address is part of its configuration, so it listens first
  let listener: RequestListener | undefined;
  const http = createServer((request, response) => {
    if (!takes(request, response)) listener?.(request, response);
  });
  const port = await listen(http);
  const { privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'bench' }] },
    cookies: { keys: [crypto.randomBytes(32).toString('base64url')] },
    clients: [
      {
        client_id: appId,
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: ['https://app.example/callback'],
        id_token_signed_response_alg: 'ES256',
      },
      ...otherClients,
    ],
    findAccount: async (_context: unknown, id: string) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    features: { devInteractions: { enabled: false }, ...features },
    ...configuration,
  });
  listener = provider.callback();
  return { provider, port, app: await provider.Client.find(appId) };
}
