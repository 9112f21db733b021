import type { SigningKeyRow } from '../stores/signing-key-store.ts';

/** When keys of one algorithm change places. Milliseconds. */
export interface KeySchedule {
  /** How long a key signs. */
  readonly rotationMs: number;
  /** How long a key is published before it signs: whoever keeps a copy of the key set has fetched it by then. */
  readonly leadMs: number;
  /** How long a key is published after its last signature: the longest life of a token, and what clocks may be off. */
  readonly lagMs: number;
}

export interface PlannedRotation {
  /** The next key takes the active one's place. */
  readonly promote: boolean;
  /** There is no next key, or none is left: a new one has to be made. */
  readonly needsNext: boolean;
  /** Nothing that they signed is alive. */
  readonly drop: readonly string[];
}

/**
 * What is due for the keys of one algorithm. Decided by the database's clock under one lock, so that every server agrees.
 *
 * @param due  `now` rotates at once, but never to a key that has not been published for the lead.
 */
export function planRotation(
  rows: readonly SigningKeyRow[],
  now: number,
  { rotationMs, leadMs, lagMs }: KeySchedule,
  due: 'on-schedule' | 'now' = 'on-schedule',
): PlannedRotation {
  const active = rows.find(({ state }) => state === 'active');
  const next = rows.find(({ state }) => state === 'next');
  const old = active === undefined || due === 'now' || now >= active.since + rotationMs;
  // where nothing signs, a key that is not known everywhere is better than none
  const known = next !== undefined && (active === undefined || now >= next.createdAt + leadMs);
  const promote = old && known;
  return {
    promote,
    needsNext: promote || next === undefined,
    drop: rows.filter(({ state, since }) => state === 'retiring' && now >= since + lagMs).map(({ kid }) => kid),
  };
}
