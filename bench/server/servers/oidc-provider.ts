// oidc-provider with rotation, JWT access tokens by ES256 for one API, and one Map as its store: its own memory store forgets after 1,000 entries.
import * as crypto from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { peer } from '../../harness/peers.ts';
import { announce, listen, readSettings } from '../../harness/serving.ts';
import type { PeerReady, PeerSettings } from '../peer-settings.ts';

interface Saved {
  save(): Promise<string>;
}
interface Grant extends Saved {
  addOIDCScope(scope: string): void;
  addResourceScope(resource: string, scope: string): void;
}
interface Provider {
  callback(): RequestListener;
  readonly Client: { find(id: string): Promise<object> };
  readonly Grant: new (fields: object) => Grant;
  readonly RefreshToken: new (fields: object) => Saved;
}

const API = 'https://notes.example';
const { tokens } = readSettings<PeerSettings>();
const { default: OidcProvider } = await peer<{
  readonly default: new (issuer: string, configuration: object) => Provider;
}>('oidc-provider');

let calls = 0;
const entries = new Map<string, Record<string, unknown>>();

/** The least that its contract asks for. */
class Adapter {
  readonly #model: string;
  constructor(model: string) {
    this.#model = model;
  }
  #key(id: string): string {
    return `${this.#model}:${id}`;
  }
  async upsert(id: string, payload: Record<string, unknown>): Promise<void> {
    calls++;
    entries.set(this.#key(id), payload);
  }
  async find(id: string): Promise<Record<string, unknown> | undefined> {
    calls++;
    return entries.get(this.#key(id));
  }
  async findByUid(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
  async consume(id: string): Promise<void> {
    calls++;
    const payload = entries.get(this.#key(id));
    if (payload !== undefined) payload['consumed'] = Math.floor(Date.now() / 1_000);
  }
  async destroy(id: string): Promise<void> {
    calls++;
    entries.delete(this.#key(id));
  }
  async revokeByGrantId(): Promise<void> {}
}

let listener: RequestListener | undefined;
const http = createServer((request, response) => listener?.(request, response));
const port = await listen(http);
const { privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
const provider = new OidcProvider(`http://127.0.0.1:${port}`, {
  adapter: Adapter,
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'bench' }] },
  cookies: { keys: [crypto.randomBytes(32).toString('base64url')] },
  clients: [
    {
      client_id: 'first-party',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://app.example/callback'],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  rotateRefreshToken: true,
  findAccount: async (_context: unknown, id: string) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => API,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'notes:read notes:write',
        audience: API,
        accessTokenFormat: 'jwt',
        accessTokenTTL: 300,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  ttl: { AccessToken: 300, Grant: 86_400, RefreshToken: 86_400 },
});
listener = provider.callback();
const client = await provider.Client.find('first-party');
const refreshTokens: string[] = [];
for (let made = 0; made < tokens; made++) {
  const grant = new provider.Grant({ accountId: 'kim', clientId: 'first-party' });
  grant.addOIDCScope('offline_access');
  grant.addResourceScope(API, 'notes:read notes:write');
  const grantId = await grant.save();
  const now = Math.floor(Date.now() / 1_000);
  refreshTokens.push(
    await new provider.RefreshToken({
      accountId: 'kim',
      client,
      grantId,
      gty: 'authorization_code',
      scope: 'offline_access notes:read notes:write',
      resource: API,
      claims: {},
      authTime: now,
      iiat: now,
      rotations: 0,
      expiresWithSession: false,
    }).save(),
  );
}
announce({ port, refreshTokens } satisfies PeerReady, () => calls);
