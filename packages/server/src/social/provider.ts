import type { LogEntry } from '../options.ts';
import type { ProviderFetch } from './provider-fetch.ts';

/** Where people have accounts already. Made once from its options, by its file in `providers/`. */
export interface Provider {
  /** In addresses and settings. */
  readonly id: string;
  /** On buttons. */
  readonly name: string;
  /** How the browser comes back: by an address, or by a form that the provider's page posts. */
  readonly answersBy: 'query' | 'form';
  readonly keepsTokens: boolean;
  /** Where to send the browser. @throws {SocialFailed} */
  begin(flow: Authorization): Promise<URL>;
  /** What to make of what the browser brought back. @throws {SocialFailed} */
  finish(flow: Authorization, parameters: URLSearchParams): Promise<Finished>;
  /** Judges an ID token that an app got from the provider's SDK; not there where the provider has none. @throws {SocialFailed} */
  readonly verifyNative?: (given: NativeToken) => Promise<SocialProfile>;
}

/** What a flow is bound to; all random, all new for each. */
export interface Authorization {
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** A person as a provider knows them. */
export interface SocialProfile {
  /** With the subject, what names a person; an address never does. OpenID Connect Core §5.7 */
  readonly issuer: string;
  readonly subject: string;
  /** Normalised. */
  readonly email: string | undefined;
  /** Whether the provider vouches that the address is this person's. */
  readonly emailVerified: boolean;
  readonly name: string | undefined;
  readonly picture: string | undefined;
  readonly locale: string | undefined;
}

export interface UpstreamTokens {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** Seconds, as the provider said. */
  readonly expiresIn: number | undefined;
  readonly scope: string | undefined;
}

export interface Finished {
  readonly profile: SocialProfile;
  readonly tokens: UpstreamTokens;
}

export interface NativeToken {
  readonly idToken: string;
  /** What the app gave the SDK; undefined where it gave none. */
  readonly nonce: string | undefined;
}

/** What providers work with. */
export interface ProviderTools {
  readonly fetch: ProviderFetch;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: (entry: LogEntry) => void;
}
