import { TokenRejected } from './errors.ts';
import { parseStrictJson } from './strict-json.ts';

/** A header after its parse; the signature over it is still to be checked. */
export interface Header {
  readonly alg: string;
  readonly typ: string;
  /** Undefined where the header has none: then a verifier with exactly one key takes that. */
  readonly kid: string | undefined;
}

/**
 * Parses a header's bytes.
 *
 * Members that bring or point at keys (`jwk`, `jku`, `x5u`, `x5c`) have no effect: no code reads them.
 *
 * @throws {TokenRejected} `token/malformed`, `token/header`, `token/critical`, `token/type`, `token/algorithm`
 * @see RFC 7515 §4
 */
export function parseHeader(bytes: Uint8Array): Header {
  let parsed: unknown;
  try {
    parsed = parseStrictJson(bytes);
  } catch {
    throw new TokenRejected('token/malformed');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new TokenRejected('token/malformed');
  const members = parsed as Readonly<Record<string, unknown>>;
  // RFC 7515 §4.1.11: no extension is understood here, so whatever `crit` holds, the token is refused
  if ('crit' in members) throw new TokenRejected('token/critical', 'crit');
  // RFC 7797 §7: a JWT never has an unencoded payload; and nothing is ever inflated
  for (const name of ['b64', 'zip', 'enc']) if (name in members) throw new TokenRejected('token/header', name);
  const { alg, typ, kid } = members;
  if (typeof alg !== 'string') throw new TokenRejected('token/algorithm', 'alg');
  if (typeof typ !== 'string') throw new TokenRejected('token/type', 'typ');
  if (kid !== undefined && typeof kid !== 'string') throw new TokenRejected('token/header', 'kid');
  return { alg, typ, kid };
}

/** A `typ` in the form in which they are compared: without case and without `application/`. RFC 7515 §4.1.9 */
export function normalizeType(typ: string): string {
  const lower = typ.toLowerCase();
  return lower.startsWith('application/') && lower.lastIndexOf('/') === 11 ? lower.slice(12) : lower;
}
