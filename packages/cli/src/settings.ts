import type { PageOptions, SocialOptions } from '@mapae/server';
import { CliError } from './failure.ts';
import { databaseFlag, feedKeys, json, level, resource, text, wholeNumber, words, yesOrNo } from './setting-values.ts';

/** One API that tokens can be made for. */
export interface ApiSetting {
  readonly identifier: string;
  readonly scopes: readonly string[];
}

/** What `mapae.config.ts` may hold, and what flags and environment are turned into. All members are optional there. */
export interface Settings {
  /** Public address of this server, without a trailing slash. Default in development: `http://localhost:<port>`. */
  readonly issuer: string;
  /** 0 to 65535; 0 takes a free one. Default: 4000. */
  readonly port: number;
  /** Address to listen on. Default: both loopback addresses. */
  readonly host: string;
  /** Folder of the embedded database and the development secret. Default: `./data`. */
  readonly data: string;
  /** `sqlite:<path>` or `postgres://…`. Default: `sqlite:<data>/mapae.db`. */
  readonly database: string;
  /** File with one secret a line, the first one in use. */
  readonly secretFile: string;
  /** The secrets themselves, first in use. Never by flag: command lines are public on a machine. */
  readonly secrets: readonly string[];
  readonly resources: readonly ApiSetting[];
  /** Origins whose pages may use cookies here. */
  readonly origins: readonly string[];
  /** Origins whose pages may ask for tokens in the answer's body. */
  readonly bearerOrigins: readonly string[];
  /** Who may follow the revocation feed. */
  readonly feedKeys: readonly { readonly name: string; readonly key: string }[];
  readonly trustedProxies: readonly string[];
  /** Whole seconds. Default: 300. */
  readonly accessTokenSeconds: number;
  /** Whole seconds. Default: 30 days. */
  readonly idleSeconds: number;
  /** Whole seconds. Default: 180 days. */
  readonly absoluteSeconds: number;
  /** `smtp://` or `smtps://`, with user and password. Never by flag. */
  readonly smtp: string;
  /** Address that mails come from. */
  readonly mailFrom: string;
  /** Where people may sign in with an account that they have elsewhere. Never by flag: it holds secrets. docs/guides/social */
  readonly social: SocialOptions;
  /** Refuses sign-in until the address was verified. Default: false. */
  readonly requireVerifiedEmail: boolean;
  readonly auditSeconds: number;
  readonly metricsKey: string;
  readonly traces: boolean;
  /** The pages that people see, without name and home; `false` turns them off. */
  readonly pages: false | Omit<PageOptions, 'name' | 'home'>;
  /** Name of the product on the pages. Default: the issuer's host. */
  readonly name: string;
  /** Address of the application that people come from and go back to. */
  readonly home: string;
  readonly dev: boolean;
  /** Applies pending steps of the schema when the server starts. Default: only in an empty database, or in development. */
  readonly migrate: boolean;
  /** How long a server that was told to stop says that it isn't ready before it stops listening. Whole seconds. Default: 5, in development 0. */
  readonly drainSeconds: number;
  readonly logLevel: string;
}

type Name = keyof Settings;

interface Row {
  readonly name: Name;
  /** Flag with its placeholder; none for what must not stand on a command line. */
  readonly flag?: string;
  readonly env: string;
  readonly many?: true;
  readonly help: string;
  parse(text: string, from: string): unknown;
}

/** Every setting once: its flag, its environment variable, how it is read. `--help` and the docs come from here. */
export const SETTINGS: readonly Row[] = [
  {
    name: 'dev',
    flag: '--dev',
    env: 'MAPAE_DEV',
    help: 'development: makes a secret, allows http on loopback, opens the feed there',
    parse: yesOrNo,
  },
  { name: 'issuer', flag: '--issuer <url>', env: 'MAPAE_ISSUER', help: 'public address of this server', parse: text },
  {
    name: 'port',
    flag: '--port <number>',
    env: 'MAPAE_PORT',
    help: 'port to listen on (4000)',
    parse: wholeNumber(0, 65_535),
  },
  { name: 'host', flag: '--host <address>', env: 'MAPAE_HOST', help: 'address to listen on (loopback)', parse: text },
  {
    name: 'data',
    flag: '--data <folder>',
    env: 'MAPAE_DATA',
    help: 'folder of the embedded database (./data)',
    parse: text,
  },
  {
    name: 'database',
    flag: '--database <url>',
    env: 'MAPAE_DATABASE',
    help: 'sqlite:<path> or postgres://… (sqlite in the data folder)',
    parse: databaseFlag,
  },
  {
    name: 'secretFile',
    flag: '--secret-file <path>',
    env: 'MAPAE_SECRET_FILE',
    help: 'file with one secret a line, the first in use',
    parse: text,
  },
  {
    name: 'secrets',
    env: 'MAPAE_SECRET',
    help: 'the secrets themselves, separated by spaces, the first in use',
    parse: words,
  },
  {
    name: 'resources',
    flag: '--resource <id=scopes>',
    env: 'MAPAE_RESOURCE',
    many: true,
    help: 'an API and its scopes; may be repeated',
    parse: resource,
  },
  {
    name: 'origins',
    flag: '--origin <origin>',
    env: 'MAPAE_ORIGINS',
    many: true,
    help: 'origin whose pages may use cookies here; may be repeated',
    parse: words,
  },
  {
    name: 'bearerOrigins',
    flag: '--bearer-origin <origin>',
    env: 'MAPAE_BEARER_ORIGINS',
    many: true,
    help: 'origin whose pages may hold tokens; may be repeated',
    parse: words,
  },
  {
    name: 'feedKeys',
    env: 'MAPAE_FEED_KEYS',
    help: 'who may follow the revocation feed: "<name>=<key> …"',
    parse: feedKeys,
  },
  {
    name: 'trustedProxies',
    flag: '--trusted-proxy <cidr>',
    env: 'MAPAE_TRUSTED_PROXIES',
    many: true,
    help: 'proxy whose X-Forwarded-For counts; may be repeated',
    parse: words,
  },
  {
    name: 'accessTokenSeconds',
    flag: '--access-token-seconds <n>',
    env: 'MAPAE_ACCESS_TOKEN_SECONDS',
    help: 'life of an access token (300)',
    parse: wholeNumber(30, 86_400),
  },
  {
    name: 'idleSeconds',
    flag: '--idle-seconds <n>',
    env: 'MAPAE_IDLE_SECONDS',
    help: 'session ends when unused for (2592000)',
    parse: wholeNumber(60, 315_360_000),
  },
  {
    name: 'absoluteSeconds',
    flag: '--absolute-seconds <n>',
    env: 'MAPAE_ABSOLUTE_SECONDS',
    help: 'session ends in any case after (15552000)',
    parse: wholeNumber(60, 315_360_000),
  },
  {
    name: 'migrate',
    flag: '--migrate',
    env: 'MAPAE_MIGRATE',
    help: 'bring the schema up to date first; without it, and without --dev, only an empty database is filled',
    parse: yesOrNo,
  },
  {
    name: 'smtp',
    env: 'MAPAE_SMTP',
    help: 'mail server: smtps://user:password@host',
    parse: text,
  },
  {
    name: 'mailFrom',
    flag: '--mail-from <address>',
    env: 'MAPAE_MAIL_FROM',
    help: 'address that mails come from',
    parse: text,
  },
  {
    name: 'social',
    env: 'MAPAE_SOCIAL',
    help: 'providers to sign in with, as JSON of what the config file holds',
    parse: json,
  },
  {
    name: 'requireVerifiedEmail',
    flag: '--require-verified-email',
    env: 'MAPAE_REQUIRE_VERIFIED_EMAIL',
    help: 'no sign-in before the address was verified',
    parse: yesOrNo,
  },
  {
    name: 'metricsKey',
    env: 'MAPAE_METRICS_KEY',
    help: 'opens /metrics to whoever shows it: 32 characters or more',
    parse: text,
  },
  {
    name: 'traces',
    flag: '--traces',
    env: 'MAPAE_TRACES',
    help: 'OpenTelemetry spans, by the tracer that was set up before (node --import)',
    parse: yesOrNo,
  },
  {
    name: 'auditSeconds',
    flag: '--audit-seconds <n>',
    env: 'MAPAE_AUDIT_SECONDS',
    help: 'events of the audit log are kept for (31536000)',
    parse: wholeNumber(86_400, 315_360_000),
  },
  {
    name: 'name',
    flag: '--name <name>',
    env: 'MAPAE_NAME',
    help: "name of the product on the pages (the issuer's host)",
    parse: text,
  },
  {
    name: 'home',
    flag: '--home <url>',
    env: 'MAPAE_HOME',
    help: 'address of the application, to which the pages lead back',
    parse: text,
  },
  {
    name: 'pages',
    env: 'MAPAE_PAGES',
    help: '0 turns the pages off; logo and colours in mapae.config.ts',
    parse: (value, from) => (yesOrNo(value, from) ? {} : false),
  },
  {
    name: 'drainSeconds',
    flag: '--drain-seconds <n>',
    env: 'MAPAE_DRAIN_SECONDS',
    help: 'told to stop, answer on for this long with /readyz at 503 (5; with --dev 0)',
    parse: wholeNumber(0, 300),
  },
  {
    name: 'logLevel',
    flag: '--log-level <level>',
    env: 'MAPAE_LOG_LEVEL',
    help: 'debug, info, warn, error or silent (info)',
    parse: level,
  },
];

const NAMES: ReadonlySet<string> = new Set(SETTINGS.map((row) => row.name));

/** Flags over environment over file. What no source names is absent. */
export function mergeSettings(
  flags: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
  file: Partial<Settings>,
): Partial<Settings> {
  const merged: Partial<Record<Name, unknown>> = { ...file };
  for (const row of SETTINGS) {
    const fromEnv = env[row.env];
    if (fromEnv !== undefined && fromEnv !== '') merged[row.name] = row.parse(fromEnv, row.env);
    const given = row.flag === undefined ? undefined : flags[row.name];
    if (given === undefined) continue;
    const flag = row.flag?.split(' ')[0] ?? row.name;
    if (given === true) merged[row.name] = true;
    else if (Array.isArray(given)) merged[row.name] = given.flatMap((one) => row.parse(String(one), flag));
    else if (typeof given === 'string') merged[row.name] = row.parse(given, flag);
  }
  return merged as Partial<Settings>;
}

/**
 * Checks the names in a config file; the values are checked by whoever uses them.
 *
 * @throws {CliError} naming the first member that is no setting.
 */
export function parseConfigFile(value: unknown, path: string): Partial<Settings> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CliError(`${path} has no object as its default export`, 'export default defineConfig({ … })');
  }
  for (const name of Object.keys(value)) {
    if (!NAMES.has(name))
      throw new CliError(`${path}: unknown setting '${name}'`, `settings are ${[...NAMES].join(', ')}`);
  }
  return value as Partial<Settings>;
}

export const DEFAULT_PORT = 4000;

/** The issuer that these settings mean. @throws {CliError} in production without one. */
export function issuerOf({ issuer, dev, port }: Partial<Settings>): string {
  if (issuer !== undefined) return issuer;
  if (dev === true) return `http://localhost:${port ?? DEFAULT_PORT}`;
  throw new CliError(
    'no issuer: the public address of this server is not known',
    'set --issuer https://…, or use --dev on your own machine',
  );
}

/** Types the default export of `mapae.config.ts`. */
export function defineConfig(settings: Partial<Settings>): Partial<Settings> {
  return settings;
}
