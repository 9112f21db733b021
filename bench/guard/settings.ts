import type { Jwk } from '@mapae/jwt';

export type GuardAlgorithm = 'HS256' | 'ES256' | 'EdDSA';

/** What a guarded server is started with. */
export interface GuardSettings {
  readonly guard: string;
  readonly mapae: { readonly issuer: string; readonly api: string; readonly cacheEntries: number };
  /** Keys that the peers' tokens are checked with: public ones, and the secret. */
  readonly keys: Readonly<Record<GuardAlgorithm, Jwk>>;
  readonly issuer: string;
  readonly audience: string;
}

/** What it says when it answers. */
export interface GuardReady {
  readonly port: number;
  /** A header that lets its bearer in, where the server itself hands out credentials. */
  readonly header?: { readonly name: string; readonly value: string };
}

/** The same small answer everywhere. */
export const ANSWER = { hello: 'world' } as const;
