// Nothing here may use node: this file runs in browsers (`@mapae/jwt/decode`). tools/floors.mjs holds it to that.
import { decodeBase64url } from './base64url.ts';
import { parseStrictJson } from './strict-json.ts';

/** A header that nobody has checked: good for display, never for a decision. */
export type UnverifiedHeader = Readonly<Record<string, unknown>>;
/** Claims that nobody has checked: good for display, never for a decision. */
export type UnverifiedClaims = Readonly<Record<string, unknown>>;

/** What a token says about itself. Anyone can write such a token. */
export interface UnverifiedToken {
  readonly header: UnverifiedHeader;
  readonly claims: UnverifiedClaims;
  /** Signature in base64url as it stands in the token; empty where it was stripped. */
  readonly signature: string;
}

/** Text is no signed JWT in compact form. */
export class TokenUndecodable extends Error {
  override readonly name = 'TokenUndecodable';
}

/**
 * Reads a token without checking anything.
 *
 * @throws {TokenUndecodable} when it isn't three segments with JSON objects in the first two.
 * @see RFC 7515 §7.1
 */
export function decode(token: string): UnverifiedToken {
  const [header, claims, signature, more] = token.split('.', 4);
  if (header === undefined || claims === undefined || signature === undefined || more !== undefined) {
    throw new TokenUndecodable('a token has three segments');
  }
  return { header: readObject(header), claims: readObject(claims), signature };
}

function readObject(segment: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = parseStrictJson(decodeBase64url(segment));
  } catch {
    throw new TokenUndecodable('a segment is not JSON in base64url');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new TokenUndecodable('a segment is no JSON object');
  return parsed as Readonly<Record<string, unknown>>;
}
