import type { Header } from './header.ts';

/** A header that stood on an accepted token. */
export interface KnownHeader {
  /** The header as it is spelled in tokens, with the dot behind it. */
  readonly prefix: string;
  readonly header: Header;
}

/** Headers of accepted tokens, so that they aren't parsed again. */
export interface HeaderMemory {
  /** The header that a token begins with. */
  find(token: string): KnownHeader | undefined;
  /** To be called after the signature held: else anyone could fill the memory. */
  remember(prefix: string, header: Header): void;
}

const MOST = 64;

export function createHeaderMemory(): HeaderMemory {
  const known = new Map<string, KnownHeader>();
  let last: KnownHeader | undefined;
  return {
    find(token) {
      // nearly all tokens have the header of the one before
      if (last === undefined || token.slice(0, last.prefix.length) !== last.prefix)
        last = known.get(token.slice(0, token.indexOf('.') + 1));
      return last;
    },
    remember(prefix, header) {
      if (known.size >= MOST) known.clear();
      known.set(prefix, { prefix, header });
    },
  };
}
