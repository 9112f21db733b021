// oidc-provider with opaque access tokens, introspection and revocation on, and Redis as its store.
import type { ServerResponse } from 'node:http';
import { peer } from '../../harness/peers.ts';
import { announce, readSettings } from '../../harness/serving.ts';
import { startOidcProvider } from '../../servers/oidc-provider.ts';
import { countCalls } from '../express-app.ts';
import type { ProviderSettings } from '../settings.ts';

interface Redis {
  connect(): Promise<unknown>;
  get(key: string): Promise<string | null>;
  set(key: string, value: string, options?: object): Promise<unknown>;
  del(keys: readonly string[]): Promise<unknown>;
  rPush(key: string, value: string): Promise<unknown>;
  expire(key: string, seconds: number): Promise<unknown>;
  lRange(key: string, from: number, to: number): Promise<string[]>;
}

const { redis: url, accessTokenSeconds, client } = readSettings<ProviderSettings>();
const { createClient } = await peer<{ readonly createClient: (options: object) => Redis }>('redis');

let statements = 0;
const redis = createClient({ url });
await redis.connect();
countCalls(redis, ['get', 'set', 'del', 'rPush', 'expire', 'lRange'], () => {
  statements++;
});

/** What its contract asks for, over Redis: an entry that expires for each object, and a list of them for each grant. */
class Adapter {
  readonly #model: string;
  constructor(model: string) {
    this.#model = model;
  }
  #key(id: string): string {
    return `oidc:${this.#model}:${id}`;
  }
  async upsert(id: string, payload: Readonly<Record<string, unknown>>, expiresIn?: number): Promise<void> {
    const { grantId } = payload;
    const expiration = expiresIn === undefined ? {} : { expiration: { type: 'EX', value: expiresIn } };
    await redis.set(this.#key(id), JSON.stringify(payload), expiration);
    if (typeof grantId !== 'string' || this.#model === 'Grant') return;
    await redis.rPush(`oidc:grant:${grantId}`, this.#key(id));
    if (expiresIn !== undefined) await redis.expire(`oidc:grant:${grantId}`, expiresIn);
  }
  async find(id: string): Promise<unknown> {
    const found = await redis.get(this.#key(id));
    return found === null ? undefined : JSON.parse(found);
  }
  async findByUid(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
  async consume(): Promise<void> {}
  async destroy(id: string): Promise<void> {
    await redis.del([this.#key(id)]);
  }
  async revokeByGrantId(grantId: string): Promise<void> {
    const keys = await redis.lRange(`oidc:grant:${grantId}`, 0, -1);
    await redis.del([...keys, `oidc:grant:${grantId}`]);
  }
}

const API = 'https://notes.example';
const roles = new Map<string, string>();
const { provider, port, app } = await startOidcProvider({
  appId: 'app',
  otherClients: [
    {
      client_id: client.id,
      client_secret: client.secret,
      grant_types: [],
      redirect_uris: [],
      response_types: [],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  features: { introspection: { enabled: true }, revocation: { enabled: true } },
  configuration: {
    adapter: Adapter,
    extraTokenClaims: async (_context: unknown, { accountId }: { readonly accountId?: string }) => ({
      role: roles.get(accountId ?? '') ?? 'reader',
    }),
    ttl: { AccessToken: accessTokenSeconds, Grant: 86_400 },
  },
  takes(request, response) {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
    if (pathname === '/bench/sign-in') void signIn(Number(searchParams.get('people')), response);
    else if (pathname === '/bench/promote') {
      roles.set(searchParams.get('account') ?? '', searchParams.get('role') ?? '');
      response.end('{}');
    } else return false;
    return true;
  },
});
let made = 0;

/** What a sign-in leaves behind: a grant and an access token. */
async function signIn(people: number, response: ServerResponse): Promise<void> {
  const signedIn: { readonly account: string; readonly token: string }[] = [];
  for (let one = 0; one < people; one++) {
    const account = `account-${made++}`;
    const grant = new provider.Grant({ accountId: account, clientId: 'app' });
    grant.addResourceScope(API, 'notes:read');
    const grantId = await grant.save();
    const token = await new provider.AccessToken({
      ...{ accountId: account, client: app, grantId, gty: 'authorization_code' },
      ...{ scope: 'notes:read', aud: API, claims: {}, expiresWithSession: false },
    }).save();
    signedIn.push({ account, token });
  }
  response.end(JSON.stringify(signedIn));
}

announce({ port }, () => statements);
