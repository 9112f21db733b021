import { createRevocationTable, type TableRow } from './revocation-table.ts';

/** Revocations of one issuer, bounded in number. Holds many small tables, so that growing or sweeping one takes no noticeable time. */
export interface RevocationRows {
  readonly size: number;
  /** Bytes of the tables. */
  readonly bytes: number;
  /** False when there was more than fits, or a row of a kind that isn't known here: nobody may rely on what is held. */
  readonly whole: boolean;
  /** Rows of this code. */
  count(code: number): number;
  /** @returns Its `before` in milliseconds; undefined where there is no such row. */
  find(id: Uint32Array, at: number, code: number): number | undefined;
  put(row: TableRow, nowMs: number): void;
  /** Forgets rows past their end, in one table a call. */
  sweepSome(nowMs: number): void;
}

const TABLES = 64;
const TABLE_BITS = 6;
const CODES = 9;

/** @param expected Rows that are about to come. */
export function createRevocationRows(maxEntries: number, expected = 0): RevocationRows {
  const tables = Array.from({ length: TABLES }, () => createRevocationTable(Math.ceil(expected / TABLES)));
  const counts = new Uint32Array(CODES + 1);
  let size = 0;
  let whole = true;
  let next = 0;

  const forget = (code: number): void => {
    counts[code] = (counts[code] ?? 1) - 1;
    size--;
  };

  const tableOf = (id: Uint32Array, at: number) => tables[(id[at] ?? 0) >>> (32 - TABLE_BITS)];

  return {
    get size() {
      return size;
    },
    get bytes() {
      return tables.reduce((sum, { bytes }) => sum + bytes, 0);
    },
    get whole() {
      return whole;
    },
    count: (code) => counts[code] ?? 0,
    find: (id, at, code) => tableOf(id, at)?.find(id, at, code),
    put(row, nowMs) {
      const { code } = row;
      // a code that isn't known here could revoke anything
      if (!(code >= 1 && code <= CODES)) {
        whole = false;
        return;
      }
      if (row.until <= nowMs || !whole) return;
      if (size >= maxEntries) {
        for (const table of tables) table.sweep(nowMs, forget);
        if (size >= maxEntries) {
          whole = false;
          return;
        }
      }
      if (tableOf(row.id, row.at)?.put(row) !== 'added') return;
      counts[code] = (counts[code] ?? 0) + 1;
      size++;
    },
    sweepSome(nowMs) {
      tables[next++ % TABLES]?.sweep(nowMs, forget);
    },
  };
}
