import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { encryptionKeyOf, exportDecryptionJwk, exportEncryptionJwk, generateDecryptionKey } from '@mapae/jwt/jwe';
import { type ServerProcess, startServer } from '../harness/server-process.ts';
import { fillSqlite } from '../server/many-sessions.ts';
import { type Account, manyAccessTokens, PERSON, signUp, type Tokens } from '../servers/account.ts';
import type { AuthServerReady, AuthServerSettings } from '../servers/auth-server.ts';
import type { Contestant, Headers, Person } from './contestant.ts';
import { processorTime } from './processor-time.ts';
import type { Redis } from './redis.ts';
import type { Kind, ProviderSettings } from './settings.ts';

const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });
const random = (): string => randomBytes(32).toString('base64url');

/** Contestants that ask a server, or believe its tokens; and that server. */
export interface ServersCast {
  readonly contestants: readonly Contestant[];
  stop(): Promise<void>;
}

const OURS = {
  opaque: { title: 'Mapae, opaque token', audience: 'https://ledger.example' },
  encrypted: { title: 'Mapae, token only the API can read', audience: 'https://clinic.example' },
  token: { title: 'Mapae, token', audience: 'https://notes.example' },
} as const satisfies Partial<Record<Kind, object>>;
/** What a verifier remembers by default. */
const CACHE_ENTRIES = 10_000;

/** Ours in its three forms, from one authorization server on SQLite. */
export async function mapaeCast(folder: string): Promise<ServersCast> {
  const client = { id: 'ledger', secret: random() };
  const key = await generateDecryptionKey('ECDH-ES');
  const scopes = ['notes:read', 'notes:write'];
  const file = join(folder, 'mapae.db');
  const settings: AuthServerSettings = {
    database: `sqlite:${file}`,
    secret: random(),
    api: OURS.token.audience,
    more: [
      {
        identifier: OURS.opaque.audience,
        scopes,
        accessToken: 'opaque',
        introspection: { clientId: client.id, secrets: [client.secret] },
      },
      {
        identifier: OURS.encrypted.audience,
        scopes,
        encryption: { keys: { keys: [exportEncryptionJwk(encryptionKeyOf(key))] } },
      },
    ],
  };
  const program = new URL('../servers/auth-server.ts', import.meta.url);
  const server = await startServer<AuthServerReady>(program, settings, { core: 1 });
  const { issuer } = server.ready;
  const administration = await administer(server.ready);
  const api = { place: '', cookieSeconds: 0, issuer, client };
  const contestants = await Promise.all(
    (['opaque', 'encrypted', 'token'] as const).map(async (kind): Promise<Contestant> => {
      const { title, audience } = OURS[kind];
      const account = await signUp(issuer, audience, `${kind}@example.test`);
      const userId = await administration.userId(account);
      const tokens = async (count: number): Promise<Headers[]> => (await manyAccessTokens(account, count)).map(bearer);
      return {
        kind,
        title,
        isOurs: true,
        api: {
          ...{ ...api, kind, audience },
          ...(kind === 'encrypted' ? { decryptionKey: exportDecryptionJwk(key) } : {}),
        },
        signIn: () => signIn(account, (role) => administration.changeRole(userId, role)),
        credentials: (_port, count) => tokens(count),
        async fill(_port, people) {
          // sessions and grants as sign-ins leave them, and what is sent with each
          fillSqlite(file, { count: people, tokens: 0, secret: settings.secret });
          return tokens(people);
        },
        storeBytes: async () => storedBytes(file),
        besideMicroseconds: async () => (await server.usage()).cpuMicroseconds,
        besideStatements: async () => (await server.usage()).statements,
        // an opaque token is asked about each time, and not remembered
        ...(kind === 'opaque' ? {} : { remembersAtMost: CACHE_ENTRIES }),
      };
    }),
  );
  return { contestants, stop: server.stop };
}

async function signIn(account: Account, changeRole: (role: string) => Promise<void>): Promise<Person> {
  let tokens: Tokens = await account.signIn();
  return {
    headers: () => bearer(tokens.accessToken),
    signOut: () => account.signOut(tokens.refreshToken),
    promote: changeRole,
    async renew() {
      tokens = await account.refresh(tokens.refreshToken);
    },
  };
}

interface Administration {
  userId(account: Account): Promise<string>;
  changeRole(userId: string, role: string): Promise<void>;
}

/** Becomes the first administrator by the link of the first start. */
async function administer({ issuer, firstAdminLink }: AuthServerReady): Promise<Administration> {
  const boss = await signUp(issuer, OURS.token.audience, `boss-${PERSON.email}`);
  const call = async (method: string, path: string, token: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${issuer}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...bearer(token) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  const token = new URL(firstAdminLink ?? issuer).searchParams.get('token');
  await call('POST', '/v1/admin/claim', (await boss.signInForAccount()).accessToken, { token });
  // tokens from before the role are cut off
  const { accessToken } = await boss.signInForAccount();
  return {
    async userId(account) {
      const me = await call('GET', '/v1/me', (await account.signInForAccount()).accessToken);
      return (me as { readonly id: string }).id;
    },
    changeRole: async (userId, role) =>
      void (await call('PUT', `/v1/admin/users/${userId}/roles`, accessToken, { roles: [role] })),
  };
}

function storedBytes(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true });
  const one = (pragma: string): number => Number(Object.values(database.prepare(`pragma ${pragma}`).get() ?? {})[0]);
  const bytes = (one('page_count') - one('freelist_count')) * one('page_size');
  database.close();
  return bytes;
}

/** oidc-provider with opaque tokens, and an API that asks it. */
export async function oidcProviderCast(redis: Redis, accessTokenSeconds: number): Promise<ServersCast> {
  const client = { id: 'api', secret: random() };
  const program = new URL('./servers/oidc-provider.ts', import.meta.url);
  const settings: ProviderSettings = { redis: `${redis.url}/1`, accessTokenSeconds, client };
  const server: ServerProcess<{ readonly port: number }> = await startServer(program, settings, { core: 1 });
  const issuer = `http://127.0.0.1:${server.ready.port}`;
  const call = async (path: string, form?: Readonly<Record<string, string>>): Promise<string> => {
    const response = await fetch(`${issuer}${path}`, {
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`oidc-provider: ${path} was answered with ${response.status} ${text}`);
    return text;
  };
  interface SignedIn {
    readonly account: string;
    readonly token: string;
  }
  const people = async (count: number): Promise<readonly SignedIn[]> =>
    JSON.parse(await call(`/bench/sign-in?people=${count}`)) as SignedIn[];
  const credentials = async (count: number): Promise<Headers[]> =>
    (await people(count)).map(({ token }) => bearer(token));
  const contestant: Contestant = {
    kind: 'oidc-provider',
    title: 'oidc-provider, introspection, Redis',
    isOurs: false,
    api: {
      ...{ kind: 'oidc-provider', place: '', cookieSeconds: 0 },
      ...{ issuer, audience: 'https://notes.example', client },
    },
    async signIn() {
      const [one] = await people(1);
      if (one === undefined) throw new Error('oidc-provider signed nobody in');
      return {
        headers: () => bearer(one.token),
        signOut: async () => void (await call('/token/revocation', { token: one.token, client_id: 'app' })),
        promote: async (role) => void (await call(`/bench/promote?account=${one.account}&role=${role}`)),
      };
    },
    credentials: (_port, count) => credentials(count),
    fill: (_port, count) => credentials(count),
    storeBytes: redis.usedBytes,
    async besideMicroseconds() {
      const store = processorTime(redis.pid);
      return store === undefined ? undefined : store + (await server.usage()).cpuMicroseconds;
    },
    besideStatements: async () => (await server.usage()).statements,
    slow: { role: accessTokenSeconds },
  };
  return { contestants: [contestant], stop: server.stop };
}
