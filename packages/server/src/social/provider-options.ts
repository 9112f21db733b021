import { z } from 'zod';
import { isSafe } from './provider-fetch.ts';

/** What every provider may be told. */
export interface CommonOptions {
  readonly clientId: string;
  /** On the button. Default: the provider's own. */
  readonly name?: string;
  /** Asked for beside what signing in needs. */
  readonly scopes?: readonly string[];
  /** Keeps the provider's access and refresh token, sealed, for `findUpstreamTokens`. Default: false. */
  readonly storeTokens?: boolean;
  /** Believes the provider's address although the provider does not say that it was verified. Default: false. */
  readonly dangerouslyTrustEmail?: boolean;
}

/** What a provider has to be told that isn't known here. */
export interface GenericOptions extends CommonOptions {
  /** In addresses: lower-case letters, digits and hyphens. */
  readonly id: string;
  readonly name: string;
  /** None for a public client. */
  readonly clientSecret?: string;
  /** Default: `client_secret_basic`. */
  readonly clientAuthentication?: 'client_secret_basic' | 'client_secret_post';
}

/** ID tokens that apps may bring. */
export interface NativeOptions {
  /** Ids of the apps at the provider: what stands in `aud`, and in `azp` where it is there. */
  readonly clientIds: readonly string[];
  /** Takes tokens with a nonce that the app doesn't know, because its SDK made it. Default: false. */
  readonly dangerouslyAllowUnknownNonce?: boolean;
}

const clientId = z.string().min(1, 'is empty').max(2_000);
export const clientSecret = z.string().min(1, 'is empty').max(2_000);
export const address = z.string().refine(isSafe, 'is no https address');

export const common = {
  clientId,
  name: z.string().min(1).max(50).optional(),
  scopes: z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'is no scope (RFC 6749 §3.3)')).default([]),
  storeTokens: z.boolean().default(false),
  dangerouslyTrustEmail: z.boolean().default(false),
};

export const native = z
  .strictObject({
    clientIds: z.array(clientId).min(1, 'names no app'),
    dangerouslyAllowUnknownNonce: z.boolean().default(false),
  })
  .optional();

/** Of a provider that somebody else names. */
export const generic = {
  id: z.string(),
  name: z.string().min(1).max(50),
  clientSecret: clientSecret.optional(),
  clientAuthentication: z.enum(['client_secret_basic', 'client_secret_post']).default('client_secret_basic'),
};

export type ParsedNative = NonNullable<z.output<typeof native>>;

/** What a provider's options have come to, as far as all of them have it. */
export interface ParsedOptions {
  readonly clientId: string;
  readonly name?: string | undefined;
  readonly scopes: readonly string[];
  readonly storeTokens: boolean;
  readonly dangerouslyTrustEmail: boolean;
  /** None for a public client, and where it is made anew for each request. */
  readonly clientSecret?: string | undefined;
  /** Default: `client_secret_post`. */
  readonly clientAuthentication?: 'client_secret_basic' | 'client_secret_post';
  readonly native?: ParsedNative | undefined;
}
