import { isUtf8 } from 'node:buffer';
import type { JwtClaims } from './claims.ts';
import { TokenRejected } from './errors.ts';
import { scratch } from './scratch.ts';
import { JsonMalformed, type JsonScan, parseScanned, scanJson } from './strict-json.ts';

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
  const length = scratch.input.write(segment, 0, 'base64url');
  // this comparison is also what refuses characters beyond ASCII, which the signature was checked without
  if (scratch.input.toString('base64url', 0, length) !== segment) throw new TokenRejected('token/malformed');
  const claims = parseJson(scratch.input, length);
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims))
    throw new TokenRejected('token/malformed');
  return claims as JwtClaims;
}

function parseJson(bytes: Buffer, length: number): unknown {
  try {
    const scan = scanJson(bytes, length);
    return parseScanned(textOf(bytes, length, scan), scan, true);
  } catch (error) {
    if (error instanceof JsonMalformed) throw new TokenRejected('token/malformed');
    throw error;
  }
}

function textOf(bytes: Buffer, length: number, { ascii }: JsonScan): string {
  if (ascii) return bytes.toString('latin1', 0, length);
  if (!isUtf8(bytes.subarray(0, length))) throw new JsonMalformed('not UTF-8');
  return bytes.toString('utf8', 0, length);
}
