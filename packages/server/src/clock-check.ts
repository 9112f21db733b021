import type { Store } from './stores/store.ts';

/** How far this process's clock may be from the database's. */
export const LARGEST_SKEW_SECONDS = 5;

/** This process's clock and the database's differ: tokens would be refused as expired or as from the future. */
export class ClockOff extends Error {
  override readonly name = 'ClockOff';
  readonly code = 'clock/off';
  /** Milliseconds by which this process is ahead. */
  readonly aheadMs: number;

  constructor(aheadMs: number) {
    super(
      `the clock of this machine is ${Math.abs(aheadMs / 1_000).toFixed(1)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the database's`,
    );
    this.aheadMs = aheadMs;
  }
}

/** Milliseconds by which this process's clock is ahead of the store's, as well as one look can tell. */
export async function measureSkew(store: Pick<Store, 'readState'>, wall: () => number = Date.now): Promise<number> {
  // the first look may have had to connect
  await store.readState();
  const before = wall();
  const { now } = await store.readState();
  const after = wall();
  // within the time the look took, nothing can be said
  return now < before ? before - now : now > after ? after - now : 0;
}
