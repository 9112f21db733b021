// Nothing here may use node: this file runs in browsers (`@mapae/jwt/decode`).

/** Text is not JSON as it is accepted here. */
export class JsonMalformed extends Error {
  override readonly name = 'JsonMalformed';
}

const DEEPEST = 32;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * Parses JSON strictly: no duplicate member names, no byte order mark, valid UTF-8 and no lone surrogates, finite numbers, at most 32
 * levels deep. Objects have no prototype, so `__proto__` and `constructor` are members like any other.
 *
 * @throws {JsonMalformed}
 * @see RFC 7515 §10.12, RFC 8259, RFC 7493 §2
 */
export function parseStrictJson(input: string | Uint8Array): unknown {
  if (typeof input === 'string') {
    if (!input.isWellFormed()) throw new JsonMalformed('a lone surrogate');
    return parseScanned(input, scanJson(encoder.encode(input)), keep);
  }
  return parseScanned(decodeUtf8(input), scanJson(input), keep);
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new JsonMalformed('not UTF-8');
  }
}

/** What one pass over the bytes tells about a JSON text. */
export interface JsonScan {
  /** Colons outside of strings: in valid JSON there is one a member. */
  readonly members: number;
  /** True when a string holds an escape, which can spell anything, a lone surrogate included. */
  readonly escaped: boolean;
  /** True when every byte is ASCII: then it is UTF-8 as well, and one byte is one character. */
  readonly ascii: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPENING = [0x5b, 0x7b] as const;
const CLOSING = [0x5d, 0x7d] as const;

/**
 * Looks over a text that `JSON.parse` is then asked to judge: what isn't JSON may be miscounted here.
 *
 * @throws {JsonMalformed} when it is deeper than 32 levels; a parser should not be sent down further.
 */
export function scanJson(bytes: Uint8Array): JsonScan {
  let members = 0;
  let depth = 0;
  let seen = 0;
  let escaped = false;
  let inside = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    seen |= byte;
    if (inside) {
      if (byte === QUOTE) inside = false;
      else if (byte === BACKSLASH) {
        escaped = true;
        at++;
      }
    } else if (byte === QUOTE) inside = true;
    else if (byte === COLON) members++;
    else if (byte === OPENING[0] || byte === OPENING[1]) {
      if (++depth > DEEPEST) throw new JsonMalformed('too deep');
    } else if (byte === CLOSING[0] || byte === CLOSING[1]) depth--;
  }
  return { members, escaped, ascii: seen < 0x80 };
}

/** What becomes of each object and array once it is complete. */
export type Finish = <T extends object>(container: T) => T;
const keep: Finish = (container) => container;

/**
 * Parses a text that was scanned: the grammar is left to `JSON.parse`, and what that lets through is refused after it.
 *
 * @throws {JsonMalformed}
 */
export function parseScanned(text: string, { members, escaped }: JsonScan, finish: Finish): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new JsonMalformed('no JSON');
  }
  let names = 0;

  function settle(value: unknown): unknown {
    if (typeof value === 'string') return escaped ? wellFormed(value) : value;
    if (typeof value === 'number') return finite(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return finish(value.map(settle));
    const object = Object.create(null) as Record<string, unknown>;
    for (const name of Object.keys(value)) {
      names++;
      object[escaped ? wellFormed(name) : name] = settle((value as Readonly<Record<string, unknown>>)[name]);
    }
    return finish(object);
  }

  const settled = settle(parsed);
  // RFC 7515 §4, RFC 7519 §4: names are unique; the last one winning is what attackers count on
  if (names !== members) throw new JsonMalformed('a name comes twice');
  return settled;
}

function wellFormed(text: string): string {
  if (!text.isWellFormed()) throw new JsonMalformed('a lone surrogate');
  return text;
}

/** `1e400` is JSON, and Infinity would never expire. */
function finite(value: number): number {
  if (!Number.isFinite(value)) throw new JsonMalformed('a number out of range');
  return value;
}
