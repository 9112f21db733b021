/** Gives the same texts again and again, each time as a new string, as a request parser does: no hash in it, not known by identity. */
export interface FreshStrings {
  readonly size: number;
  /** A new string with the text at `index`; past the end it starts over. */
  at(index: number): string;
}

export function freshStrings(texts: readonly string[]): FreshStrings {
  const buffers = texts.map((text) => Buffer.from(text, 'latin1'));
  const size = buffers.length;
  return {
    size,
    at(index) {
      const buffer = buffers[index % size];
      if (buffer === undefined) throw new RangeError('no text at this index');
      return buffer.toString('latin1');
    },
  };
}
