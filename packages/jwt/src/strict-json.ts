// Nothing here may use node: this file runs in browsers (`@mapae/jwt/decode`).
import { Members } from './members.ts';

/** Text is not JSON as it is accepted here. */
export class JsonMalformed extends Error {
  override readonly name = 'JsonMalformed';
}

const DEEPEST = 32;
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = /* @__PURE__ */ new TextEncoder();

/**
 * Parses JSON strictly: no duplicate member names, no byte order mark, valid UTF-8 and no lone surrogates, finite numbers, at most 32
 * levels deep. Objects inherit nothing, so `__proto__` and `constructor` are members like any other.
 *
 * @throws {JsonMalformed}
 * @see RFC 7515 §10.12, RFC 8259, RFC 7493 §2
 */
export function parseStrictJson(input: string | Uint8Array): unknown {
  if (typeof input === 'string') {
    if (!input.isWellFormed()) throw new JsonMalformed('a lone surrogate');
    return parseScanned(input, scanJson(encoder.encode(input)), false);
  }
  return parseScanned(decodeUtf8(input), scanJson(input), false);
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
  /** True when every byte is ASCII: then it is UTF-8 as well, and one byte is one character. */
  readonly ascii: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPENING_BRACKET = 0x5b;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACKET = 0x5d;
const CLOSING_BRACE = 0x7d;

/**
 * Looks over a text that `JSON.parse` is then asked to judge: what isn't JSON may be miscounted here.
 *
 * @param length Bytes that the text has.
 * @throws {JsonMalformed} when it is deeper than 32 levels; a parser should not be sent down further.
 */
export function scanJson(bytes: Uint8Array, length: number = bytes.length): JsonScan {
  let members = 0;
  let depth = 0;
  let seen = 0;
  for (let at = 0; at < length; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) {
      // to the closing quote; outside of strings only ASCII is JSON
      for (at++; at < length; at++) {
        const inner = bytes[at] as number;
        if (inner === QUOTE) break;
        seen |= inner;
        if (inner === BACKSLASH) at++;
      }
    } else if (byte === COLON) members++;
    else if (byte === OPENING_BRACE || byte === OPENING_BRACKET) {
      if (++depth > DEEPEST) throw new JsonMalformed('too deep');
    } else if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) depth--;
  }
  return { members, ascii: seen < 0x80 };
}

/**
 * Parses a text that was scanned: the grammar is left to `JSON.parse`, and what that lets through is refused after it.
 *
 * @param frozen Freezes all levels of what comes out.
 * @throws {JsonMalformed}
 */
export function parseScanned(text: string, { members }: JsonScan, frozen: boolean): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new JsonMalformed('no JSON');
  }
  const pass: Pass = { names: 0, frozen };
  const settled = settle(parsed, pass);
  // RFC 7515 §4, RFC 7519 §4: names are unique; the last one winning is what attackers count on
  if (pass.names !== members) throw new JsonMalformed('a name comes twice');
  return settled;
}

/** A walk over a parsed value. */
interface Pass {
  names: number;
  readonly frozen: boolean;
}

function settle(value: unknown, pass: Pass): unknown {
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value === 'number') return finite(value);
  if (typeof value !== 'object' || value === null) return value;
  const settled = Array.isArray(value)
    ? value.map((one) => settle(one, pass))
    : settleObject(value as Readonly<Record<string, unknown>>, pass);
  return pass.frozen ? Object.freeze(settled) : settled;
}

function settleObject(value: Readonly<Record<string, unknown>>, pass: Pass): object {
  const object: Record<string, unknown> = new Members();
  for (const name of Object.keys(value)) {
    pass.names++;
    object[wellFormed(name)] = settle(value[name], pass);
  }
  return object;
}

/** An escape can spell half a surrogate pair. */
function wellFormed(text: string): string {
  if (!text.isWellFormed()) throw new JsonMalformed('a lone surrogate');
  return text;
}

/** `1e400` is JSON, and Infinity would never expire. */
function finite(value: number): number {
  if (!Number.isFinite(value)) throw new JsonMalformed('a number beyond all');
  return value;
}
