import { TokenRejected } from './errors.ts';
import { parseSegment } from './payload.ts';

/** A header after its parse; the signature over it is still to be checked. */
export interface Header {
  readonly alg: string;
  /** Undefined where the header has none. */
  readonly typ: string | undefined;
  /** Undefined where the header has none: then a verifier with exactly one key takes that. */
  readonly kid: string | undefined;
  /** All members, for who understands more of them. */
  readonly members: Readonly<Record<string, unknown>>;
}

/** Registered names are no extensions, so `crit` may not list them. RFC 7515 §4.1, RFC 7516 §4.1, RFC 7518 §4, RFC 7797 §3 */
const REGISTERED = new Set(
  'alg jku jwk kid x5u x5c x5t x5t#S256 typ cty crit enc zip epk apu apv iv tag p2s p2c b64'.split(' '),
);

/** The names of a `crit` that may be listed: not registered ones. */
export function isExtensionName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && !REGISTERED.has(name);
}

/**
 * Parses a header.
 *
 * Members that bring or point at keys (`jwk`, `jku`, `x5u`, `x5c`) have no effect: no code reads them.
 *
 * @param understood Extensions that the caller heeds itself.
 * @throws {TokenRejected} `token/malformed`, `token/header`, `token/critical`, `token/type`, `token/algorithm`
 * @see RFC 7515 §4
 */
export function parseHeader(segment: string, understood: ReadonlySet<string>): Header {
  const members = parseSegment(segment);
  checkCritical(members, understood);
  // RFC 7797 §7: a JWT never has an unencoded payload; and nothing is ever inflated
  for (const name of ['b64', 'zip', 'enc']) if (name in members) throw new TokenRejected('token/header', name);
  const { alg, typ, kid } = members;
  if (typeof alg !== 'string') throw new TokenRejected('token/algorithm', 'alg');
  if (typ !== undefined && typeof typ !== 'string') throw new TokenRejected('token/type', 'typ');
  if (kid !== undefined && typeof kid !== 'string') throw new TokenRejected('token/header', 'kid');
  return { alg, typ, kid, members };
}

/** RFC 7515 §4.1.11: a list of distinct extensions, each in the header and each understood; else the token is refused. */
function checkCritical(members: Readonly<Record<string, unknown>>, understood: ReadonlySet<string>): void {
  if (!('crit' in members)) return;
  const listed: unknown = members['crit'];
  const good =
    Array.isArray(listed) &&
    listed.length > 0 &&
    new Set(listed).size === listed.length &&
    listed.every((name) => isExtensionName(name) && understood.has(name) && name in members);
  if (!good) throw new TokenRejected('token/critical', 'crit');
}

/** A `typ` in the form in which they are compared: without case and without `application/`. RFC 7515 §4.1.9 */
export function normalizeType(typ: string): string {
  const lower = typ.toLowerCase();
  return lower.startsWith('application/') && lower.lastIndexOf('/') === 11 ? lower.slice(12) : lower;
}
