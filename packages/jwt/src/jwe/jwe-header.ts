import { TokenRejected } from '../errors.ts';
import { normalizeType } from '../header.ts';
import { parseStrictJson } from '../strict-json.ts';
import { CONTENT_ENCRYPTION } from './key-management.ts';

/** A header after its parse. It is authenticated once the token was decrypted; before that anyone may have written it. */
export interface JweHeader {
  readonly alg: string;
  /** Undefined where the header has none: then a decrypter with exactly one key takes that. */
  readonly kid: string | undefined;
  /** Compared form: lower case, without `application/`. RFC 7515 §4.1.9 */
  readonly typ: string | undefined;
  /** The same of the content. RFC 7516 §4.1.12 */
  readonly cty: string | undefined;
  /** Claims that were repeated in the header. RFC 7519 §5.3 */
  readonly repeated: Readonly<Record<string, unknown>>;
}

const REPEATABLE = ['iss', 'sub', 'aud'];

/**
 * Parses a header's bytes.
 *
 * Members that bring or point at keys (`jwk`, `jku`, `x5u`, `x5c`) have no effect: no code reads them. `epk` is read by the key agreement.
 *
 * @throws {TokenRejected} `token/malformed`, `token/header`, `token/critical`, `token/algorithm`
 * @see RFC 7516 §4
 */
export function parseJweHeader(bytes: Uint8Array): JweHeader {
  const members = parseMembers(bytes);
  // RFC 7516 §4.1.13: no extension is understood here, so whatever `crit` holds, the token is refused
  if ('crit' in members) throw new TokenRejected('token/critical', 'crit');
  // nothing is ever inflated: a few bytes would become gigabytes
  if ('zip' in members) throw new TokenRejected('token/header', 'zip');
  const { alg, enc } = members;
  if (typeof alg !== 'string') throw new TokenRejected('token/algorithm', 'alg');
  if (enc !== CONTENT_ENCRYPTION) throw new TokenRejected('token/algorithm', 'enc');
  const typ = textMember(members, 'typ');
  const cty = textMember(members, 'cty');
  return {
    alg,
    kid: textMember(members, 'kid'),
    typ: typ === undefined ? undefined : normalizeType(typ),
    cty: cty === undefined ? undefined : normalizeType(cty),
    repeated: Object.fromEntries(REPEATABLE.filter((name) => name in members).map((name) => [name, members[name]])),
  };
}

function parseMembers(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = parseStrictJson(bytes);
  } catch {
    throw new TokenRejected('token/malformed');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new TokenRejected('token/malformed');
  return parsed as Readonly<Record<string, unknown>>;
}

function textMember(members: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = members[name];
  if (value !== undefined && typeof value !== 'string') throw new TokenRejected('token/header', name);
  return value;
}
