import type { JwkSet } from '@mapae/jwt';
import { fetchInProcess, type InProcessIssuer } from './in-process.ts';
import type { IntrospectionCredentials } from './introspection.ts';
import { addressOption, issuerOption, refuseUnknown, textOption, wholeOption } from './option-checks.ts';

/** One issuer that is trusted, and how it is reached. */
export interface IssuerOptions {
  /** Issuer to accept, compared byte for byte with `iss`. `https:`, no query, no fragment. RFC 8414 §2 */
  readonly issuer: string;
  /**
   * The revocation feed to follow. Default: `<issuer>/events/revocations`, without a key. `false`: tokens are good until they expire, whatever
   * happens to their session.
   */
  readonly feed?: { readonly url?: string; readonly key?: string } | false;
  /** Keys of the issuer, instead of fetching them. They are never renewed. */
  readonly keys?: JwkSet;
  /**
   * Lets the issuer be asked about single tokens: opaque ones always, others where a policy says `whenStale: 'introspect'`. `url` default: the
   * one in the issuer's metadata. `cacheSeconds`: how long an answer about an opaque token counts without asking again, whole seconds, 0 to 60;
   * revocations that come by the feed end it before that. Default: 0. RFC 7662
   */
  readonly introspection?: IntrospectionCredentials & { readonly url?: string; readonly cacheSeconds?: number };
  /** The issuer itself, in this process: what would travel by HTTP is a call. */
  readonly inProcess?: InProcessIssuer;
}

/** The options of one issuer, complete and checked. */
export interface IssuerSettings {
  readonly issuer: string;
  readonly feed: { readonly url: string; readonly key: string | undefined } | false;
  readonly keys: JwkSet | undefined;
  readonly introspection:
    | (IntrospectionCredentials & { readonly url: string | undefined; readonly cacheSeconds: number })
    | undefined;
  readonly fetch: typeof fetch;
}

export const ISSUER_OPTIONS = ['issuer', 'feed', 'keys', 'introspection', 'inProcess'] as const;

/** @throws {TypeError} naming the option. */
export function parseIssuerOptions(
  options: IssuerOptions,
  { dangerouslyAllowHttp, fetch }: { readonly dangerouslyAllowHttp: boolean; readonly fetch: typeof globalThis.fetch },
): IssuerSettings {
  const { inProcess } = options;
  // what stays in the process is on no wire
  const allowHttp = dangerouslyAllowHttp || inProcess !== undefined;
  const issuer = issuerOption('issuer', options.issuer, allowHttp);
  if (inProcess !== undefined && (typeof inProcess.fetch !== 'function' || inProcess.issuer !== issuer))
    throw new TypeError('inProcess must be a server whose issuer is this issuer');
  return Object.freeze({
    issuer,
    feed: feedOption(options.feed, issuer, allowHttp),
    keys: options.keys,
    introspection: introspectionOption(options.introspection, allowHttp),
    fetch: inProcess === undefined ? fetch : fetchInProcess(inProcess),
  });
}

function feedOption(feed: IssuerOptions['feed'], issuer: string, allowHttp: boolean): IssuerSettings['feed'] {
  if (feed === false) return false;
  refuseUnknown(feed ?? {}, ['url', 'key'], 'feed.');
  const url = addressOption('feed.url', feed?.url ?? `${issuer.replace(/\/$/, '')}/events/revocations`, allowHttp);
  return { url, key: feed?.key === undefined ? undefined : textOption('feed.key', feed.key) };
}

function introspectionOption(
  introspection: IssuerOptions['introspection'],
  allowHttp: boolean,
): IssuerSettings['introspection'] {
  if (introspection === undefined) return undefined;
  refuseUnknown(introspection, ['clientId', 'key', 'url', 'cacheSeconds'], 'introspection.');
  const { key, url } = introspection;
  if (typeof key !== 'string' && (typeof key !== 'object' || key === null || key.kind !== 'private'))
    throw new TypeError('introspection.key must be a secret or a private key made by @mapae/jwt');
  return {
    clientId: textOption('introspection.clientId', introspection.clientId),
    key: typeof key === 'string' ? textOption('introspection.key', key) : key,
    url: url === undefined ? undefined : addressOption('introspection.url', url, allowHttp),
    cacheSeconds: wholeOption('introspection.cacheSeconds', introspection.cacheSeconds ?? 0, 0, 60),
  };
}
