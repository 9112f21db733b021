import { z } from 'zod';
import { isLoopback } from './provider-fetch.ts';

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

/** ID tokens that apps may bring. */
export interface NativeOptions {
  /** Ids of the apps at the provider: what stands in `aud`, and in `azp` where it is there. */
  readonly clientIds: readonly string[];
  /** Takes tokens with a nonce that the app doesn't know, because its SDK made it. Default: false. */
  readonly dangerouslyAllowUnknownNonce?: boolean;
}

const clientId = z.string().min(1, 'is empty').max(2_000);
export const clientSecret = z.string().min(1, 'is empty').max(2_000);
export const address = z
  .string()
  .refine((value) => URL.canParse(value) && (value.startsWith('https://') || isLoopback(value)), 'is no https address');

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

/** Scopes in one text, each once. */
export function scopeOf(own: readonly string[], more: readonly string[]): string {
  return [...new Set([...own, ...more])].join(' ');
}
