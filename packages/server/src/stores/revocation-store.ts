import type { EndedBy } from './session-store.ts';

/** Revocations, and the order that they are published in; a part of `Store`, under the same promises. */
export interface RevocationStore {
  /** Numbers committed, unnumbered rows in order of insertion. Of several processes one does it at a time. Answers the newest number. */
  publishRevocations(): Promise<FeedPosition>;
  /** Published rows with number > `after`, ascending, at most `limit`. */
  readRevocations(after: number, limit: number): Promise<readonly PublishedRevocation[]>;
  /** Every published row that is not past `until`, with the position they stand at, from one consistent read. */
  snapshotRevocations(): Promise<{ readonly position: FeedPosition; readonly rows: readonly PublishedRevocation[] }>;
  /** Writes a revocation by itself (an administrator's, a command's), and its event of the audit log. */
  revoke(revocation: NewRevocation, by?: EndedBy): Promise<void>;
  /** Removes rows past `until`, at most `limit`. The newest number is never lost. */
  pruneRevocations(limit: number): Promise<number>;
}

/** Codes as in docs/protocol.md §5. */
export type RevocationCode = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

export interface NewRevocation {
  readonly code: RevocationCode;
  /** The plain value (session id, user id, client id, `jti`; empty for everyone); stored blinded. */
  readonly value: string;
  readonly before: number;
}

export interface PublishedRevocation {
  readonly number: number;
  readonly code: RevocationCode;
  /** Blinded id, 16 bytes. */
  readonly id: Uint8Array;
  readonly before: number;
  readonly until: number;
}

export interface FeedPosition {
  readonly epoch: Uint8Array;
  readonly number: number;
}
