/** Counts what is under way, so that its end can be waited for. */
export interface Underway {
  /** Does the work; nothing, and undefined, once the end has come. */
  run<T>(work: () => T | Promise<T>): Promise<T | undefined>;
  /** Lets no more begin. Resolves when all have ended, or after `limitMs`. */
  end(limitMs: number): Promise<void>;
}

export function createUnderway(): Underway {
  let count = 0;
  let ending = false;
  const { promise: none, resolve } = Promise.withResolvers<void>();
  return {
    async run(work) {
      if (ending) return undefined;
      count += 1;
      try {
        return await work();
      } finally {
        count -= 1;
        if (ending && count === 0) resolve();
      }
    },
    async end(limitMs) {
      ending = true;
      if (count === 0) return;
      await Promise.race([none, new Promise<void>((late) => void setTimeout(late, limitMs).unref())]);
    },
  };
}
