import { numberOption, refuseUnknown } from './options.ts';

export interface TokenCacheOptions {
  /** 1 to 1,000,000. */
  readonly maxEntries: number;
  /** Bound on the characters of all tokens held, 1 byte each. 1,024 to 2^31. */
  readonly maxBytes: number;
}

/**
 * Remembers values by whole tokens. Bounded in entries and in bytes; the entry that was not asked for longest goes first, roughly
 * (a second chance each, CLOCK). Put only accepted tokens in: then nobody without tokens can push others out.
 */
export interface TokenCache<V> {
  /** The value of exactly this token. */
  find(token: string): V | undefined;
  add(token: string, value: V): void;
  delete(token: string): void;
  clear(): void;
  readonly size: number;
  readonly bytes: number;
}

interface Entry<V> {
  readonly value: V;
  used: boolean;
}

/** @throws {TypeError} naming the option that is missing, unknown or out of range. */
export function createTokenCache<V>(options: TokenCacheOptions): TokenCache<V> {
  refuseUnknown(options, ['maxEntries', 'maxBytes']);
  const maxEntries = numberOption('maxEntries', options.maxEntries, 1, 1_000_000);
  const maxBytes = numberOption('maxBytes', options.maxBytes, 1_024, 2 ** 31);
  // a Map compares whole keys, and JavaScript seeds the hashes of strings by process: nobody can aim for collisions
  const entries = new Map<string, Entry<V>>();
  let bytes = 0;

  function remove(token: string): void {
    if (entries.delete(token)) bytes -= token.length;
  }

  function makeRoom(length: number): void {
    while (entries.size > 0 && (entries.size >= maxEntries || bytes + length > maxBytes)) {
      for (const [token, entry] of entries) {
        remove(token);
        if (!entry.used) break;
        // its second chance: to the end of the line
        entry.used = false;
        entries.set(token, entry);
        bytes += token.length;
      }
    }
  }

  return {
    find(token) {
      const entry = entries.get(token);
      if (entry === undefined) return undefined;
      entry.used = true;
      return entry.value;
    },
    add(token, value) {
      remove(token);
      if (token.length > maxBytes) return;
      makeRoom(token.length);
      entries.set(token, { value, used: false });
      bytes += token.length;
    },
    delete: remove,
    clear() {
      entries.clear();
      bytes = 0;
    },
    get size() {
      return entries.size;
    },
    get bytes() {
      return bytes;
    },
  };
}
