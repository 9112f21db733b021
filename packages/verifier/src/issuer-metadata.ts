import { boundedFetch, FetchFailed, readJson } from './bounded-fetch.ts';

/** What an issuer says about itself, as far as it matters here. RFC 8414 §2 */
export interface IssuerMetadata {
  readonly jwksUri: string;
  readonly introspectionEndpoint: string | undefined;
}

export interface MetadataSource {
  /** What was fetched within the last hour; else it is fetched. One at a time, however many ask. @throws {FetchFailed} */
  read(): Promise<IssuerMetadata>;
  /** Something at an address of it failed: the next one who asks gets it anew. */
  forget(): void;
}

export interface MetadataOptions {
  readonly issuer: string;
  readonly fetch: typeof fetch;
  /** Milliseconds of a clock that only moves forward. */
  readonly monotonic: () => number;
}

const MAX_AGE_MS = 3_600_000;
const LIMITS = { timeoutMs: 5_000, maxBytes: 128 * 1_024 };

export function createMetadataSource({ issuer, fetch, monotonic }: MetadataOptions): MetadataSource {
  let known: IssuerMetadata | undefined;
  let fetchedAt = 0;
  let running: Promise<IssuerMetadata> | undefined;

  async function fetchMetadata(): Promise<IssuerMetadata> {
    const answer = await fetchFirst(wellKnownAddresses(issuer), fetch);
    known = parseMetadata(answer, issuer);
    fetchedAt = monotonic();
    return known;
  }

  return {
    read() {
      if (known !== undefined && monotonic() - fetchedAt < MAX_AGE_MS) return Promise.resolve(known);
      running ??= fetchMetadata().finally(() => {
        running = undefined;
      });
      return running;
    },
    forget() {
      known = undefined;
    },
  };
}

/** The first address that isn't 404. */
async function fetchFirst(addresses: readonly string[], fetch: typeof globalThis.fetch): Promise<unknown> {
  for (const [index, address] of addresses.entries()) {
    try {
      return readJson(await boundedFetch(address, { fetch, ...LIMITS }));
    } catch (error) {
      const missing = error instanceof FetchFailed && error.status === 404;
      if (!missing || index === addresses.length - 1) throw error;
    }
  }
  throw new Error('unreachable: there are addresses');
}

/** RFC 8414 §3.1: the well-known part goes between host and path. OpenID Connect Discovery §4.1: behind the path. */
function wellKnownAddresses(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
}

function parseMetadata(metadata: unknown, issuer: string): IssuerMetadata {
  const {
    issuer: named,
    jwks_uri: jwksUri,
    introspection_endpoint: introspectionEndpoint,
  } = (typeof metadata === 'object' && metadata !== null ? metadata : {}) as Readonly<Record<string, unknown>>;
  // RFC 8414 §3.3, OpenID Connect Discovery §4.3: identical, or the metadata is somebody else's
  if (named !== issuer) throw new FetchFailed('is the metadata of another issuer');
  return {
    jwksUri: addressOf(jwksUri, issuer),
    introspectionEndpoint: introspectionEndpoint === undefined ? undefined : addressOf(introspectionEndpoint, issuer),
  };
}

/** Over the same transport as the issuer itself. */
function addressOf(value: unknown, issuer: string): string {
  if (typeof value !== 'string' || !URL.canParse(value)) throw new FetchFailed('names no key set');
  if (new URL(value).protocol !== new URL(issuer).protocol)
    throw new FetchFailed('names an address over another protocol');
  return value;
}
