import { findAlgorithm } from './algorithms.ts';
import { bindSignatureCheck } from './check-signature.ts';
import { checkClaims, type Expectations, type JwtClaims } from './claims.ts';
import { TokenRejected } from './errors.ts';
import { type Header, normalizeType, parseHeader } from './header.ts';
import type { KeySet } from './key-set.ts';
import { type KeyMaterial, materialOf, type PublicKey, type SecretKey } from './keys.ts';
import { numberOption, refuseUnknown, textOption } from './options.ts';
import type { StandardSchema } from './standard-schema.ts';
import { parseStrictJson } from './strict-json.ts';
import { createTokenCache, type TokenCache, type TokenCacheOptions } from './token-cache.ts';
import { deepFreeze, type Verified } from './verified.ts';

/** Milliseconds since 1970. */
export type Clock = () => number;

/** What is accepted. Parsed once, by {@link createJwtVerifier}; unknown options are refused. What decides trust has no default. */
export interface JwtVerifierOptions<C = JwtClaims> {
  /** One key, a set, or a function that gives the set in force. The key decides the algorithm, never the token. RFC 8725 §3.1 */
  readonly keys: KeySet | PublicKey | SecretKey | (() => KeySet);
  /** Compared with `iss`, byte for byte. */
  readonly issuer: string;
  /** `aud` must be or hold exactly this. */
  readonly audience: string;
  /** Compared without case and without `application/`. RFC 8725 §3.11 */
  readonly typ: string;
  readonly clock?: Clock;
  /** How far `exp`, `nbf` and `iat` may be off. Whole seconds, 0 to 300. Default: 0. */
  readonly clockToleranceSeconds?: number;
  /** Longest time since `iat`, which is then compulsory. Whole seconds. */
  readonly maxAgeSeconds?: number;
  /** Claims that have to be there beside `exp`, `iss` and `aud`. */
  readonly requiredClaims?: readonly string[];
  /** Accepts tokens that never expire. For kinds of tokens that have no `exp`, like SETs (RFC 8417 §2.2). Default: false. */
  readonly dangerouslyAllowNoExpiry?: boolean;
  readonly subject?: string;
  readonly nonce?: string;
  readonly jwtId?: string;
  /** Longest token that is looked at, bytes. 64 to 65,536. Default: 8,192. */
  readonly maxTokenBytes?: number;
  /** Types the claims and checks their shape; must answer at once. */
  readonly claims?: StandardSchema<C>;
  /** Remembers accepted tokens. Default: no. */
  readonly cache?: TokenCacheOptions;
}

/** What a good signature stands behind. The claims' rules are still to be checked. */
export interface SignedToken {
  readonly kid: string;
  readonly claims: JwtClaims;
}

export interface JwtVerifier<C = JwtClaims> {
  /**
   * Checks a token in the order size, segments, header, key, signature, payload, claims.
   *
   * @returns Its claims, frozen, without a prototype.
   * @throws {TokenRejected}
   * @see RFC 7515 §5.2, RFC 7519 §7.2
   */
  verify(token: string): Verified<C>;
  /** All but the claims' rules. @throws {TokenRejected} */
  verifySignature(token: string): SignedToken;
  /** The claims' rules alone, at this moment: the same ones, for a token whose signature held before. @throws {TokenRejected} */
  checkClaims(claims: JwtClaims): void;
}

const OPTIONS = [
  'keys',
  'issuer',
  'audience',
  'typ',
  'clock',
  'clockToleranceSeconds',
  'maxAgeSeconds',
  'dangerouslyAllowNoExpiry',
  'requiredClaims',
  'subject',
  'nonce',
  'jwtId',
  'maxTokenBytes',
  'claims',
  'cache',
];
const REMEMBERED_HEADERS = 64;

/** @throws {TypeError} naming the option that is missing, unknown or out of range. */
export function createJwtVerifier<C = JwtClaims>(options: JwtVerifierOptions<C>): JwtVerifier<C> {
  refuseUnknown(options, OPTIONS);
  const clock = options.clock ?? Date.now;
  const expected = readExpectations(options);
  const schema = options.claims;
  const findKey = keyFinder(options.keys);
  const typ = normalizeType(textOption('typ', options.typ));
  const maxTokenBytes = numberOption('maxTokenBytes', options.maxTokenBytes ?? 8_192, 64, 65_536);
  const headers = new Map<string, Header>();
  const cache: TokenCache<Cached<C>> | undefined =
    options.cache === undefined ? undefined : createTokenCache(options.cache);

  function verifySignature(token: string): SignedToken {
    const { headerText, payloadText, dot } = split(token, maxTokenBytes);
    const known = headers.get(headerText);
    const header = known ?? parseHeader(decodeSegment(headerText));
    if (normalizeType(header.typ) !== typ) throw new TokenRejected('token/type', 'typ');
    const { kid, material } = findKey(header);
    checkSignature(header, material, token, dot);
    // remembered only now: rubbish can't fill the memory
    if (known === undefined && headers.size < REMEMBERED_HEADERS) headers.set(headerText, header);
    return { kid, claims: parsePayload(payloadText) };
  }

  function verify(token: string): Verified<C> {
    const hit = cache?.find(token);
    if (hit !== undefined && findKey.current(hit.kid) === hit.material) {
      checkClaims(hit.claims, expected, clock());
      return hit.verified;
    }
    const { kid, claims } = verifySignature(token);
    checkClaims(claims, expected, clock());
    const verified = deepFreeze(shape(schema, claims)) as Verified<C>;
    const material = findKey.current(kid);
    if (material !== undefined) cache?.add(token, { kid, material, claims, verified });
    return verified;
  }

  return Object.freeze({
    verify,
    verifySignature,
    checkClaims: (claims: JwtClaims) => checkClaims(claims, expected, clock()),
  });
}

interface Cached<C> {
  readonly kid: string;
  /** The key that the signature was checked with: replaced under the same `kid`, the verdict is void. */
  readonly material: KeyMaterial;
  readonly claims: JwtClaims;
  readonly verified: Verified<C>;
}

function readExpectations(options: JwtVerifierOptions<unknown>): Expectations {
  const optional = (name: 'subject' | 'nonce' | 'jwtId'): string | undefined =>
    options[name] === undefined ? undefined : textOption(name, options[name]);
  const { requiredClaims = [] } = options;
  if (!Array.isArray(requiredClaims) || !requiredClaims.every((name) => typeof name === 'string')) {
    throw new TypeError('requiredClaims must be an array of strings');
  }
  return Object.freeze({
    issuer: textOption('issuer', options.issuer),
    audience: textOption('audience', options.audience),
    clockToleranceSeconds: numberOption('clockToleranceSeconds', options.clockToleranceSeconds ?? 0, 0, 300),
    maxAgeSeconds:
      options.maxAgeSeconds === undefined
        ? undefined
        : numberOption('maxAgeSeconds', options.maxAgeSeconds, 1, 2 ** 31),
    requiredClaims: [...requiredClaims],
    expiryRequired: options.dangerouslyAllowNoExpiry !== true,
    subject: optional('subject'),
    nonce: optional('nonce'),
    jwtId: optional('jwtId'),
  });
}

interface KeyFinder {
  (header: Header): { readonly kid: string; readonly material: KeyMaterial };
  /** The material that is in force for a `kid` at this moment. */
  current(kid: string): KeyMaterial | undefined;
}

function keyFinder(keys: JwtVerifierOptions['keys']): KeyFinder {
  const single = typeof keys === 'object' && 'kind' in keys ? keys : undefined;
  if (single !== undefined) materialOf(single, ['public', 'secret'], 'verify');
  else if (typeof keys !== 'function' && typeof (keys as Partial<KeySet> | undefined)?.find !== 'function') {
    throw new TypeError('keys must be a public key, a secret key, a key set, or a function that gives a key set');
  }
  const find = (kid: string): PublicKey | SecretKey | undefined => {
    if (single !== undefined) return single.kid === kid ? single : undefined;
    return (typeof keys === 'function' ? keys() : (keys as KeySet)).find(kid);
  };
  const current = (kid: string): KeyMaterial | undefined => {
    const key = find(kid);
    return key === undefined ? undefined : materialOf(key, ['public', 'secret'], 'verify');
  };
  const finder = (header: Header): { kid: string; material: KeyMaterial } => {
    const kid = header.kid ?? single?.kid;
    const material = kid === undefined ? undefined : current(kid);
    if (kid === undefined || material === undefined) throw new TokenRejected('token/unknown-key', 'kid');
    return { kid, material };
  };
  return Object.assign(finder, { current });
}

function split(token: string, maxTokenBytes: number) {
  if (typeof token !== 'string') throw new TokenRejected('token/malformed');
  // before anything is searched for: a header of dots costs nothing. Base64url is one byte a character
  if (token.length > maxTokenBytes) throw new TokenRejected('token/too-long');
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first < 1 || second < first + 2 || token.indexOf('.', second + 1) !== -1)
    throw new TokenRejected('token/malformed');
  decodeSegment(token.slice(second + 1));
  return {
    headerText: token.slice(0, first),
    payloadText: token.slice(first + 1, second),
    dot: second,
  };
}

/** Strict by writing it again: one value has one spelling. RFC 7515 §2, RFC 4648 §3.5 */
function decodeSegment(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') !== text) throw new TokenRejected('token/malformed');
  return bytes;
}

/** RFC 8725 §3.1: the header only says what the key is already known to be. */
function checkSignature(header: Header, { row, object }: KeyMaterial, token: string, dot: number): void {
  if (findAlgorithm(header.alg) !== row) throw new TokenRejected('token/algorithm', 'alg');
  if (!bindSignatureCheck(row, object).check(token, dot)) throw new TokenRejected('token/signature');
}

function parsePayload(text: string): JwtClaims {
  let parsed: unknown;
  try {
    parsed = parseStrictJson(decodeSegment(text));
  } catch {
    throw new TokenRejected('token/malformed');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new TokenRejected('token/malformed');
  return deepFreeze(parsed as JwtClaims);
}

function shape<C>(schema: StandardSchema<C> | undefined, claims: JwtClaims): C {
  if (schema === undefined) return claims as C;
  const result = schema['~standard'].validate(claims);
  if (result instanceof Promise) throw new TypeError('claims must be a schema that answers at once');
  if (result.issues !== undefined) {
    const name = result.issues[0]?.path?.[0];
    throw new TokenRejected('token/claim', typeof name === 'string' ? name : undefined);
  }
  return result.value;
}
