import { createTokenCache, type TokenCacheOptions } from '@mapae/jwt';

/** What is remembered of accepted tokens. */
export interface VerdictCache<V> {
  find(token: string): V | undefined;
  /** Remembers it, or not: see {@link createVerdictCache}. */
  add(token: string, verdict: V): void;
  readonly size: number;
}

/**
 * A token cache that, once it is full, makes room only for a token that comes a second time. A client that asks for a new token with each
 * request would otherwise push out those that come again and again, and each verdict would live just long enough to be a burden to the
 * garbage collector. docs/adr/0073-second-sight.md
 */
export function createVerdictCache<V>(options: TokenCacheOptions): VerdictCache<V> {
  const cache = createTokenCache<V>(options);
  const { maxEntries, maxBytes } = options;
  let met: ((token: string) => boolean) | undefined;
  return {
    find: cache.find,
    add(token, verdict) {
      const hasRoom = cache.size < maxEntries && cache.bytes + token.length <= maxBytes;
      met ??= hasRoom ? undefined : createSecondSight(maxEntries);
      if (hasRoom || met?.(token) === true) cache.add(token, verdict);
    },
    get size() {
      return cache.size;
    },
  };
}

const ROW = 4;

/**
 * Says whether a token was met before, among about the last `tokens` of them, and notes it. In rows of four, the oldest of which goes; 8 to 16
 * bytes a token. A wrong answer costs a place in the cache, and nothing else.
 */
function createSecondSight(tokens: number): (token: string) => boolean {
  const rows = 2 ** Math.ceil(Math.log2((2 * tokens) / ROW + 1));
  const met = new Int32Array(rows * ROW);
  return (token) => {
    const bits = bitsOf(token);
    const row = ((bits ^ (bits >>> 15)) & (rows - 1)) * ROW;
    for (let at = row; at < row + ROW; at++) if (met[at] === bits) return true;
    met.copyWithin(row + 1, row, row + ROW - 1);
    met[row] = bits;
    return false;
  };
}

/** 32 bits of its end, which is signature and as even as any hash. */
function bitsOf(token: string): number {
  let bits = 0;
  // the last character has spare bits
  for (let at = token.length - 9; at < token.length - 1; at++) bits = Math.imul(bits, 67) + token.charCodeAt(at);
  return bits | 0;
}
