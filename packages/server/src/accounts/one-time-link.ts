import { createHash } from 'node:crypto';
import type { OneTimePurpose } from '../stores/account-store.ts';

/** What goes to one person, once. */
export interface OneTimeLink {
  readonly hash: Uint8Array;
  /** Built from the configured issuer, never from the request. */
  readonly link: string;
}

/** 128 bits */
const BYTES = 16;
const FORM = /^[\w-]{22}$/;

export const LINK_MINUTES = 15;
export const LINK_SECONDS: number = LINK_MINUTES * 60;

/** Makes a link for a purpose; the token is in it and nowhere else. */
export function createOneTimeLink(
  issuer: string,
  purpose: OneTimePurpose,
  random: (bytes: number) => Uint8Array,
): OneTimeLink {
  const token = Buffer.from(random(BYTES)).toString('base64url');
  return { hash: hashOf(token), link: `${issuer}/link/${purpose}?token=${token}` };
}

/** @returns undefined for what can't be a token: it needn't be looked for. */
export function hashOneTimeToken(token: string): Uint8Array | undefined {
  return FORM.test(token) ? hashOf(token) : undefined;
}

function hashOf(token: string): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(token).digest());
}
