import { isUtf8 } from 'node:buffer';
import type { JwtClaims } from './claims.ts';
import { TokenRejected } from './errors.ts';
import { scratch } from './scratch.ts';
import { type Finish, JsonMalformed, type JsonScan, parseScanned, scanJson } from './strict-json.ts';

const freeze: Finish = Object.freeze;

/**
 * The bytes of a segment; strict by writing it again: one value has one spelling.
 *
 * @throws {TokenRejected} `token/malformed`
 * @see RFC 7515 §2, RFC 4648 §3.5
 */
export function decodeSegment(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') !== text) throw new TokenRejected('token/malformed');
  return bytes;
}

/** True for canonical base64url. */
export function isCanonical(text: string): boolean {
  return Buffer.from(text, 'base64url').toString('base64url') === text;
}

/**
 * The claims in a payload whose signature held, frozen in all levels.
 *
 * @param segment At most 65,536 characters.
 * @throws {TokenRejected} `token/malformed`
 */
export function parsePayload(segment: string): JwtClaims {
  const { input } = scratch;
  const length = input.write(segment, 'base64url');
  // this comparison is also what refuses characters beyond ASCII, which the signature was checked without
  if (input.toString('base64url', 0, length) !== segment) throw new TokenRejected('token/malformed');
  const claims = parseJson(input.subarray(0, length));
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims))
    throw new TokenRejected('token/malformed');
  return claims as JwtClaims;
}

function parseJson(bytes: Buffer): unknown {
  try {
    const scan = scanJson(bytes);
    return parseScanned(textOf(bytes, scan), scan, freeze);
  } catch (error) {
    if (error instanceof JsonMalformed) throw new TokenRejected('token/malformed');
    throw error;
  }
}

function textOf(bytes: Buffer, { ascii }: JsonScan): string {
  if (ascii) return bytes.toString('latin1');
  if (!isUtf8(bytes)) throw new JsonMalformed('not UTF-8');
  return bytes.toString('utf8');
}
