import { randomBytes } from 'node:crypto';
import type { KeyPairAlgorithm } from '@mapae/jwt';
import { createMailbox } from './accounts/mail/mailbox.ts';
import { createMailer } from './accounts/mail/mailer.ts';
import { createPasswordHasher } from './accounts/password.ts';
import { createPasswordPolicy } from './accounts/password-policy.ts';
import { createRefusals } from './accounts/refusals.ts';
import { createFirstAdminLink } from './admin/first-admin.ts';
import { createApp, refuse, withHeaders } from './app.ts';
import { createApiClients } from './checks/api-client.ts';
import { createClientAddress } from './checks/client-address.ts';
import { startCleanUp } from './clean-up.ts';
import { ClockOff, LARGEST_SKEW_SECONDS, measureSkew } from './clock-check.ts';
import type { RequestScope, ServerContext } from './context.ts';
import { callHooks } from './hooks.ts';
import { createKeyKeeper } from './keys/key-keeper.ts';
import { ALWAYS_ALGS, DEFAULT_ALG } from './keys/signing-algs.ts';
import { loadSigningKeys } from './keys/signing-keys.ts';
import { createLimits } from './limits/limits.ts';
import { safeLog } from './observability/safe-log.ts';
import { createServerFigures } from './observability/server-figures.ts';
import { NO_TRACING, startTracing } from './observability/tracing.ts';
import { parseOptions, type ServerOptions, type Settings } from './options.ts';
import { createAssets } from './pages/assets.ts';
import { Problem } from './problem.ts';
import { createReadiness } from './readiness.ts';
import { type ConnectedVerifier, createConnectedVerifiers } from './revocations/connected-verifiers.ts';
import { createFrameSigner } from './revocations/frames.ts';
import { createFeedPublisher } from './revocations/publisher.ts';
import { joinSecrets } from './secrets/agreed-secrets.ts';
import { createProviders } from './social/options.ts';
import type { UpstreamTokens } from './social/provider.ts';
import { createProviderFetch } from './social/provider-fetch.ts';
import { startResealing } from './social/resealing.ts';
import { findUpstreamTokens } from './social/upstream-tokens.ts';
import type { Store } from './stores/store.ts';
import { createAccessTokens } from './tokens/access-token.ts';
import { createAccountTokens } from './tokens/account-token.ts';
import { createIssuedTokens } from './tokens/issued-tokens.ts';
import { createUnderway } from './underway.ts';

/** A running authorization server, as one function from request to answer. */
export interface AuthorizationServer {
  readonly issuer: string;
  /** While there is no administrator: whoever opens it, signed in, becomes one. To be shown to the person who starts the server. */
  readonly firstAdminLink: string | undefined;
  /** Never throws; whatever goes wrong is an answer. */
  fetch(request: Request, info?: RequestInfo): Promise<Response>;
  /** Verifiers that reported to this process within the last 30 s, newest report first. */
  connectedVerifiers(): readonly ConnectedVerifier[];
  /** What a provider gave for a user, where its option `storeTokens` is set. docs/guides/social */
  findUpstreamTokens(userId: string, provider: string): Promise<UpstreamTokens | undefined>;
  /** From now on `/readyz` answers 503, so that a balancer sends no more; everything else goes on. */
  drain(): void;
  /**
   * Ends the feed's streams, waits for answers under way (ten seconds at most) and closes the database. What comes
   * later is answered 503. Stop listening first: a verifier whose stream ends comes back at once.
   */
  close(): Promise<void>;
}

export interface RequestInfo {
  /** Address of the peer on the socket. Without it nothing is known of the client's network. */
  readonly remoteAddress?: string;
  /** The request was made by a verifier in this process, and didn't come over a wire: it needs no feed key. Never set it for others. */
  readonly inProcess?: boolean;
}

/** As long as a refresh may wait for the database. */
const LAST_ANSWERS_MS = 10_000;

/**
 * Starts an authorization server: opens the database and fills it where it is empty, makes the signing keys where there are none.
 *
 * @throws {TypeError} naming the option that is missing, unknown or out of range.
 * @throws {StoreFailed} where the database can't be opened.
 * @throws {SchemaMismatch} where its schema is behind or ahead of this program.
 * @throws {ClockOff} in production, where this machine's clock and the database's are more than five seconds apart.
 */
export async function createServer(options: ServerOptions): Promise<AuthorizationServer> {
  const parsed = parseOptions(options);
  const tracing = parsed.traces ? await startTracing(parsed.issuer) : NO_TRACING;
  const figures = parsed.metricsKey === undefined ? undefined : createServerFigures();
  const settings: Settings = Object.freeze({ ...parsed, log: safeLog(parsed.log, figures) });
  const findAddress = createClientAddress(settings.trustedProxies);
  const providers = createProviders(settings.social, {
    fetch: createProviderFetch({ fetch: settings.fetch }),
    clock: settings.clock ?? Date.now,
    log: settings.log,
  });
  const random = settings.random ?? ((bytes: number) => randomBytes(bytes));
  const store = await settings.database.open({
    issuer: settings.issuer,
    accessTokenSeconds: settings.accessTokenSeconds,
    schema: settings.schema ?? (settings.mode === 'production' ? 'fill' : 'apply'),
    random,
    ...(settings.clock === undefined ? {} : { clock: settings.clock }),
  });
  try {
    await checkClock(settings, store);
    const context = await createContext({ settings, store, random, providers, figures, tracing });
    figures?.watch({
      connectedVerifiers: () => context.verifiers.list().length,
      hashing: () => context.passwords.load(),
    });
    const app = createApp(context);
    const underway = createUnderway();
    const cleanUp = startCleanUp({ store, log: settings.log, auditSeconds: settings.auditSeconds });
    const resealing = startResealing({ store, secrets: context.secrets, log: settings.log });
    const keeper = createKeyKeeper({ ...context, algs: [...new Set([...ALWAYS_ALGS, ...settings.signingAlgs])] });
    return {
      issuer: settings.issuer,
      firstAdminLink: await createFirstAdminLink(store, settings.issuer, random),
      async fetch(request, info = {}) {
        const arrived = performance.now();
        const scope: RequestScope = {
          waitedMs: () => performance.now() - arrived,
          ip: findAddress(request, info.remoteAddress),
          isFromProxy: findAddress.isProxy(info.remoteAddress),
          inProcess: info.inProcess === true,
        };
        const answer = await underway.run(() => app.fetch(request, { scope }));
        return withHeaders(settings, request, answer ?? refuse(context, request, new Problem('server/unavailable')));
      },
      connectedVerifiers: () => context.verifiers.list(),
      findUpstreamTokens: (userId, provider) => findUpstreamTokens(context, userId, provider),
      drain: () => context.readiness.drain(),
      async close() {
        context.readiness.drain();
        cleanUp.close();
        await context.mailer.close();
        await resealing.close();
        await keeper.close();
        await context.feed.close();
        await underway.end(LAST_ANSWERS_MS);
        await context.refusals.close();
        await store.close();
        figures?.close();
      },
    };
  } catch (error) {
    await store.close();
    figures?.close();
    throw error;
  }
}

async function checkClock({ clock, mode, log }: Settings, store: Store): Promise<void> {
  // a clock that was passed in is the store's as well
  if (clock !== undefined) return;
  const aheadMs = await measureSkew(store);
  if (Math.abs(aheadMs) <= LARGEST_SKEW_SECONDS * 1_000) return;
  if (mode === 'production') throw new ClockOff(aheadMs);
  log({ level: 'warn', event: 'clock.off', ahead_ms: aheadMs });
}

type Foundations = Pick<ServerContext, 'settings' | 'store' | 'random' | 'providers' | 'figures' | 'tracing'>;

async function createContext({
  settings,
  store,
  random,
  providers,
  figures,
  tracing,
}: Foundations): Promise<ServerContext> {
  const state = await store.readState();
  const secrets = await joinSecrets(store, settings.secrets, state.now);
  const keys = await loadSigningKeys(store, secrets, startAlgs(settings)).catch(async (error: unknown) => {
    // the others must not wait for a server that never was
    await secrets.leave();
    throw error;
  });
  const mailbox =
    settings.mode === 'development' && settings.sendMail === undefined
      ? createMailbox(settings.clock ?? Date.now)
      : undefined;
  const signer = createFrameSigner(settings.issuer, () => keys.active(DEFAULT_ALG), random);
  const feed = createFeedPublisher({ store, signer, state, log: settings.log });
  return {
    settings,
    store,
    figures,
    tracing,
    secrets,
    keys,
    passwords: createPasswordHasher(random),
    passwordPolicy: createPasswordPolicy(),
    refusals: createRefusals({ store, monotonic: () => performance.now(), log: settings.log }),
    limits: createLimits({ store, secrets, monotonic: () => performance.now() }),
    random,
    accessTokens: await createAccessTokens({ settings, keys, store, random }),
    accountTokens: createAccountTokens(settings, keys, settings.clock ?? Date.now),
    issuedTokens: createIssuedTokens(settings, keys, settings.clock ?? Date.now),
    apiClients: createApiClients(settings, settings.clock ?? Date.now),
    verifiers: createConnectedVerifiers(settings.clock ?? Date.now),
    feed,
    readiness: createReadiness({ store, keys, feed }),
    hooks: callHooks(settings.hooks, settings.log),
    assets: createAssets(settings),
    providers,
    socialProviders: [...providers.values()].map(({ id, name }) => ({ id, name })),
    mailbox,
    mailer: createMailer({ store, secrets, sendMail: settings.sendMail ?? mailbox?.send, log: settings.log }),
  };
}

/** Algorithms that an answer may need at once. What else there is, RSA above all, is made in the background. */
function startAlgs({ resources }: Settings): readonly KeyPairAlgorithm[] {
  return [...new Set<KeyPairAlgorithm>([DEFAULT_ALG, ...resources.flatMap(({ signingAlg }) => signingAlg ?? [])])];
}
