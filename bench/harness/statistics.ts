/** The value below which `share` of the values lie (nearest rank). NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? Number.NaN;
}

/** Middle value; the mean of the two in the middle where their number is even. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * How many times the second's values the first's are: the median of the ratios of values that were measured in the same round.
 * A machine that was slow in a round was slow for both.
 */
export function pairedRatio(ours: readonly number[], theirs: readonly number[]): number {
  if (ours.length !== theirs.length) throw new RangeError('rounds that were not measured together cannot be paired');
  return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

/**
 * Which of `size` things is asked for, `count` times, by Zipf's law with exponent 1: the nth most popular one is asked for
 * 1/n as often as the first. Which thing is how popular is left to the order of the things.
 */
export function zipf(size: number, count: number, random: () => number): Uint32Array {
  const cumulated = new Float64Array(size);
  let total = 0;
  for (let rank = 0; rank < size; rank++) {
    total += 1 / (rank + 1);
    cumulated[rank] = total;
  }
  return Uint32Array.from({ length: count }, () => firstAbove(cumulated, random() * total));
}

/** As {@link zipf}, with each thing as popular as any other. */
export function uniform(size: number, count: number, random: () => number): Uint32Array {
  return Uint32Array.from({ length: count }, () => Math.floor(random() * size));
}

function firstAbove(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
