import type { JwtVerifier } from '@mapae/jwt';
import type { Mailbox } from './accounts/mail/mailbox.ts';
import type { Mailer } from './accounts/mail/mailer.ts';
import type { PasswordHasher } from './accounts/password.ts';
import type { PasswordPolicy } from './accounts/password-policy.ts';
import type { Refusals } from './accounts/refusals.ts';
import type { ApiClients } from './checks/api-client.ts';
import type { HookCalls } from './hooks.ts';
import type { SigningKeys } from './keys/signing-keys.ts';
import type { Limits } from './limits/limits.ts';
import type { ServerFigures } from './observability/server-figures.ts';
import type { Tracing } from './observability/tracing.ts';
import type { Settings } from './options.ts';
import type { Assets } from './pages/assets.ts';
import type { Readiness } from './readiness.ts';
import type { ConnectedVerifiers } from './revocations/connected-verifiers.ts';
import type { FeedPublisher } from './revocations/publisher.ts';
import type { AgreedSecrets } from './secrets/agreed-secrets.ts';
import type { Provider } from './social/provider.ts';
import type { Store } from './stores/store.ts';
import type { AccessTokens } from './tokens/access-token.ts';

/** What the endpoints work with; made once, by `createServer`. */
export interface ServerContext {
  readonly settings: Settings;
  readonly store: Store;
  readonly secrets: AgreedSecrets;
  readonly keys: SigningKeys;
  readonly passwords: PasswordHasher;
  readonly passwordPolicy: PasswordPolicy;
  readonly limits: Limits;
  readonly refusals: Refusals;
  readonly random: (bytes: number) => Uint8Array;
  readonly accessTokens: AccessTokens;
  readonly accountTokens: JwtVerifier;
  /** Verifies signed access tokens for whichever API. */
  readonly issuedTokens: JwtVerifier;
  /** APIs that may ask about tokens. */
  readonly apiClients: ApiClients;
  readonly feed: FeedPublisher;
  readonly verifiers: ConnectedVerifiers;
  readonly readiness: Readiness;
  readonly hooks: HookCalls;
  readonly mailer: Mailer;
  /** Where the server has a key for them. */
  readonly figures: ServerFigures | undefined;
  readonly tracing: Tracing;
  /** What pages load. */
  readonly assets: Assets;
  /** Where people may sign in with an account that they have elsewhere, by id, in the order of the settings. */
  readonly providers: ReadonlyMap<string, Provider>;
  /** The same for buttons. */
  readonly socialProviders: readonly { readonly id: string; readonly name: string }[];
  /** Where mails go in development. */
  readonly mailbox: Mailbox | undefined;
}

/** When something happens, and from where: what the mails about it say. */
export function eventNow(
  { settings }: ServerContext,
  ip: string | undefined,
): { readonly at: string; readonly ip: string | undefined } {
  return { at: new Date((settings.clock ?? Date.now)()).toISOString(), ip };
}

/** What belongs to one request beside the request itself. */
export interface RequestScope {
  /** Milliseconds since it arrived, by a monotonic clock. */
  readonly waitedMs: () => number;
  /** Address of the client, as far as it is known. */
  readonly ip: string | undefined;
  /** The peer on the socket is one of `trustedProxies`. */
  readonly isFromProxy: boolean;
  /** True for a verifier that was handed this server: it is in this process. */
  readonly inProcess: boolean;
}
