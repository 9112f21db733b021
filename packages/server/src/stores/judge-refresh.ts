import { equalBytes } from './bytes.ts';
import type { Delivery, RefreshPresentation } from './grant-store.ts';

/** A refresh that waited longer than this for its row is not judged: its client has given up. */
export const LATE_MS = 10_000;

/** What a grant's row, its session and its user say about a presented counter. */
export interface RefreshRow {
  readonly delivery: Delivery;
  readonly counter: number;
  /** When the counter last advanced (at first: when the grant was made). */
  readonly rotatedAt: number;
  /** SHA-256 of the Idempotency-Key that came with the request that made the current counter. */
  readonly retryKeyHash: Uint8Array | undefined;
  /** When the current counter was first presented; undefined while it never was. */
  readonly currentPresentedAt: number | undefined;
  /** Grant, session or user has been ended, disabled or cut off. */
  readonly over: boolean;
  /** Of the session; of the grant itself where it outlives its session. */
  readonly idleExpiresAt: number;
  readonly absoluteExpiresAt: number;
}

export type Presented = Pick<
  RefreshPresentation,
  'counter' | 'delivery' | 'retryKeyHash' | 'waitedMs' | 'windowSeconds'
>;

export type Judgement = 'late' | 'ended' | 'ahead' | 'advanced' | 'same' | 'retry' | 'replayed';

/**
 * Judges a presented refresh counter: the table of docs/protocol.md §2. PostgreSQL has it once more, in `refresh-function.ts`.
 *
 * The order is the security argument. What is over is over whatever the counter says; a counter from the future must
 * not be taken for theft, because after a restore every honest client has one; what no line allows is a replay.
 *
 * @param now  Milliseconds since 1970 by the store's clock, read after the row was locked.
 */
export function judgeRefresh(row: RefreshRow, presented: Presented, now: number): Judgement {
  const waited = presented.waitedMs();
  if (waited > LATE_MS) return 'late';
  if (row.over || presented.delivery !== row.delivery) return 'ended';
  if (now >= row.idleExpiresAt || now >= row.absoluteExpiresAt) return 'ended';
  if (presented.counter > row.counter) return 'ahead';

  const recent = isRecent(now - waited - row.rotatedAt, presented.windowSeconds * 1000);
  if (presented.counter === row.counter) return recent ? 'same' : 'advanced';
  if (presented.counter === row.counter - 1 && (recent || isLostAnswer(row, presented))) return 'retry';
  return 'replayed';
}

/**
 * The age is negative where the advance happened while this request waited; that is as recent as can be. Further below
 * zero the clock was set back, and an old counter must not come to life again until it has caught up.
 */
function isRecent(ageMs: number, windowMs: number): boolean {
  return ageMs <= windowMs && ageMs >= -(windowMs + LATE_MS);
}

/** The answer that held the current counter never arrived, and the same client asks again, be it hours later. */
function isLostAnswer(row: RefreshRow, presented: Presented): boolean {
  if (row.currentPresentedAt !== undefined) return false;
  if (row.retryKeyHash === undefined || presented.retryKeyHash === undefined) return false;
  return equalBytes(row.retryKeyHash, presented.retryKeyHash);
}
