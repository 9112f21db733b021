import { type ClientLocks, createLocks, findSharedLocks } from './locks.ts';
import {
  type ClientStorage,
  createMemoryStorage,
  createTabsStorage,
  type PrefixedStorage,
  prefixStorage,
} from './storage.ts';

/** An API that takes access tokens of the server. */
export interface ClientResource {
  /** What the API is called in `resource`, byte for byte as the server has it. RFC 8707 §2 */
  readonly identifier: string;
  /** Where it is: scheme, host and port. Tokens for it go nowhere else. RFC 6454 */
  readonly origin: string;
}

/** How an app signs people in. Parsed once, by {@link createClient}; unknown options are refused. */
export interface ClientOptions {
  /** Issuer: absolute URL, `https:`, or `http:` on loopback. No query, fragment or trailing slash. */
  readonly server: string;
  /** Default: the server's own `first-party`. */
  readonly clientId?: string;
  /** Who keeps the refresh token: the browser, out of reach of script, or `storage`. Default: `cookie`. */
  readonly delivery?: 'cookie' | 'bearer';
  /** What people read in their list of sessions. At most 100 characters. */
  readonly device?: string;
  /** The APIs that {@link Client.fetch} may hand tokens to; one for each origin. */
  readonly resources?: readonly ClientResource[];
  /** Default: memory; in browsers with cookie delivery `localStorage`, for the Idempotency-Key alone. */
  readonly storage?: ClientStorage;
  /** Must reach as far as `storage` and the cookie do. Default: Web Locks where there are, else within the process. */
  readonly locks?: ClientLocks;
  readonly fetch?: typeof fetch;
  /** Milliseconds of a clock that only moves forward. Default: `performance.now`. */
  readonly monotonic?: () => number;
  /** Idempotency-Keys: 16 to 255 printable ASCII characters that nobody can guess. Default: `crypto.randomUUID`. */
  readonly random?: () => string;
  /** Accepts plain http beyond loopback. Default: false. */
  readonly dangerouslyAllowHttp?: boolean;
}

/** The options, complete and checked. */
export interface ClientSettings {
  readonly server: string;
  readonly clientId: string | undefined;
  readonly delivery: 'cookie' | 'bearer';
  readonly device: string | undefined;
  readonly resources: readonly ClientResource[];
  readonly storage: PrefixedStorage;
  readonly locks: ClientLocks;
  readonly fetch: typeof fetch;
  readonly monotonic: () => number;
  readonly random: () => string;
  /** Of the lock, the channel and the stored members: what shares a credential shares the name. */
  readonly name: string;
  /** Whether others (tabs, or clients with the same storage) hold the same credential. */
  readonly isShared: boolean;
}

const OPTIONS = new Set([
  'server',
  'clientId',
  'delivery',
  'device',
  'resources',
  'storage',
  'locks',
  'fetch',
  'monotonic',
  'random',
  'dangerouslyAllowHttp',
]);
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** @throws {TypeError} naming the option. */
export function parseClientOptions(options: ClientOptions): ClientSettings {
  for (const name of Object.keys(options)) if (!OPTIONS.has(name)) throw new TypeError(`unknown option ${name}`);
  const { clientId, delivery = 'cookie', device, storage } = options;
  if (delivery !== 'cookie' && delivery !== 'bearer') throw new TypeError("delivery must be 'cookie' or 'bearer'");
  const allowHttp = options.dangerouslyAllowHttp ?? false;
  const server = serverOption(options.server, allowHttp);
  const inBrowser = typeof location === 'object';
  // a refresh token in this client's own memory is nobody else's: no lock, no channel
  const isShared = storage !== undefined || (delivery === 'cookie' && inBrowser);
  // the cookie is the server's, whichever client signed in
  const name = delivery === 'cookie' ? `mapae:${server}` : `mapae:${server}:${clientId ?? 'first-party'}`;
  return Object.freeze({
    server,
    clientId: textOption('clientId', clientId),
    delivery,
    device: textOption('device', device),
    resources: resourcesOption(options.resources ?? [], allowHttp),
    storage: prefixStorage(
      storage ?? (delivery === 'cookie' && inBrowser ? createTabsStorage() : createMemoryStorage()),
      name,
    ),
    locks: options.locks ?? (isShared ? findSharedLocks() : createLocks()),
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    monotonic: options.monotonic ?? (() => performance.now()),
    random: options.random ?? findRandom(),
    name,
    isShared,
  });
}

function serverOption(value: unknown, allowHttp: boolean): string {
  const url = typeof value === 'string' && !/[?#]/.test(value) && !value.endsWith('/') ? parseUrl(value) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '') {
    throw new TypeError('server must be an absolute URL without a trailing slash, query or fragment');
  }
  checkScheme('server', url, allowHttp);
  return String(value);
}

function resourcesOption(resources: readonly ClientResource[], allowHttp: boolean): readonly ClientResource[] {
  const origins = new Set<string>();
  return resources.map(({ identifier, origin }) => {
    if (typeof identifier !== 'string' || identifier === '') {
      throw new TypeError('resources: identifier must be a non-empty string');
    }
    const url = parseUrl(origin);
    if (url === undefined || url.origin !== origin) {
      throw new TypeError('resources: origin must be scheme, host and port, like https://api.example.com');
    }
    checkScheme('resources: origin', url, allowHttp);
    if (origins.has(origin)) throw new TypeError('resources: there must be one for each origin');
    origins.add(origin);
    return Object.freeze({ identifier, origin });
  });
}

function checkScheme(name: string, { protocol, hostname }: URL, allowHttp: boolean): void {
  if (protocol === 'https:' || (protocol === 'http:' && (allowHttp || LOOPBACK.has(hostname)))) return;
  throw new TypeError(`${name} must be https`);
}

function textOption(name: string, value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '' && value.length <= 100)) return value;
  throw new TypeError(`${name} must be 1 to 100 characters`);
}

/** The key can fetch a refresh token again whose answer was lost, so it must not be guessable. docs/protocol.md §2 */
function findRandom(): () => string {
  const source = typeof crypto === 'object' ? crypto : undefined;
  if (typeof source?.randomUUID === 'function') return () => source.randomUUID();
  if (typeof source?.getRandomValues === 'function') {
    return () =>
      Array.from(source.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  }
  throw new TypeError('random must be given here: there is no crypto.randomUUID');
}

/** @returns Nothing where it isn't a URL. */
export function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
