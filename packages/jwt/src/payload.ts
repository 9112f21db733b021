import { decodePlain, readPlain, writePlain } from './canonical.ts';
import type { JwtClaims } from './claims.ts';
import { TokenRejected } from './errors.ts';
import { createFamiliarShapes } from './familiar-payload.ts';
import { scratch } from './scratch.ts';
import { JsonMalformed, parseScanned, scanJson } from './strict-json.ts';

/**
 * Reads payloads whose signature held, one after the other.
 *
 * @param segment At most 65,536 characters, none of them a `+` or a `/`.
 * @returns The claims, frozen in all levels.
 * @throws {TokenRejected} `token/malformed`
 */
export type PayloadReader = (segment: string) => JwtClaims;

/** Each reader remembers what the payloads that it has read look like. */
export function createPayloadReader(): PayloadReader {
  const shapes = createFamiliarShapes();
  return (segment) => {
    const text = readPlain(segment);
    if (text === undefined) throw new TokenRejected('token/malformed');
    const familiar = shapes.read(text);
    if (familiar !== undefined) return familiar;
    const claims = parseSegment(segment) as JwtClaims;
    shapes.learn(text, claims);
    return claims;
  };
}

/**
 * The members of a segment that is a JSON object, frozen in all levels.
 *
 * @param segment At most 65,536 characters.
 * @throws {TokenRejected} `token/malformed`
 */
export function parseSegment(segment: string): Readonly<Record<string, unknown>> {
  const { input } = scratch;
  const length = writePlain(segment, input, 0) ? decodePlain(segment, input) : -1;
  let parsed: unknown;
  try {
    // what isn't base64url comes to an empty text, and that is no JSON
    const scan = scanJson(input, length);
    parsed = parseScanned(scan.ascii ? input.toString('latin1', 0, length) : decodeUtf8(length), scan, true);
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
