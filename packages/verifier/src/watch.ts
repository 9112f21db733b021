import type { RequestRefused } from './refusal.ts';

/** Looks after principals whose connection goes on after their request was let in. */
export interface Watches {
  /** @returns A function that stops watching. */
  add(watch: Watch): () => void;
  /** Something changed: every principal is looked at again, in a moment, once however often this is called. */
  look(): void;
  readonly size: number;
  close(): void;
}

export interface Watch {
  /** The refusal that this principal would get now; undefined while it would be let in. */
  readonly judge: () => RequestRefused | undefined;
  readonly onEnd: (refusal: RequestRefused) => void;
}

/** Expiry and silence of the feed come without an event: looked for this often. */
const LOOK_MS = 250;

export function createWatches(): Watches {
  const watches = new Set<Watch>();
  let timer: NodeJS.Timeout | undefined;
  let soon: NodeJS.Immediate | undefined;

  function lookNow(): void {
    soon = undefined;
    for (const watch of watches) {
      const refusal = watch.judge();
      // removed first: whatever its callback does, it is called once, and it can't keep the others waiting
      if (refusal !== undefined && remove(watch)) queueMicrotask(() => watch.onEnd(refusal));
    }
  }

  function look(): void {
    if (watches.size > 0) soon ??= setImmediate(lookNow);
  }

  function remove(watch: Watch): boolean {
    const there = watches.delete(watch);
    if (watches.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    return there;
  }

  return {
    add(watch) {
      // one of its own, so that the same functions can be watched twice
      const own = { ...watch };
      watches.add(own);
      timer ??= setInterval(lookNow, LOOK_MS).unref();
      // it may have ended between the request and now
      look();
      return () => void remove(own);
    },
    look,
    get size() {
      return watches.size;
    },
    close() {
      watches.clear();
      clearInterval(timer);
      clearImmediate(soon);
      timer = undefined;
      soon = undefined;
    },
  };
}
