import type { BoundKey } from './bound-key.ts';
import { isCanonical } from './canonical.ts';
import { checkClaims, type JwtClaims, REGISTERED_CLAIMS, type RegisteredClaims } from './claims.ts';
import { TokenRejected } from './errors.ts';
import { type Header, normalizeType, parseHeader } from './header.ts';
import { createHeaderMemory } from './header-memory.ts';
import { createKeyFinder } from './key-finder.ts';
import type { PublicKey, SecretKey } from './keys.ts';
import { createPayloadReader } from './payload.ts';
import { judgeBySchema, type StandardSchema } from './standard-schema.ts';
import { refuseShape } from './token-shape.ts';
import { isWithin, refuseTimes, type Validity } from './validity.ts';
import { deepFreeze, type Verified } from './verified.ts';
import { type JwtVerifierOptions, parseVerifierOptions } from './verifier-options.ts';

/** What a good signature stands behind. The claims' rules are still to be checked. */
export interface SignedToken {
  /** Of the key that the signature was checked with. */
  readonly kid: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: JwtClaims;
}

/** What a schema makes of the claims, and the registered claims that it says nothing of. */
export type TypedClaims<Output> = Omit<RegisteredClaims, keyof Output> & Output;

export interface JwtVerifier<C = JwtClaims> {
  /**
   * Checks a token in the order size, segments, header, key, signature, payload, claims.
   *
   * @returns Its claims, frozen; they inherit nothing.
   * @throws {TokenRejected}
   * @see RFC 7515 §5.2, RFC 7519 §7.2
   */
  verify(token: string): Verified<C>;
  /** The same with the signature checked on the thread pool, for servers with slow keys or few threads. Rejects with {@link TokenRejected}. */
  verifyAsync(token: string): Promise<Verified<C>>;
  /** All but the claims' rules. @throws {TokenRejected} */
  verifySignature(token: string): SignedToken;
  /** The claims' rules alone, at this moment: the same ones, for a token whose signature held before. @throws {TokenRejected} */
  checkClaims(claims: JwtClaims): void;
}

/** A token that is in order up to its signature. */
interface OpenedToken {
  readonly header: Header;
  readonly bound: BoundKey;
  /** Place of the dot in front of the payload, and of the one behind it. */
  readonly first: number;
  readonly dot: number;
  readonly isKnown: boolean;
}

/** An accepted token. */
interface Accepted<C> extends Validity {
  readonly kid: string | undefined;
  /** The key that the signature was checked with: replaced under the same `kid`, the verdict is void. */
  readonly key: PublicKey | SecretKey;
  readonly claims: JwtClaims;
  readonly verified: Verified<C>;
}

/** @throws {TypeError} naming the option that is missing, unknown or out of range. */
export function createJwtVerifier<Output = JwtClaims>(
  options: JwtVerifierOptions<Output>,
): JwtVerifier<TypedClaims<Output>> {
  type Claims = TypedClaims<Output>;
  const { keys, typ, typRequired, clock, expected, maxTokenBytes, understood, schema, ...settings } =
    parseVerifierOptions(options);
  const findKey = createKeyFinder(keys);
  const headers = createHeaderMemory();
  const readPayload = createPayloadReader();
  const cache = settings.cache?.create<Accepted<Claims>>();

  function open(token: string): OpenedToken {
    if (typeof token !== 'string') throw refuseShape(token);
    // before anything is searched for: a header of dots costs nothing. Base64url is one byte a character
    if (token.length > maxTokenBytes) throw new TokenRejected('token/too-long');
    const known = headers.find(token);
    const first = known === undefined ? token.indexOf('.') : known.prefix.length - 1;
    const dot = token.indexOf('.', first + 1);
    if (first < 1 || dot < first + 2 || token.indexOf('.', dot + 1) !== -1) throw refuseShape(token);
    const header = known?.header ?? openHeader(token.slice(0, first));
    const bound = findKey(header.kid);
    if (bound === undefined) throw new TokenRejected('token/unknown-key', 'kid');
    // RFC 8725 §3.1: the header only says what the key is already known to be
    if (header.alg !== bound.row.alg) throw new TokenRejected('token/algorithm', 'alg');
    return { header, bound, first, dot, isKnown: known !== undefined };
  }

  function openHeader(segment: string): Header {
    const header = parseHeader(segment, understood);
    if (header.typ === undefined ? typRequired : normalizeType(header.typ) !== typ)
      throw new TokenRejected('token/type', 'typ');
    return header;
  }

  function openSigned(token: string): OpenedToken {
    const opened = open(token);
    if (!opened.bound.check(token, opened.dot)) throw refuseSignature(token);
    return opened;
  }

  /** What follows a good signature. */
  function readClaims(token: string, { header, first, dot, isKnown }: OpenedToken): JwtClaims {
    if (!isKnown) headers.remember(token.slice(0, first + 1), header);
    return readPayload(token.slice(first + 1, dot));
  }

  function accept(token: string, opened: OpenedToken): Verified<Claims> {
    const claims = readClaims(token, opened);
    const { from, until } = checkClaims(claims, expected, clock());
    const verified = applySchema(schema, claims) as Verified<Claims>;
    cache?.add(token, { kid: opened.header.kid, key: opened.bound.key, claims, from, until, verified });
    return verified;
  }

  function recall(token: string): Verified<Claims> | undefined {
    const hit = typeof token === 'string' ? cache?.find(token) : undefined;
    if (hit === undefined || findKey(hit.kid)?.key !== hit.key) return undefined;
    const now = clock();
    if (!isWithin(hit, now)) throw refuseTimes(hit.claims, expected, now);
    return hit.verified;
  }

  function verify(token: string): Verified<Claims> {
    return recall(token) ?? accept(token, openSigned(token));
  }

  async function verifyAsync(token: string): Promise<Verified<Claims>> {
    const known = recall(token);
    if (known !== undefined) return known;
    const opened = open(token);
    if (!(await opened.bound.checkAsync(token, opened.dot))) throw refuseSignature(token);
    return accept(token, opened);
  }

  function verifySignature(token: string): SignedToken {
    const opened = openSigned(token);
    const claims = readClaims(token, opened);
    return { kid: opened.bound.key.kid, header: opened.header.members, claims };
  }

  return Object.freeze({
    verify,
    verifyAsync,
    verifySignature,
    checkClaims(claims: JwtClaims) {
      checkClaims(claims, expected, clock());
    },
  });
}

/** Checks one token. Who checks more than one makes a verifier: it prepares its keys once. @throws as {@link JwtVerifier.verify} */
export function verify<Output = JwtClaims>(
  token: string,
  options: JwtVerifierOptions<Output>,
): Verified<TypedClaims<Output>> {
  return createJwtVerifier(options).verify(token);
}

/** A token that isn't canonical base64url is malformed, whatever its signature might have been. */
function refuseSignature(token: string): TokenRejected {
  return new TokenRejected(token.split('.').every(isCanonical) ? 'token/signature' : 'token/malformed');
}

function applySchema(schema: StandardSchema<unknown, unknown> | undefined, claims: JwtClaims): object {
  if (schema === undefined) return claims;
  const verdict = judgeBySchema(schema, claims);
  if (!verdict.good) throw new TokenRejected('token/claim', verdict.member);
  if (typeof verdict.value !== 'object' || verdict.value === null)
    throw new TypeError('claims must be a schema of an object');
  const typed = Object.create(null) as Record<string, unknown>;
  for (const name of REGISTERED_CLAIMS) if (name in claims) typed[name] = claims[name];
  return deepFreeze(Object.assign(typed, verdict.value));
}
