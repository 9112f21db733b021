import type { JwkSet, JwtClaims, StandardSchema } from '@mapae/jwt';
import type { CookieSettings } from './credentials.ts';

/** What a resource server accepts. Parsed once, by {@link createVerifier}; unknown options are refused. What decides trust has no default. */
export interface VerifierOptions<C = JwtClaims> {
  /** Issuer to accept, compared byte for byte with `iss`. `https:`, no query, no fragment. RFC 8414 §2 */
  readonly issuer: string;
  /** What this API is called in `aud`, byte for byte. RFC 9068 §4 */
  readonly audience: string;
  /**
   * The revocation feed to follow. Default: `<issuer>/events/revocations`, without a key. `false`: tokens are good until they expire, whatever
   * happens to their session.
   */
  readonly feed?: { readonly url?: string; readonly key?: string } | false;
  /** Keys of the issuer, instead of fetching them. They are never renewed. */
  readonly keys?: JwkSet;
  /**
   * Takes access tokens from a cookie too. `origins`: origins whose pages may send it, beside the API's own. Default: the Authorization
   * header only.
   */
  readonly cookie?: { readonly name: string; readonly origins?: readonly string[] };
  /** Types the principal's claims and checks their shape; must answer at once. */
  readonly claims?: StandardSchema<C>;
  /** How far `exp`, `nbf` and `iat` may be off. Whole seconds, 0 to 300. Default: 10. */
  readonly clockToleranceSeconds?: number;
  /** Without a fresh frame for this long, revocations may have been missed. Whole seconds, 2 to 300. Default: 5. */
  readonly staleAfterSeconds?: number;
  /** When revocations may have been missed: go on for `staleGraceSeconds`, or refuse at once. Default: `allow`. */
  readonly whenStale?: 'allow' | 'deny';
  /** Whole seconds, 0 to 3,600. Default: 60. */
  readonly staleGraceSeconds?: number;
  /** Remembers tokens that were accepted. Default: 10,000 entries, 16 MiB. `false`: each signature is checked each time. */
  readonly cache?: { readonly maxEntries: number; readonly maxBytes: number } | false;
  /** Bound on revocations held; with more the verifier is stale. 1,000 to 10,000,000. Default: 1,000,000. */
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
  /** Told what happens to the feed and the keys: `feed.lost`, `feed.out-of-step`, `feed.refused`, `keys.unavailable`, `keys.malformed`. */
  readonly log?: (event: string) => void;
}

/** The options, complete and checked. */
export interface VerifierSettings<C = JwtClaims>
  extends Required<Omit<VerifierOptions<C>, 'feed' | 'keys' | 'cookie' | 'claims'>> {
  readonly feed: { readonly url: string; readonly key: string | undefined } | false;
  readonly keys: JwkSet | undefined;
  readonly cookie: CookieSettings | undefined;
  readonly claims: StandardSchema<C> | undefined;
}

const OPTIONS = new Set([
  'issuer',
  'audience',
  'feed',
  'keys',
  'cookie',
  'claims',
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
  'log',
]);
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** @throws {TypeError} naming the option. */
export function parseVerifierOptions<C>(options: VerifierOptions<C>): VerifierSettings<C> {
  for (const name of Object.keys(options)) if (!OPTIONS.has(name)) throw new TypeError(`unknown option ${name}`);
  const dangerouslyAllowHttp = options.dangerouslyAllowHttp ?? false;
  const issuer = addressOption('issuer', options.issuer, dangerouslyAllowHttp);
  if (typeof options.audience !== 'string' || options.audience === '')
    throw new TypeError('audience must be a non-empty string');
  if (options.audience === issuer) throw new TypeError('audience must not be the issuer: that is the account API');
  const { whenStale = 'allow' } = options;
  if (whenStale !== 'allow' && whenStale !== 'deny') throw new TypeError("whenStale must be 'allow' or 'deny'");
  return Object.freeze({
    issuer,
    audience: options.audience,
    feed: feedOption(options.feed, issuer, dangerouslyAllowHttp),
    keys: options.keys,
    cookie: cookieOption(options.cookie),
    claims: options.claims,
    clockToleranceSeconds: secondsOption('clockToleranceSeconds', options.clockToleranceSeconds ?? 10, 0, 300),
    staleAfterSeconds: secondsOption('staleAfterSeconds', options.staleAfterSeconds ?? 5, 2, 300),
    whenStale,
    staleGraceSeconds: secondsOption('staleGraceSeconds', options.staleGraceSeconds ?? 60, 0, 3_600),
    cache: options.cache ?? { maxEntries: 10_000, maxBytes: 16 * 1_048_576 },
    maxRevocations: secondsOption('maxRevocations', options.maxRevocations ?? 1_000_000, 1_000, 10_000_000),
    dangerouslyAllowHttp,
    clock: options.clock ?? Date.now,
    monotonic: options.monotonic ?? (() => performance.now()),
    jitter: options.jitter ?? Math.random,
    fetch: options.fetch ?? fetch,
    log: options.log ?? (() => {}),
  });
}

function feedOption(feed: VerifierOptions['feed'], issuer: string, allowHttp: boolean): VerifierSettings['feed'] {
  if (feed === false) return false;
  for (const name of Object.keys(feed ?? {}))
    if (name !== 'url' && name !== 'key') throw new TypeError(`unknown option feed.${name}`);
  const url = addressOption('feed.url', feed?.url ?? `${issuer}/events/revocations`, allowHttp);
  if (feed?.key !== undefined && (typeof feed.key !== 'string' || feed.key === ''))
    throw new TypeError('feed.key must be a non-empty string');
  return { url, key: feed?.key };
}

/** RFC 6265 §4.1.1: a cookie's name is a token of RFC 9110 §5.6.2. */
const COOKIE_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

function cookieOption(cookie: VerifierOptions['cookie']): CookieSettings | undefined {
  if (cookie === undefined) return undefined;
  for (const name of Object.keys(cookie))
    if (name !== 'name' && name !== 'origins') throw new TypeError(`unknown option cookie.${name}`);
  const { name, origins = [] } = cookie;
  if (typeof name !== 'string' || !COOKIE_NAME.test(name))
    throw new TypeError('cookie.name must be the name of a cookie');
  if (!Array.isArray(origins) || !origins.every(isOrigin))
    throw new TypeError('cookie.origins must be origins, like https://app.example.com');
  return Object.freeze({ name, origins: Object.freeze([...(origins as string[])]) });
}

function isOrigin(text: unknown): boolean {
  return typeof text === 'string' && URL.canParse(text) && new URL(text).origin === text;
}

function addressOption(name: string, value: unknown, allowHttp: boolean): string {
  if (typeof value !== 'string' || !URL.canParse(value) || /[?#]/.test(value) || value.endsWith('/')) {
    throw new TypeError(`${name} must be an absolute URL without a trailing slash, query or fragment`);
  }
  const { protocol, hostname } = new URL(value);
  if (protocol === 'https:' || (protocol === 'http:' && (allowHttp || LOOPBACK.has(hostname)))) return value;
  throw new TypeError(`${name} must be https`);
}

function secondsOption(name: string, value: unknown, least: number, most: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) {
    throw new TypeError(`${name} must be a whole number from ${least} to ${most}`);
  }
  return value as number;
}
