import { median } from './statistics.ts';

/** One of those that do the same work side by side. */
export interface Contestant {
  readonly name: string;
  /** Does the work `count` times. */
  readonly run: (count: number) => void | Promise<void>;
}

/** How long measuring takes. */
export interface Pace {
  readonly rounds: number;
  /** Slices per contestant in a round; the round's figure is their median. */
  readonly slices: number;
  readonly sliceMs: number;
}

/** One slice a round: what is compared lies within half a second, however the speed of the machine changes. */
export const FULL_PACE: Pace = { rounds: 45, slices: 1, sliceMs: 20 };
export const QUICK_PACE: Pace = { rounds: 3, slices: 3, sliceMs: 4 };

/** Nanoseconds an operation took, a value per round, in the order of the rounds. */
export interface Measured {
  readonly name: string;
  readonly nanoseconds: readonly number[];
}

/**
 * Measures contestants in interleaved rounds: in each, every contestant gets its slices in turn, and the turn moves on by one
 * from slice to slice, so that nobody always runs behind the same neighbour.
 */
export async function measureRounds(contestants: readonly Contestant[], pace: Pace): Promise<Measured[]> {
  const counts = [];
  for (const contestant of contestants) counts.push(await warmUp(contestant, pace.sliceMs));
  const values = contestants.map((): number[] => []);
  for (let round = 0; round < pace.rounds; round++) {
    const inRound = contestants.map((): number[] => []);
    for (let slice = 0; slice < pace.slices; slice++) {
      for (let turn = 0; turn < contestants.length; turn++) {
        const index = (turn + slice + round) % contestants.length;
        const contestant = contestants[index];
        const count = counts[index];
        if (contestant === undefined || count === undefined) continue;
        inRound[index]?.push((await time(contestant, count)) / count);
      }
    }
    for (const [index, slices] of inRound.entries()) values[index]?.push(median(slices) * 1e6);
  }
  return contestants.map(({ name }, index) => ({ name, nanoseconds: values[index] ?? [] }));
}

/** Runs until the compiler has had its chance, and gives how many operations fill a slice. */
async function warmUp(contestant: Contestant, sliceMs: number): Promise<number> {
  const until = performance.now() + sliceMs * 8;
  let count = 1;
  let took = await time(contestant, count);
  while (performance.now() < until || took < sliceMs / 4) {
    const wanted = Math.ceil((count * sliceMs) / Math.max(took, sliceMs / 16));
    count = Math.max(1, Math.min(wanted, 2 ** 24));
    took = await time(contestant, count);
  }
  return Math.max(1, Math.ceil((count * sliceMs) / took));
}

/**
 * Milliseconds: of the CPU for work that is done when the call returns, so that another process that takes the core away
 * doesn't count; by the clock for work that goes on elsewhere.
 */
async function time(contestant: Contestant, count: number): Promise<number> {
  const began = performance.now();
  const before = process.cpuUsage();
  const pending = contestant.run(count);
  if (pending === undefined) {
    const { user, system } = process.cpuUsage(before);
    return Math.max((user + system) / 1_000, MICROSECOND);
  }
  await pending;
  return performance.now() - began;
}

const MICROSECOND = 0.001;

/** Does an asynchronous operation `count` times with so many of them under way at once. */
export async function inFlight(
  count: number,
  atOnce: number,
  operation: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await operation(next++);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, lane));
}
