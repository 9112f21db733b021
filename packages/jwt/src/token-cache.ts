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

/** What a look-up reads lies together: with thousands of tokens, each place elsewhere is one that no cache of the processor has. */
interface Entry<V> {
  readonly token: string;
  /** 30 bits of the token, and 30 more. */
  readonly bits: number;
  readonly others: number;
  readonly value: V;
  /** Its second chance. */
  used: boolean;
}

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

  let table = emptyTable<V>(2 * SMALLEST);
  let mask = table.length - 1;
  let hand = 0;
  let size = 0;
  let bytes = 0;

  /** Place of a token in the table, or -1. */
  function placeOf(token: string): number {
    const bits = bitsOf(token, 2);
    for (let place = home(bits); ; place = (place + 1) & mask) {
      const entry = table[place];
      if (entry === undefined) return -1;
      // 60 bits are compared before the first character is: the time tells nothing of a token one doesn't have
      if (entry.bits === bits && entry.others === bitsOf(token, 7) && entry.token === token) return place;
    }
  }

  function home(bits: number): number {
    return (bits ^ (bits >>> 15)) & mask;
  }

  function insert(entry: Entry<V>): void {
    let place = home(entry.bits);
    while (table[place] !== undefined) place = (place + 1) & mask;
    table[place] = entry;
  }

  /** Empties a place, and moves up what had to go further because of it. */
  function vacate(place: number): void {
    let gap = place;
    let next = (gap + 1) & mask;
    for (let entry = table[next]; entry !== undefined; entry = table[next]) {
      if (((next - home(entry.bits)) & mask) >= ((next - gap) & mask)) {
        table[gap] = entry;
        gap = next;
      }
      next = (next + 1) & mask;
    }
    table[gap] = undefined;
  }

  function remove(token: string): void {
    const place = placeOf(token);
    if (place < 0) return;
    vacate(place);
    size--;
    bytes -= token.length;
  }

  function evictOne(): void {
    for (;;) {
      const entry = table[hand];
      if (entry !== undefined && !entry.used) {
        remove(entry.token);
        return;
      }
      if (entry !== undefined) entry.used = false;
      hand = (hand + 1) & mask;
    }
  }

  /** The table is kept at most half full: then a place is found within a step or two. */
  function grow(): void {
    const old = table;
    table = emptyTable(2 * old.length);
    mask = table.length - 1;
    for (const entry of old) if (entry !== undefined) insert(entry);
  }

  return {
    find(token) {
      const entry = table[placeOf(token)];
      if (entry === undefined) return undefined;
      entry.used = true;
      return entry.value;
    },
    add(token, value) {
      remove(token);
      if (token.length > maxBytes) return;
      while (size > 0 && (size >= maxEntries || bytes + token.length > maxBytes)) evictOne();
      if (2 * size > mask) grow();
      insert({ token, bits: bitsOf(token, 2), others: bitsOf(token, 7), value, used: false });
      size++;
      bytes += token.length;
    },
    delete: remove,
    clear() {
      table.fill(undefined);
      size = 0;
      bytes = 0;
    },
    get size() {
      return size;
    },
    get bytes() {
      return bytes;
    },
  };
}

function emptyTable<V>(places: number): (Entry<V> | undefined)[] {
  return new Array<Entry<V> | undefined>(places).fill(undefined);
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
