import { createHash } from 'node:crypto';
import { encodeBase64url } from '@mapae/jwt';

/** `mo1_` and 32 random bytes: nothing to read, and secret scanners know it by its beginning. docs/protocol.md §1 */
const PREFIX = 'mo1_';
const FORM = /^mo1_[\w-]{43}$/;

/** @returns 47 characters. */
export function generateOpaqueToken(random: (bytes: number) => Uint8Array): string {
  return PREFIX + encodeBase64url(random(32));
}

export function isOpaqueToken(token: string): boolean {
  return FORM.test(token);
}

/** What the database knows it by. 256 random bits need no salt. */
export function hashOpaqueToken(token: string): Uint8Array {
  return createHash('sha256').update(token).digest();
}
