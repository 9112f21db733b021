/** Runs one task at a time for each name. `navigator.locks` is one; a lock must end with its holder, however that ends. */
export interface ClientLocks {
  request<T>(name: string, task: () => Promise<T>): Promise<T>;
}

/** Locks among those who share the object. */
export function createLocks(): ClientLocks {
  const last = new Map<string, Promise<unknown>>();
  return {
    async request(name, task) {
      const before = last.get(name);
      const mine = (async () => {
        await before;
        return task();
      })();
      const settled = mine.then(
        () => {},
        () => {},
      );
      last.set(name, settled);
      try {
        return await mine;
      } finally {
        if (last.get(name) === settled) last.delete(name);
      }
    },
  };
}

const inProcess = createLocks();

/** Web Locks, which all tabs of an origin share, where there are. */
export function findSharedLocks(): ClientLocks {
  const locks = typeof navigator === 'object' ? navigator.locks : undefined;
  if (locks === undefined) return inProcess;
  return { request: async (name, task) => await locks.request(name, task) };
}
