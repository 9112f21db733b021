/** Where an express-session keeps who is signed in. */
export const STORES = ['memory', 'file', 'sqlite', 'postgres', 'redis'] as const;
export type StoreKind = (typeof STORES)[number];

/** How an API knows who is calling: not at all, by a session in a store, by asking a server, or by the token itself. */
export const KINDS = [
  'open',
  ...STORES,
  'better-auth',
  'better-auth-cached',
  'oidc-provider',
  'opaque',
  'encrypted',
  'token',
] as const;
export type Kind = (typeof KINDS)[number];

/** One process of the API. */
export interface ApiSettings {
  readonly kind: Kind;
  /** Folder, file or address of the store; empty where there is none. */
  readonly place: string;
  /** How long better-auth's cookie counts without a look at the database, seconds. */
  readonly cookieSeconds: number;
  /** Whom to ask, or whose tokens to take. */
  readonly issuer: string;
  readonly audience: string;
  /** What the API makes itself known with, where it asks. */
  readonly client: { readonly id: string; readonly secret: string };
  /** Private key that encrypted tokens are opened with, as a JWK. */
  readonly decryptionKey?: object;
}

/** What such a process says when it answers. */
export interface ApiReady {
  readonly port: number;
}

/** oidc-provider, on Redis. */
export interface ProviderSettings {
  readonly redis: string;
  readonly accessTokenSeconds: number;
  readonly client: ApiSettings['client'];
}
