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

/** The size of the token cache that a verifier shall make for itself. */
export interface TokenMemory {
  create<V>(): TokenCache<V>;
}

/**
 * For a verifier's option `cache`. Each verifier makes a cache of its own from it, so no verdict of one reaches another; and a program
 * whose verifiers remember nothing carries no cache.
 *
 * @throws {TypeError} naming the option that is missing, unknown or out of range.
 */
export function rememberTokens(options: TokenCacheOptions): TokenMemory {
  createTokenCache(options);
  return Object.freeze({ create: <V>() => createTokenCache<V>(options) });
}

const SMALLEST = 64;

/**
 * An open-addressed table. Its place in the table comes from the end of a token, which is signature: bits as even as any hash would
 * make them, for no work; and since only accepted tokens are put in, nobody chooses them. What decides is the comparison of the whole token.
 *
 * @throws {TypeError} naming the option that is missing, unknown or out of range.
 */
export function createTokenCache<V>(options: TokenCacheOptions): TokenCache<V> {
  refuseUnknown(options, ['maxEntries', 'maxBytes']);
  const maxEntries = numberOption('maxEntries', options.maxEntries, 1, 1_000_000);
  const maxBytes = numberOption('maxBytes', options.maxBytes, 1_024, 2 ** 31);

  // by place in the table: 30 bits of a token, and the number of its entry + 1, or 0
  let bitsAt = new Int32Array(2 * SMALLEST);
  let entryAt = new Int32Array(2 * SMALLEST);
  let mask = entryAt.length - 1;
  // by entry
  const tokens: (string | undefined)[] = [];
  const values: (V | undefined)[] = [];
  const otherBits: number[] = [];
  const used: boolean[] = [];
  const free: number[] = [];
  let hand = 0;
  let size = 0;
  let bytes = 0;

  /** Place of a token in the table, or -1. */
  function placeOf(token: string): number {
    const bits = bitsOf(token, 2);
    const others = bitsOf(token, 7);
    for (let place = home(bits); ; place = (place + 1) & mask) {
      const entry = entryOf(place);
      if (entry < 0) return -1;
      // 60 bits are compared before the first character is: the time tells nothing of a token one doesn't have
      if (bitsAt[place] === bits && otherBits[entry] === others && tokens[entry] === token) return place;
    }
  }

  function entryOf(place: number): number {
    return (entryAt[place] ?? 0) - 1;
  }

  function home(bits: number): number {
    return (bits ^ (bits >>> 15)) & mask;
  }

  function insert(token: string, entry: number): void {
    const bits = bitsOf(token, 2);
    let place = home(bits);
    while (entryOf(place) >= 0) place = (place + 1) & mask;
    bitsAt[place] = bits;
    entryAt[place] = entry + 1;
  }

  /** Empties a place, and moves up what had to go further because of it. */
  function vacate(place: number): void {
    let gap = place;
    for (let next = (gap + 1) & mask; entryOf(next) >= 0; next = (next + 1) & mask) {
      const bits = bitsAt[next] ?? 0;
      if (((next - home(bits)) & mask) < ((next - gap) & mask)) continue;
      bitsAt[gap] = bits;
      entryAt[gap] = entryOf(next) + 1;
      gap = next;
    }
    entryAt[gap] = 0;
  }

  function remove(token: string): void {
    const place = placeOf(token);
    if (place < 0) return;
    const entry = entryOf(place);
    vacate(place);
    tokens[entry] = undefined;
    values[entry] = undefined;
    free.push(entry);
    size--;
    bytes -= token.length;
  }

  function evictOne(): void {
    for (;;) {
      const entry = hand;
      hand = (hand + 1) % tokens.length;
      const token = tokens[entry];
      if (token !== undefined && !used[entry]) {
        remove(token);
        return;
      }
      used[entry] = false; // its second chance
    }
  }

  /** The table is kept at most half full: then a place is found within a step or two. */
  function grow(): void {
    bitsAt = new Int32Array(2 * entryAt.length);
    entryAt = new Int32Array(bitsAt.length);
    mask = entryAt.length - 1;
    for (const [entry, token] of tokens.entries()) if (token !== undefined) insert(token, entry);
  }

  return {
    find(token) {
      const place = placeOf(token);
      if (place < 0) return undefined;
      const entry = entryOf(place);
      used[entry] = true;
      return values[entry];
    },
    add(token, value) {
      remove(token);
      if (token.length > maxBytes) return;
      while (size > 0 && (size >= maxEntries || bytes + token.length > maxBytes)) evictOne();
      const entry = free.pop() ?? tokens.length;
      if (2 * entry >= entryAt.length) grow();
      tokens[entry] = token;
      values[entry] = value;
      otherBits[entry] = bitsOf(token, 7);
      used[entry] = false;
      insert(token, entry);
      size++;
      bytes += token.length;
    },
    delete: remove,
    clear() {
      for (const token of tokens) if (token !== undefined) remove(token);
    },
    get size() {
      return size;
    },
    get bytes() {
      return bytes;
    },
  };
}

/** What 6 bits a character of base64url stands for; anything else stands for some. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const SIX_BITS = new Uint8Array(128);
for (let value = 0; value < ALPHABET.length; value++) SIX_BITS[ALPHABET.charCodeAt(value)] = value;

/** 30 bits: five characters, the last of which is `fromEnd` from the end. The very last one has spare bits. */
function bitsOf(token: string, fromEnd: number): number {
  const end = token.length - fromEnd;
  return (
    sixBits(token, end) |
    (sixBits(token, end - 1) << 6) |
    (sixBits(token, end - 2) << 12) |
    (sixBits(token, end - 3) << 18) |
    (sixBits(token, end - 4) << 24)
  );
}

function sixBits(token: string, at: number): number {
  return SIX_BITS[token.charCodeAt(at) & 127] ?? 0;
}
