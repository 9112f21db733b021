import type { AlgorithmRow } from './algorithms.ts';
import { isText, isTime, type JwtClaims } from './claims.ts';
import { SigningRefused } from './errors.ts';
import { isPlainObject } from './members.ts';
import { numberOption, refuseUnknown, textOption } from './options.ts';
import { createReadableClaimsCheck } from './readable-claims.ts';
import { LONGEST_INPUT, scratch } from './scratch.ts';
import { judgeBySchema, type StandardSchema, schemaOption } from './standard-schema.ts';
import type { Clock } from './verifier-options.ts';

/** What a signer's tokens are like. Parsed once; unknown options are refused. */
export interface TokenOptions<Input = JwtClaims> {
  /** Type of the tokens it makes, `at+jwt` for instance. RFC 8725 §3.11 */
  readonly typ: string;
  /** `iss` of tokens whose claims have none. */
  readonly issuer?: string;
  /** `aud` of tokens whose claims have none. */
  readonly audience?: string | readonly string[];
  /** Sets `iat` to now and `exp` to so much later, where the claims have none. Whole seconds, 1 to 10 years. */
  readonly lifetimeSeconds?: number;
  /** Default: `Date.now`. */
  readonly clock?: Clock;
  /** Types the claims and checks them before they are signed; must answer at once. What is signed are the claims as they were given. */
  readonly claims?: StandardSchema<Input, unknown>;
  /** Longest token it makes, bytes. 64 to 65,536. Default: 1,024. */
  readonly budgetBytes?: number;
  /** Claims that look like secrets or personal data and are wanted all the same. */
  readonly allowReadableClaims?: readonly string[];
}

export const TOKEN_OPTIONS = [
  'typ',
  'issuer',
  'audience',
  'lifetimeSeconds',
  'clock',
  'claims',
  'budgetBytes',
  'allowReadableClaims',
] as const;

const LONGEST_LIFETIME = 10 * 366 * 86_400;
const DEEPEST = 32;

/** The signing input of RFC 7515 §5.1, in two parts: joined, they would be copied once more for each token. */
export interface SigningInput {
  /** The header in base64url, and the dot behind it. */
  readonly prefix: string;
  /** Claims as a payload in base64url. @throws {SigningRefused} */
  payloadOf(claims: object): string;
}

/** Of the key whose tokens are made. */
export interface SigningKeyFacts {
  readonly row: AlgorithmRow;
  readonly kid: string;
  readonly signatureCharacters: number;
}

/** @throws {TypeError} naming the option that is missing, unknown or out of range. */
export function createSigningInput(options: TokenOptions<unknown>, key: SigningKeyFacts): SigningInput {
  const header = { alg: key.row.alg, typ: textOption('typ', options.typ), kid: key.kid };
  const prefix = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.`;
  const budgetBytes = numberOption('budgetBytes', options.budgetBytes ?? 1_024, 64, LONGEST_INPUT);
  const checkReadable = createReadableClaimsCheck(options.allowReadableClaims ?? []);
  const schema = schemaOption(options.claims);
  const fill = createFill(options);
  return {
    prefix,
    payloadOf(given) {
      const claims = fill(given as JwtClaims);
      refuseWrongClaims(claims);
      checkReadable(claims);
      checkSchema(schema, claims);
      const payload = encodePayload(claims);
      // counted before it is signed: a signature may cost money
      if (prefix.length + payload.length + 1 + key.signatureCharacters > budgetBytes)
        throw new SigningRefused('sign/over-budget', largest(claims));
      return payload;
    },
  };
}

/** Refuses options that no signer has. @throws {TypeError} naming the option. */
export function refuseUnknownTokenOptions(options: object, more: readonly string[]): void {
  refuseUnknown(options, [...TOKEN_OPTIONS, ...more]);
}

/** Adds what the options say and the claims don't. */
function createFill(options: TokenOptions<unknown>): (claims: JwtClaims) => JwtClaims {
  const { issuer, audience, lifetimeSeconds, clock = Date.now } = options;
  if (issuer !== undefined) textOption('issuer', issuer);
  if (audience !== undefined && !(isAudience(audience) && audience.length > 0))
    throw new TypeError('audience must be a non-empty string or an array of such');
  if (typeof clock !== 'function') throw new TypeError('clock must be a function');
  if (lifetimeSeconds !== undefined) numberOption('lifetimeSeconds', lifetimeSeconds, 1, LONGEST_LIFETIME);
  const fixed: JwtClaims = {
    ...(issuer === undefined ? {} : { iss: issuer }),
    ...(audience === undefined ? {} : { aud: audience }),
  };
  if (lifetimeSeconds === undefined) {
    if (Object.keys(fixed).length === 0) return (claims) => claims;
    return (claims) => ({ ...fixed, ...claims });
  }
  return (claims) => {
    const now = Math.floor(clock() / 1_000);
    return { ...fixed, iat: now, exp: (claims.iat ?? now) + lifetimeSeconds, ...claims };
  };
}

/**
 * RFC 7519 §4: what our own verifier would refuse, or JSON can't say, isn't signed. Only own members count, as in JSON. Half a surrogate pair is
 * found in the JSON.
 */
function refuseWrongClaims(claims: unknown): asserts claims is JwtClaims {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims))
    throw new SigningRefused('sign/claim', []);
  let wrong: string[] | undefined;
  for (const name of Object.keys(claims)) {
    if (!isClaim(name, (claims as JwtClaims)[name])) wrong = [...(wrong ?? []), name];
  }
  if (wrong !== undefined) throw new SigningRefused('sign/claim', wrong);
}

function isClaim(name: string, value: unknown): boolean {
  switch (name) {
    case 'exp':
    case 'nbf':
    case 'iat':
      return isTime(value);
    case 'iss':
    case 'sub':
    case 'jti':
      return isText(value);
    case 'aud':
      return isAudience(value);
    default:
      return isJson(value, 0);
  }
}

function isAudience(aud: unknown): boolean {
  if (aud === undefined) return true;
  return Array.isArray(aud)
    ? aud.length > 0 && aud.every((one) => typeof one === 'string' && one !== '')
    : typeof aud === 'string' && aud !== '';
}

/** True for what JSON says without loss: no NaN that becomes null, no date that becomes text, no cycle. */
function isJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'undefined':
      // left out of objects; an array would have null there
      return depth === 0;
    case 'object':
      return value === null || isJsonContainer(value, depth + 1);
    default:
      return false;
  }
}

function isJsonContainer(value: object, depth: number): boolean {
  // one level is the claims' own
  if (depth >= DEEPEST) return false;
  if (Array.isArray(value)) return value.every((one) => isJson(one, depth));
  if (!isPlainObject(value)) return false;
  return Object.values(value).every((one) => one === undefined || isJson(one, depth));
}

function checkSchema(schema: StandardSchema<unknown, unknown> | undefined, claims: JwtClaims): void {
  if (schema === undefined) return;
  const verdict = judgeBySchema(schema, claims);
  if (!verdict.good) throw new SigningRefused('sign/claim', verdict.member === undefined ? [] : [verdict.member]);
}

/** How JSON spells half a surrogate pair; behind an odd number of backslashes it is text that only looks like it. ECMA-262 §25.5.2.3 */
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;

function encodePayload(claims: JwtClaims): string {
  const json = JSON.stringify(claims);
  if (json.includes('\\ud') && LONE_SURROGATE.test(json))
    throw new SigningRefused('sign/claim', loneSurrogatesIn(claims));
  // a character has at most three bytes of UTF-8
  if (json.length * 3 > LONGEST_INPUT) return Buffer.from(json).toString('base64url');
  const length = scratch.input.write(json, 'utf8');
  return scratch.input.toString('base64url', 0, length);
}

function loneSurrogatesIn(claims: JwtClaims): string[] {
  return Object.keys(claims).filter((name) => LONE_SURROGATE.test(JSON.stringify({ [name]: claims[name] })));
}

/** Names of the largest claims, largest first, at most three. */
function largest(claims: JwtClaims): string[] {
  return Object.entries(claims)
    .map(([name, value]) => ({ name, size: JSON.stringify(value)?.length ?? 0 }))
    .toSorted((a, b) => b.size - a.size)
    .slice(0, 3)
    .map(({ name }) => name);
}
