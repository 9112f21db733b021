import { z } from 'zod';
import type { SendMail } from './accounts/mail/mailer.ts';
import type { Hooks } from './hooks.ts';
import { ALWAYS_ALGS } from './keys/signing-algs.ts';
import { PAGE_OPTIONS, type PageOptions } from './pages/page-options.ts';
import { RESOURCE, type Resource, signingAlg } from './resource-options.ts';
import type { SocialOptions } from './social/options.ts';
import type { Database } from './stores/database.ts';

/** What happened, for the log. Ids and codes; never a token, a password, a key or an address of a person. */
export interface LogEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly event: string;
  readonly [detail: string]: unknown;
}

/** Parsed once, by `createServer`; unknown options are refused. */
export interface ServerOptions {
  /** Public address: `https:`, no path ending in `/`, no query, no fragment. Plain http on loopback, in development only. RFC 8414 §2 */
  readonly issuer: string;
  readonly database: Database;
  /** The first makes new things, the others are still accepted. Each at least 43 characters, from a random source. */
  readonly secrets: readonly string[];
  /** Default: `production`. */
  readonly mode?: 'production' | 'development';
  /**
   * What to do where the database's schema is behind: `apply` brings it up to date, `fill` does so in an empty database
   * only and refuses to start otherwise. Default: `fill` in production, `apply` in development.
   */
  readonly schema?: 'apply' | 'fill';
  readonly resources?: readonly Resource[];
  /** First-party clients beside `first-party`, which always exists. */
  readonly clients?: readonly { readonly id: string; readonly name: string }[];
  /** Origins, beside the issuer's own, whose pages may use cookies here. */
  readonly origins?: readonly string[];
  /** Origins whose pages may have tokens in the answer's body. */
  readonly bearerOrigins?: readonly string[];
  /** Who may follow the revocation feed; each key at least 32 characters. */
  readonly feedKeys?: readonly { readonly name: string; readonly key: string }[];
  /** Lets anyone follow the revocation feed. Default: false. */
  readonly dangerouslyOpenFeed?: boolean;
  /** Addresses or CIDR blocks whose `X-Forwarded-For` counts. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** Whole seconds, 30 to 86,400. Default: 300. */
  readonly accessTokenSeconds?: number;
  /** A session ends when unused for this long. Default: 30 days. */
  readonly idleSeconds?: number;
  /** A session ends after this long in any case. Default: 180 days. */
  readonly absoluteSeconds?: number;
  /** Signing keys beside ES256 and RS256, which always exist: `EdDSA`, `ML-DSA-65` and others. A resource may ask for one. Default: none. */
  readonly signingAlgs?: readonly string[];
  /** A signing key is replaced after this long. 10 s to 10 years. Default: 90 days. */
  readonly keyRotationSeconds?: number;
  /** A signing key is published for so long before it signs. Shorter than the rotation. Default: 1 day. */
  readonly keyLeadSeconds?: number;
  /** Sessions a person may have; the one unused for longest ends when one more begins. 1 to 10,000. Default: 100. */
  readonly sessionsPerUser?: number;
  /** Within this time of an advance, its predecessor yields the same successor. 1 to 300. Default: 30. */
  readonly retryWindowSeconds?: number;
  /** Hands a mail to whoever delivers it. Default: none is sent; in development they are kept for `/dev/mailbox`. */
  readonly sendMail?: SendMail;
  /** The pages that people see: name, logo, colours; `false` turns them off. Default: on. docs/guides/hosted-pages.md */
  readonly pages?: false | PageOptions;
  /** Code of the application that the server calls. Default: none. */
  readonly hooks?: Hooks;
  /** Where people may sign in with an account that they have elsewhere. Default: nowhere. docs/guides/social */
  readonly social?: SocialOptions;
  /** How the server reaches those. Default: Node's own. */
  readonly fetch?: typeof fetch;
  /** Refuses sign-in until the address was verified. Default: false. */
  readonly requireVerifiedEmail?: boolean;
  /** Opens `GET /metrics` to whoever shows it; at least 32 characters. Default: there are no metrics. docs/adr/0043 */
  readonly metricsKey?: string;
  /** Makes OpenTelemetry spans, by `@opentelemetry/api` and the tracer provider of the process. Default: false. docs/adr/0044 */
  readonly traces?: boolean;
  /** Events of the audit log are kept for so long. 1 day to 10 years. Default: 365 days. */
  readonly auditSeconds?: number;
  readonly log?: (entry: LogEntry) => void;
  /** Milliseconds since 1970. Default: the database's clock. */
  readonly clock?: () => number;
  readonly random?: (bytes: number) => Uint8Array;
}

/** Scope of the account API: one's own data, sessions and sign-outs. */
export const ACCOUNT_SCOPE = 'account';
/** The client that exists from the first start. */
export const FIRST_PARTY_CLIENT = 'first-party';

const DAY = 86_400;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
// what stands in tutorials is no secret
const WELL_KNOWN = /^(secret|changeme|password|test|default|example|your[-_ ]?secret)/i;

const origin = z
  .string()
  .refine((text) => URL.canParse(text) && new URL(text).origin === text, 'is no origin, like https://app.example.com');
const seconds = (least: number, most: number) => z.int().min(least).max(most);
const custom = <T>() => z.custom<T>((value) => typeof value === 'function', 'must be a function');

const OPTIONS = z.strictObject({
  issuer: z.string().refine(isIssuer, 'must be an absolute URL without a trailing slash, query or fragment'),
  database: z.custom<Database>(
    (value) => typeof (value as Partial<Database> | undefined)?.open === 'function',
    'must be a database: sqlite(…) or postgres(…)',
  ),
  secrets: z
    .array(z.string().min(43, 'is too short: 43 characters from a random source'))
    .min(1, 'must hold one secret at least'),
  mode: z.enum(['production', 'development']).default('production'),
  schema: z.enum(['apply', 'fill']).optional(),
  resources: z.array(RESOURCE).default([]),
  clients: z.array(z.strictObject({ id: z.string().min(1).max(64), name: z.string().min(1).max(100) })).default([]),
  origins: z.array(origin).default([]),
  bearerOrigins: z.array(origin).default([]),
  feedKeys: z.array(z.strictObject({ name: z.string().min(1).max(64), key: z.string().min(32) })).default([]),
  dangerouslyOpenFeed: z.boolean().default(false),
  trustedProxies: z.array(z.string()).default([]),
  accessTokenSeconds: seconds(30, DAY).default(300),
  idleSeconds: seconds(60, 3_650 * DAY).default(30 * DAY),
  absoluteSeconds: seconds(60, 3_650 * DAY).default(180 * DAY),
  signingAlgs: z.array(signingAlg).default([]),
  keyRotationSeconds: seconds(10, 3_650 * DAY).default(90 * DAY),
  keyLeadSeconds: seconds(1, 365 * DAY).default(DAY),
  sessionsPerUser: z.int().min(1).max(10_000).default(100),
  retryWindowSeconds: seconds(1, 300).default(30),
  sendMail: custom<SendMail>().optional(),
  pages: PAGE_OPTIONS.default({}),
  hooks: z
    .strictObject({
      accessTokenClaims: custom<NonNullable<Hooks['accessTokenClaims']>>().optional(),
      beforeSignUp: custom<NonNullable<Hooks['beforeSignUp']>>().optional(),
      afterSignIn: custom<NonNullable<Hooks['afterSignIn']>>().optional(),
    })
    .default({}),
  // looked into where the providers are made
  social: z.unknown().optional(),
  fetch: custom<typeof fetch>().default(() => fetch),
  requireVerifiedEmail: z.boolean().default(false),
  metricsKey: z
    .string()
    .regex(/^[\x21-\x7e]{32,}$/, 'is no key: at least 32 printable characters')
    .optional(),
  traces: z.boolean().default(false),
  auditSeconds: seconds(DAY, 3_650 * DAY).default(365 * DAY),
  log: custom<(entry: LogEntry) => void>().default(() => () => {}),
  clock: custom<() => number>().optional(),
  random: custom<(bytes: number) => Uint8Array>().optional(),
});

export type Settings = Readonly<z.output<typeof OPTIONS>>;

/** @throws {TypeError} naming the option. */
export function parseOptions(options: ServerOptions): Settings {
  const parsed = OPTIONS.safeParse(options);
  if (!parsed.success) throw new TypeError(describe(parsed.error.issues[0]));
  const settings = parsed.data;
  checkIssuer(settings);
  if (settings.keyLeadSeconds >= settings.keyRotationSeconds)
    throw new TypeError('keyLeadSeconds: must be shorter than keyRotationSeconds');
  checkSigningAlgs(settings);
  checkIntrospection(settings);
  checkEncryption(settings);
  const known = new Set([settings.issuer, FIRST_PARTY_CLIENT]);
  for (const { identifier } of settings.resources) {
    // one token must never be good at two places
    if (known.has(identifier)) throw new TypeError('resources: an identifier is the issuer, or stands there twice');
    known.add(identifier);
  }
  if (settings.resources.some(({ scopes }) => scopes.includes(ACCOUNT_SCOPE))) {
    throw new TypeError(`resources: the scope ${ACCOUNT_SCOPE} belongs to the account API`);
  }
  if (settings.secrets.some((secret) => WELL_KNOWN.test(secret) || new Set(secret).size < 10)) {
    throw new TypeError('secrets: this is no secret; make one with `openssl rand -base64 32`');
  }
  return Object.freeze(settings);
}

function describe(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'unrecognized_keys') return `unknown option ${issue.keys.join(', ')}`;
  return `${issue?.path.join('.') ?? 'options'}: ${issue?.message ?? 'malformed'}`;
}

function isIssuer(text: string): boolean {
  if (!URL.canParse(text) || text.endsWith('/') || /[?#]/.test(text)) return false;
  const url = new URL(text);
  return (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '' && url.password === '';
}

function checkIssuer({ issuer, mode }: Settings): void {
  const url = new URL(issuer);
  if (url.protocol === 'https:') return;
  if (mode === 'production') throw new TypeError('issuer: must be https in production');
  if (!LOOPBACK.has(url.hostname)) throw new TypeError('issuer: plain http is for loopback only');
}

function checkSigningAlgs({ resources, signingAlgs }: Settings): void {
  const there = new Set<string>([...ALWAYS_ALGS, ...signingAlgs]);
  for (const { signingAlg: wanted } of resources) {
    if (wanted !== undefined && !there.has(wanted))
      throw new TypeError(`resources: name ${wanted} in signingAlgs, so that there is a key`);
  }
}

/** Who asks is told apart by its id. */
function checkIntrospection({ resources }: Settings): void {
  const ids = resources.flatMap(({ identifier, introspection }) =>
    introspection === undefined ? [] : [introspection.clientId ?? identifier],
  );
  if (new Set(ids).size !== ids.length) throw new TypeError('resources: an introspection.clientId stands there twice');
}

function checkEncryption({ resources, mode }: Settings): void {
  for (const { encryption } of resources) {
    if (encryption?.jwksUri === undefined) continue;
    const url = new URL(encryption.jwksUri);
    const local = mode === 'development' && url.protocol === 'http:' && LOOPBACK.has(url.hostname);
    if (url.protocol !== 'https:' && !local) throw new TypeError('resources: encryption.jwksUri must be https');
  }
}
