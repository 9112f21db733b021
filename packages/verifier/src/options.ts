import type { JwtClaims, StandardSchema } from '@mapae/jwt';
import type { CookieSettings } from './credentials.ts';
import { type DpopChoice, type DpopOptions, parseDpopOptions } from './dpop-options.ts';
import { ISSUER_OPTIONS, type IssuerOptions, type IssuerSettings, parseIssuerOptions } from './issuer-options.ts';
import { NO_METRICS, type VerifierMetrics } from './metrics.ts';
import { addressOption, originsOption, refuseUnknown, textOption, wholeOption } from './option-checks.ts';
import type { StalePolicy } from './policy.ts';
import type { TokenOpener } from './token-opener.ts';

/** What a resource server accepts, whoever issued it. */
export interface CommonOptions<C = JwtClaims> {
  /** What this API is called in `aud`, byte for byte. RFC 9068 §4 */
  readonly audience: string;
  /** What this verifier is called in the server's list of those connected. Default: the audience. */
  readonly name?: string;
  /**
   * Takes access tokens from a cookie too. `origins`: origins whose pages may send it, beside the API's own. Default: the Authorization
   * header only.
   */
  readonly cookie?: { readonly name: string; readonly origins?: readonly string[] };
  /** Lets tokens in that are bound to a client's key. Default: they are refused. RFC 9449 */
  readonly dpop?: DpopOptions;
  /** Address of this API's metadata, named in challenges. RFC 9728 §5.1 */
  readonly resourceMetadata?: string;
  /** Types the principal's claims and checks their shape; must answer at once. */
  readonly claims?: StandardSchema<C>;
  /**
   * Opens tokens that were encrypted for this API: `decryptWith(keys)` of @mapae/verifier/jwe. Tokens that are signed only are let in as before.
   * Default: encrypted tokens are refused. RFC 7519 §11.2
   */
  readonly decryptionKeys?: TokenOpener;
  /** How far `exp`, `nbf` and `iat` may be off. Whole seconds, 0 to 300. Default: 10. */
  readonly clockToleranceSeconds?: number;
  /** Without a fresh frame for this long, revocations may have been missed. Whole seconds, 2 to 300. Default: 5. */
  readonly staleAfterSeconds?: number;
  /** When revocations may have been missed: go on for `staleGraceSeconds`, ask the issuer about each token, or refuse at once. Default: `allow`. */
  readonly whenStale?: StalePolicy;
  /** Whole seconds, 0 to 3,600. Default: 60. */
  readonly staleGraceSeconds?: number;
  /** Remembers tokens that were accepted. Default: 10,000 entries, 16 MiB. `false`: each signature is checked each time. */
  readonly cache?: { readonly maxEntries: number; readonly maxBytes: number } | false;
  /** Bound on revocations held of one issuer; with more the verifier is stale. 1,000 to 10,000,000. Default: 1,000,000. */
  readonly maxRevocations?: number;
  /** Accepts an issuer over plain http that isn't on loopback. Default: false. */
  readonly dangerouslyAllowHttp?: boolean;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  /** Milliseconds of a clock that only moves forward. */
  readonly monotonic?: () => number;
  /** 0 ≤ n < 1: spreads reconnects. */
  readonly jitter?: () => number;
  readonly fetch?: typeof fetch;
  /** Takes figures as they come. Default: nobody. */
  readonly metrics?: VerifierMetrics;
  /**
   * Told what happens to the feed and the keys: `feed.lost`, `feed.out-of-step`, `feed.refused`, `feed.too-large`, `feed.polling`, `keys.fetched`,
   * `keys.unavailable`, `keys.malformed`, `report.refused`, `introspection.refused`, `introspection.unavailable`.
   */
  readonly log?: (event: string) => void;
}

/** Several issuers: each one's keys, feed and cut-offs touch its own tokens only. */
export interface SeveralIssuers extends Readonly<Partial<Record<keyof IssuerOptions, never>>> {
  readonly issuers: readonly IssuerOptions[];
}

/** What a resource server accepts. Parsed once, by {@link createVerifier}; unknown options are refused. What decides trust has no default. */
export type VerifierOptions<C = JwtClaims> = CommonOptions<C> & (IssuerOptions | SeveralIssuers);

/** The options, complete and checked. */
export interface VerifierSettings<C = JwtClaims> {
  readonly issuers: readonly IssuerSettings[];
  readonly audience: string;
  readonly name: string;
  readonly cookie: CookieSettings | undefined;
  readonly dpop: DpopChoice | undefined;
  readonly resourceMetadata: string | undefined;
  readonly claims: StandardSchema<C> | undefined;
  readonly decryptionKeys: TokenOpener | undefined;
  readonly clockToleranceSeconds: number;
  readonly staleAfterSeconds: number;
  readonly whenStale: StalePolicy;
  readonly staleGraceSeconds: number;
  readonly cache: { readonly maxEntries: number; readonly maxBytes: number } | false;
  readonly maxRevocations: number;
  readonly clock: () => number;
  readonly monotonic: () => number;
  readonly jitter: () => number;
  readonly metrics: VerifierMetrics;
  readonly log: (event: string) => void;
}

const COMMON_OPTIONS = [
  'audience',
  'name',
  'cookie',
  'dpop',
  'resourceMetadata',
  'claims',
  'decryptionKeys',
  'clockToleranceSeconds',
  'staleAfterSeconds',
  'whenStale',
  'staleGraceSeconds',
  'cache',
  'maxRevocations',
  'dangerouslyAllowHttp',
  'clock',
  'monotonic',
  'jitter',
  'fetch',
  'metrics',
  'log',
] as const;

/** @throws {TypeError} naming the option. */
export function parseVerifierOptions<C>(options: VerifierOptions<C>): VerifierSettings<C> {
  refuseUnknown(options, [...COMMON_OPTIONS, ...ISSUER_OPTIONS, 'issuers']);
  const { dangerouslyAllowHttp = false, whenStale = 'allow' } = options;
  const clockToleranceSeconds = wholeOption('clockToleranceSeconds', options.clockToleranceSeconds ?? 10, 0, 300);
  const shared = { dangerouslyAllowHttp, fetch: options.fetch ?? fetch, clockToleranceSeconds };
  const issuers = issuersOption(options).map((one) => parseIssuerOptions(one, shared));
  const audience = textOption('audience', options.audience);
  if (issuers.some(({ issuer }) => issuer === audience))
    throw new TypeError('audience must not be the issuer: that is the account API');
  if (new Set(issuers.map(({ issuer }) => issuer)).size !== issuers.length)
    throw new TypeError('issuers must differ from one another');
  if (!['allow', 'deny', 'introspect'].includes(whenStale))
    throw new TypeError("whenStale must be 'allow', 'deny' or 'introspect'");
  if (
    whenStale === 'introspect' &&
    issuers.some(({ introspection, feed }) => feed !== false && introspection === undefined)
  )
    throw new TypeError("whenStale: 'introspect' needs the option introspection");
  return Object.freeze({
    issuers: Object.freeze(issuers),
    audience,
    name: nameOption(options.name ?? audience),
    cookie: cookieOption(options.cookie),
    dpop: parseDpopOptions(options.dpop, shared),
    resourceMetadata:
      options.resourceMetadata === undefined
        ? undefined
        : addressOption('resourceMetadata', options.resourceMetadata, dangerouslyAllowHttp),
    claims: options.claims,
    decryptionKeys: openerOption(options.decryptionKeys),
    clockToleranceSeconds,
    staleAfterSeconds: wholeOption('staleAfterSeconds', options.staleAfterSeconds ?? 5, 2, 300),
    whenStale,
    staleGraceSeconds: wholeOption('staleGraceSeconds', options.staleGraceSeconds ?? 60, 0, 3_600),
    cache: options.cache ?? { maxEntries: 10_000, maxBytes: 16 * 1_048_576 },
    maxRevocations: wholeOption('maxRevocations', options.maxRevocations ?? 1_000_000, 1_000, 10_000_000),
    clock: options.clock ?? Date.now,
    monotonic: options.monotonic ?? (() => performance.now()),
    jitter: options.jitter ?? Math.random,
    metrics: options.metrics ?? NO_METRICS,
    log: options.log ?? (() => {}),
  });
}

function issuersOption<C>(options: VerifierOptions<C>): readonly IssuerOptions[] {
  if (!('issuers' in options) || options.issuers === undefined) {
    const own = Object.entries(options).filter(([name]) => ISSUER_OPTIONS.some((option) => option === name));
    return [Object.fromEntries(own) as unknown as IssuerOptions];
  }
  const issuers: readonly IssuerOptions[] = (options as SeveralIssuers).issuers;
  for (const name of ISSUER_OPTIONS)
    if (name in options) throw new TypeError(`${name} stands beside issuers: it belongs to one of them`);
  if (!isNonEmptyList(issuers)) throw new TypeError('issuers must be one or more');
  for (const [index, one] of issuers.entries()) refuseUnknown(one, ISSUER_OPTIONS, `issuers[${index}].`);
  return issuers;
}

function isNonEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

const NAME = /^[\x20-\x7e]{1,200}$/;

function nameOption(name: unknown): string {
  if (typeof name !== 'string' || !NAME.test(name))
    throw new TypeError('name must be 1 to 200 printable ASCII characters');
  return name;
}

function openerOption(opener: TokenOpener | undefined): TokenOpener | undefined {
  if (opener !== undefined && typeof opener?.open !== 'function')
    throw new TypeError('decryptionKeys must come from decryptWith of @mapae/verifier/jwe');
  return opener;
}

/** RFC 6265 §4.1.1: a cookie's name is a token of RFC 9110 §5.6.2. */
const COOKIE_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

function cookieOption(cookie: CommonOptions['cookie']): CookieSettings | undefined {
  if (cookie === undefined) return undefined;
  refuseUnknown(cookie, ['name', 'origins'], 'cookie.');
  const { name, origins = [] } = cookie;
  if (typeof name !== 'string' || !COOKIE_NAME.test(name))
    throw new TypeError('cookie.name must be the name of a cookie');
  return Object.freeze({ name, origins: originsOption('cookie.origins', origins) });
}
