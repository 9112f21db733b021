import type { Expectations, JwtClaims } from './claims.ts';
import { isExtensionName, normalizeType } from './header.ts';
import type { KeySource } from './key-finder.ts';
import { numberOption, refuseUnknown, textOption } from './options.ts';
import { type StandardSchema, schemaOption } from './standard-schema.ts';
import type { TokenMemory } from './token-cache.ts';

/** Milliseconds since 1970. */
export type Clock = () => number;

/** What is accepted. Parsed once, by `createJwtVerifier`; unknown options are refused. What decides trust has no default. */
export interface JwtVerifierOptions<Output = JwtClaims> {
  /**
   * One key, a set, or a function that gives the key or set in force and answers at once. The key decides the algorithm, never the
   * token. RFC 8725 §3.1
   */
  readonly keys: KeySource;
  /** Compared with `iss`, byte for byte. */
  readonly issuer: string;
  /** `aud` must be or hold exactly this, or one of these. */
  readonly audience: string | readonly string[];
  /** Compared without case and without `application/`. RFC 8725 §3.11 */
  readonly typ: string;
  /** Accepts tokens whose header has no `typ` as well: some issuers leave it out. Default: false. */
  readonly dangerouslyAllowNoTyp?: boolean;
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
  /** Header extensions that the caller heeds itself; a token whose `crit` lists another one is refused. RFC 7515 §4.1.11 */
  readonly understoodExtensions?: readonly string[];
  /** Types the claims and checks their shape; must answer at once. The registered claims are handed out beside what it makes. */
  readonly claims?: StandardSchema<unknown, Output>;
  /** Remembers accepted tokens: `rememberTokens({ maxEntries, maxBytes })`. Default: no. */
  readonly cache?: TokenMemory;
}

/** Options after their parse. */
export interface VerifierSettings<Output> {
  readonly keys: KeySource;
  readonly typ: string;
  readonly typRequired: boolean;
  readonly clock: Clock;
  readonly expected: Expectations;
  readonly maxTokenBytes: number;
  readonly understood: ReadonlySet<string>;
  readonly schema: StandardSchema<unknown, Output> | undefined;
  readonly cache: TokenMemory | undefined;
}

const OPTIONS = [
  'keys',
  'issuer',
  'audience',
  'typ',
  'dangerouslyAllowNoTyp',
  'clock',
  'clockToleranceSeconds',
  'maxAgeSeconds',
  'dangerouslyAllowNoExpiry',
  'requiredClaims',
  'subject',
  'nonce',
  'jwtId',
  'maxTokenBytes',
  'understoodExtensions',
  'claims',
  'cache',
];

/** @throws {TypeError} naming the option that is missing, unknown or out of range. */
export function parseVerifierOptions<Output>(options: JwtVerifierOptions<Output>): VerifierSettings<Output> {
  refuseUnknown(options, OPTIONS);
  const { clock = Date.now } = options;
  if (typeof clock !== 'function') throw new TypeError('clock must be a function');
  if (options.cache !== undefined && typeof options.cache?.create !== 'function')
    throw new TypeError('cache must come from rememberTokens');
  return {
    keys: options.keys,
    typ: normalizeType(textOption('typ', options.typ)),
    typRequired: options.dangerouslyAllowNoTyp !== true,
    clock,
    expected: readExpectations(options),
    maxTokenBytes: numberOption('maxTokenBytes', options.maxTokenBytes ?? 8_192, 64, 65_536),
    understood: new Set(extensionNames(options.understoodExtensions ?? [])),
    schema: schemaOption(options.claims),
    cache: options.cache,
  };
}

function readExpectations(options: JwtVerifierOptions<unknown>): Expectations {
  const optional = (name: 'subject' | 'nonce' | 'jwtId'): string | undefined =>
    options[name] === undefined ? undefined : textOption(name, options[name]);
  const { audience, maxAgeSeconds } = options;
  const audiences = Array.isArray(audience) ? textsOption('audience', audience) : [textOption('audience', audience)];
  if (audiences.length === 0) throw new TypeError('audience must name at least one');
  return Object.freeze({
    issuer: textOption('issuer', options.issuer),
    audiences,
    clockToleranceSeconds: numberOption('clockToleranceSeconds', options.clockToleranceSeconds ?? 0, 0, 300),
    maxAgeSeconds: maxAgeSeconds === undefined ? undefined : numberOption('maxAgeSeconds', maxAgeSeconds, 1, 2 ** 31),
    requiredClaims: textsOption('requiredClaims', options.requiredClaims ?? []),
    expiryRequired: options.dangerouslyAllowNoExpiry !== true,
    subject: optional('subject'),
    nonce: optional('nonce'),
    jwtId: optional('jwtId'),
  });
}

function textsOption(name: string, values: unknown): readonly string[] {
  if (!Array.isArray(values)) throw new TypeError(`${name} must be an array of strings`);
  return values.map((value) => textOption(name, value));
}

function extensionNames(names: unknown): readonly string[] {
  if (!Array.isArray(names) || !names.every(isExtensionName))
    throw new TypeError('understoodExtensions must be an array of unregistered names');
  return names;
}
