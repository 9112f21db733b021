/**
 * Rows by (blinded id, code) in one array of numbers: open addressing, linear probing, 32 bytes a slot. A million objects would cost
 * three times as much, and the garbage collector would visit each of them.
 *
 * Ids are digests that the issuer made: nobody can aim for collisions.
 */
export interface RevocationTable {
  readonly size: number;
  /** Bytes held. */
  readonly bytes: number;
  /** @returns Its `before` in milliseconds; undefined where there is no such row. */
  find(id: Uint32Array, at: number, code: number): number | undefined;
  /** Adds a row, or widens the one that is there. */
  put(row: TableRow): 'added' | 'widened';
  /** Forgets rows past their `until`, and tells which codes they had. */
  sweep(nowMs: number, onForgotten: (code: number) => void): void;
}

/** One row, its id as four numbers of 32 bits. */
export interface TableRow {
  readonly id: Uint32Array;
  /** Where in `id` the four numbers begin. */
  readonly at: number;
  /** 1 to 255. */
  readonly code: number;
  /** Milliseconds, below 2^48. */
  readonly before: number;
  readonly until: number;
}

// a slot: id (4 words) · code << 16 | upper 16 bits of before · lower 32 · until in two words
const WORDS = 8;
const SMALLEST = 8;
const UPPER = 2 ** 32;

/** @param expected Rows that are about to come. */
export function createRevocationTable(expected = 0): RevocationTable {
  let mask = slotsFor(expected) - 1;
  let words = new Uint32Array((mask + 1) * WORDS);
  let size = 0;

  /** The slot of a row, or the empty one where it belongs. */
  function slotOf(id: Uint32Array, at: number, code: number): number {
    const w0 = id[at] ?? 0;
    const w1 = id[at + 1] ?? 0;
    const w2 = id[at + 2] ?? 0;
    const w3 = id[at + 3] ?? 0;
    for (let slot = (w1 + code) & mask; ; slot = (slot + 1) & mask) {
      const base = slot * WORDS;
      const held = codeAt(words, base);
      if (held === 0) return base;
      if (
        words[base] === w0 &&
        words[base + 1] === w1 &&
        words[base + 2] === w2 &&
        words[base + 3] === w3 &&
        held === code
      )
        return base;
    }
  }

  function write(base: number, { id, at, code, before, until }: TableRow): void {
    for (let word = 0; word < 4; word++) words[base + word] = id[at + word] ?? 0;
    words[base + 4] = (code << 16) | Math.floor(before / UPPER);
    words[base + 5] = before % UPPER;
    words[base + 6] = Math.floor(until / UPPER);
    words[base + 7] = until % UPPER;
  }

  /** Moves the rows that `keep` says into an array of the size they need. */
  function rebuild(slots: number, keep: (base: number, old: Uint32Array) => boolean): void {
    const old = words;
    words = new Uint32Array(slots * WORDS);
    mask = slots - 1;
    for (let base = 0; base < old.length; base += WORDS) {
      const code = codeAt(old, base);
      if (code === 0 || !keep(base, old)) continue;
      const place = slotOf(old, base, code);
      for (let word = 0; word < WORDS; word++) words[place + word] = old[base + word] ?? 0;
    }
  }

  return {
    get size() {
      return size;
    },
    get bytes() {
      return words.byteLength;
    },
    find(id, at, code) {
      const base = slotOf(id, at, code);
      return codeAt(words, base) === 0 ? undefined : beforeAt(words, base);
    },
    put(row) {
      if ((size + 1) * 4 > (mask + 1) * 3) rebuild((mask + 1) * 2, () => true);
      const base = slotOf(row.id, row.at, row.code);
      if (codeAt(words, base) === 0) {
        write(base, row);
        size++;
        return 'added';
      }
      const before = Math.max(row.before, beforeAt(words, base));
      const until = Math.max(row.until, untilAt(words, base));
      write(base, { ...row, before, until });
      return 'widened';
    },
    sweep(nowMs, onForgotten) {
      let forgotten = 0;
      for (let base = 0; base < words.length; base += WORDS) {
        const code = codeAt(words, base);
        if (code === 0 || untilAt(words, base) > nowMs) continue;
        forgotten++;
        onForgotten(code);
      }
      if (forgotten === 0) return;
      size -= forgotten;
      rebuild(slotsFor(size + 1), (base, old) => untilAt(old, base) > nowMs);
    },
  };
}

/** At most three quarters full, so that a search for nothing stays short. */
function slotsFor(rows: number): number {
  let slots = SMALLEST;
  while (rows * 4 > slots * 3) slots *= 2;
  return slots;
}

function codeAt(words: Uint32Array, base: number): number {
  return (words[base + 4] ?? 0) >>> 16;
}

function beforeAt(words: Uint32Array, base: number): number {
  return ((words[base + 4] ?? 0) & 0xffff) * UPPER + (words[base + 5] ?? 0);
}

function untilAt(words: Uint32Array, base: number): number {
  return (words[base + 6] ?? 0) * UPPER + (words[base + 7] ?? 0);
}
