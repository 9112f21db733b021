import type { JwtClaims } from './claims.ts';
import { TokenRejected } from './errors.ts';
import { learnShape, readFamiliar } from './familiar-payload.ts';
import { scratch } from './scratch.ts';
import { JsonMalformed, parseScanned, scanJson } from './strict-json.ts';

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
  const text = decodeSegment(segment);
  const familiar = readFamiliar(scratch.input, text);
  if (familiar !== undefined) return familiar;
  const claims = parseObject(text) as JwtClaims;
  learnShape(claims);
  return claims;
}

/**
 * The members of a segment that is a JSON object, frozen in all levels.
 *
 * @param segment At most 65,536 characters.
 * @throws {TokenRejected} `token/malformed`
 */
export function parseSegment(segment: string): Readonly<Record<string, unknown>> {
  return parseObject(decodeSegment(segment));
}

/** The bytes of a segment, one character each; they lie at the start of the scratch input, too. */
function decodeSegment(segment: string): string {
  const { input } = scratch;
  const length = input.write(segment, 0, 'base64url');
  // RFC 7515 §2, RFC 4648 §3.5: one value has one spelling. This is also what refuses characters beyond ASCII, which the signature was
  // checked without
  if (input.toString('base64url', 0, length) !== segment) throw new TokenRejected('token/malformed');
  return input.toString('latin1', 0, length);
}

/** Parses what was just decoded. */
function parseObject(text: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    const scan = scanJson(scratch.input, text.length);
    parsed = parseScanned(scan.ascii ? text : decodeUtf8(text.length), scan, true);
  } catch (error) {
    if (!(error instanceof JsonMalformed)) throw error;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new TokenRejected('token/malformed');
  return parsed as Readonly<Record<string, unknown>>;
}

function decodeUtf8(length: number): string {
  const text = scratch.input.toString('utf8', 0, length);
  // what isn't UTF-8 comes out as U+FFFD, and isn't the same when it is written again
  if (!Buffer.from(text).equals(scratch.input.subarray(0, length))) throw new JsonMalformed('not UTF-8');
  return text;
}
