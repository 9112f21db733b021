import { TokenUndecodable, type UnverifiedHeader, type UnverifiedToken } from './decode.ts';
import { TokenRejected } from './errors.ts';
import { createPayloadReader } from './payload.ts';
import { LONGEST_INPUT } from './scratch.ts';

/** The header of the last token, by its text: nearly all tokens have the same. It is frozen, so it may be handed out again. */
let lastText = '';
let lastHeader: UnverifiedHeader = {};

const readPayload = createPayloadReader();

/**
 * Reads a token without checking anything; what comes out is frozen. The same as in `@mapae/jwt/decode`, with Node's buffers.
 *
 * @param token Segments of at most 65,536 characters.
 * @throws {TokenUndecodable} when it isn't three segments with JSON objects in the first two.
 * @see RFC 7515 §7.1
 */
export function decode(token: string): UnverifiedToken {
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first < 0 || second < 0 || token.includes('.', second + 1))
    throw new TokenUndecodable('a token has three segments');
  const text = token.slice(0, first);
  if (text !== lastText) {
    lastHeader = readSegment(text);
    lastText = text;
  }
  return {
    header: lastHeader,
    claims: readSegment(token.slice(first + 1, second)),
    signature: token.slice(second + 1),
  };
}

function readSegment(segment: string): Readonly<Record<string, unknown>> {
  if (segment.length > LONGEST_INPUT) throw new TokenUndecodable('a segment is too long');
  // the other base64 is the only thing that what follows would take for this one
  if (segment.includes('+') || segment.includes('/')) throw new TokenUndecodable('a segment is not base64url');
  try {
    return readPayload(segment);
  } catch (error) {
    if (error instanceof TokenRejected) throw new TokenUndecodable('a segment is no JSON object in base64url');
    throw error;
  }
}
