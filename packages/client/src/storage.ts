import { ClientError } from './client-error.ts';

/**
 * Where the client keeps what must outlive a page: strings under a few fixed names. With bearer delivery that is the refresh token, so it
 * should be the keychain or its like. A `set` must be durable when it resolves.
 */
export interface ClientStorage {
  get(name: string): string | null | undefined | Promise<string | null | undefined>;
  set(name: string, value: string): void | Promise<void>;
  remove(name: string): void | Promise<void>;
}

/** Forgets with the client. */
export function createMemoryStorage(): ClientStorage {
  const values = new Map<string, string>();
  return {
    get: (name) => values.get(name),
    set: (name, value) => void values.set(name, value),
    remove: (name) => void values.delete(name),
  };
}

/** `localStorage`, or memory where the browser refuses it. For Idempotency-Keys only: every script of the origin can read it. */
export function createTabsStorage(): ClientStorage {
  const memory = createMemoryStorage();
  const attempt = <T>(task: (local: Storage) => T, otherwise: () => T): T => {
    try {
      return task(localStorage);
    } catch {
      return otherwise();
    }
  };
  return {
    get: (name) =>
      attempt<ReturnType<ClientStorage['get']>>(
        (local) => local.getItem(name),
        () => memory.get(name),
      ),
    set: (name, value) =>
      attempt(
        (local) => local.setItem(name, value),
        () => memory.set(name, value),
      ),
    remove: (name) =>
      attempt(
        (local) => local.removeItem(name),
        () => memory.remove(name),
      ),
  };
}

/** The storage as the client uses it: async, names prefixed, failures as `client/storage`. */
export interface PrefixedStorage {
  get(name: StoredName): Promise<string | undefined>;
  set(name: StoredName, value: string): Promise<void>;
  remove(name: StoredName): Promise<void>;
}

type StoredName = 'refresh-token' | 'idempotency-key' | 'device-token';

export function prefixStorage(storage: ClientStorage, prefix: string): PrefixedStorage {
  const attempt = async <T>(task: () => T | Promise<T>): Promise<T> => {
    try {
      return await task();
    } catch {
      throw new ClientError('client/storage', 0);
    }
  };
  return {
    get: (name) => attempt(async () => (await storage.get(`${prefix}:${name}`)) ?? undefined),
    set: (name, value) => attempt(() => storage.set(`${prefix}:${name}`, value)),
    remove: (name) => attempt(() => storage.remove(`${prefix}:${name}`)),
  };
}
