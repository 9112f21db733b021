import { hash } from 'node:crypto';

const BYTES = 16;

/** What an id in the revocation feed is the id of. docs/protocol.md §5 */
export type RevocationTarget = 'session' | 'token' | 'client' | 'subject' | 'everyone';

/**
 * Blinds an id for the feed: who follows it learns nothing about ids they have not seen in a token.
 *
 * @param value The plain id; empty for `everyone`.
 * @returns 16 bytes.
 */
export function blindRevocationId(issuer: string, target: RevocationTarget, value: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digestOf(issuer, target, value), 'latin1').subarray(0, BYTES));
}

/**
 * The same as four numbers, the first byte uppermost. For tokens that are seen the first time: no buffer is made.
 *
 * @param words Four of them are set, from `at` on.
 */
export function blindIntoWords(
  { issuer, target, value }: { readonly issuer: string; readonly target: RevocationTarget; readonly value: string },
  words: Uint32Array,
  at: number,
): void {
  const digest = digestOf(issuer, target, value);
  for (let byte = 0; byte < BYTES; byte += 4) {
    words[at + byte / 4] =
      (digest.charCodeAt(byte) << 24) |
      (digest.charCodeAt(byte + 1) << 16) |
      (digest.charCodeAt(byte + 2) << 8) |
      digest.charCodeAt(byte + 3);
  }
}

/** One character a byte. */
function digestOf(issuer: string, target: RevocationTarget, value: string): string {
  return hash('sha256', `mapae-feed-1\0${issuer}\0${target}\0${value}`, 'latin1');
}
