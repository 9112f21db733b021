import { hash } from 'node:crypto';

/** What an id in the revocation feed is the id of. docs/protocol.md §5 */
export type RevocationTarget = 'session' | 'token' | 'client' | 'subject' | 'everyone';

/**
 * Blinds an id for the feed: who follows it learns nothing about ids they have not seen in a token.
 *
 * @param value The plain id; empty for `everyone`.
 * @returns 16 bytes.
 */
export function blindRevocationId(issuer: string, target: RevocationTarget, value: string): Uint8Array {
  const digest = hash('sha256', `mapae-feed-1\0${issuer}\0${target}\0${value}`, 'buffer');
  return Uint8Array.from(digest.subarray(0, 16));
}
