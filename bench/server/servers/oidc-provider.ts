// oidc-provider with rotation, JWT access tokens by ES256 for one API, and one Map as its store: its own memory store forgets after 1,000 entries.
import { announce, readSettings } from '../../harness/serving.ts';
import { startOidcProvider } from '../../servers/oidc-provider.ts';
import type { PeerReady, PeerSettings } from '../peer-settings.ts';

const API = 'https://notes.example';
const { tokens } = readSettings<PeerSettings>();

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

const { provider, port, app } = await startOidcProvider({
  appId: 'first-party',
  features: {
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
  configuration: {
    adapter: Adapter,
    rotateRefreshToken: true,
    ttl: { AccessToken: 300, Grant: 86_400, RefreshToken: 86_400 },
  },
});
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
      client: app,
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
