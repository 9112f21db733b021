/** A part of a longer list. */
export interface Page<T, C> {
  readonly rows: readonly T[];
  /** Where the next one begins; null at the end. */
  readonly next: C | null;
}

/**
 * Reads a page of a list.
 *
 * @param read  Reads so many rows. It is asked for one more than the page holds, which tells whether there is another page.
 * @param cursorOf  What a row is found again by.
 */
export async function readPage<T, C>(
  limit: number,
  read: (limit: number) => Promise<readonly T[]>,
  cursorOf: (last: T) => C,
): Promise<Page<T, C>> {
  const rows = await read(limit + 1);
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { rows: rows.slice(0, limit), next: last === undefined ? null : cursorOf(last) };
}
