import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration } from 'oidc-provider';

/** oidc-provider, on this machine. Whoever comes is `person` and agrees at once, unless they refuse. */
export interface RunningProvider {
  readonly issuer: string;
  readonly port: number;
  person: Readonly<Record<string, unknown>> & { readonly sub: string };
  refuses: boolean;
  close(): Promise<void>;
}

export const CLIENT = { id: 'mapae', secret: 'a-client-secret-of-the-demo-provider' };

/**
 * @param redirectUri  The one that the provider knows; another is refused by it.
 * @param front  Where it is reached, given its port. Default: at that port.
 */
export async function startOidcProvider(
  redirectUri: string,
  changes: Configuration = {},
  front: (port: number) => Promise<string> = async (port) => `http://127.0.0.1:${port}`,
): Promise<RunningProvider> {
  const http = createServer();
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const issuer = await front(port);
  const running: RunningProvider = {
    issuer,
    port,
    person: { sub: 'kim', email: 'kim@example.test', email_verified: true, name: '김미자' },
    refuses: false,
    async close() {
      http.close();
      http.closeAllConnections();
      await once(http, 'close');
    },
  };
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_basic',
      },
    ],
    jwks: { keys: [key as never] },
    cookies: { keys: ['a key of this test'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'picture', 'locale'] },
    pkce: { required: () => true },
    // said, so that it doesn't say that nobody did
    ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ ...running.person }) }),
    ...changes,
  });
  const callback = provider.callback();
  http.on('request', (request, response) => {
    if (request.url?.startsWith('/interaction/') !== true) return void callback(request, response);
    void answerInteraction().catch((error: unknown) => response.destroy(error as Error));
    async function answerInteraction(): Promise<void> {
      if (running.refuses) {
        const result = { error: 'access_denied', error_description: 'the person said no' };
        return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
      }
      const { params } = await provider.interactionDetails(request, response);
      const accountId = running.person.sub;
      const grant = new provider.Grant({ accountId, clientId: params['client_id'] as string });
      grant.addOIDCScope(params['scope'] as string);
      const result = { login: { accountId }, consent: { grantId: await grant.save() } };
      await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
    }
  });
  return running;
}
