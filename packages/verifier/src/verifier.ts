import { createJwtVerifier, createKeySet, createTokenCache, type JwtClaims, TokenRejected } from '@mapae/jwt';
import { bearerTokenOf, type RequestLike } from './bearer-token.ts';
import { createFrameReader } from './feed-frame.ts';
import { fixedKeySet } from './issuer-keys.ts';
import { parseVerifierOptions, type VerifierOptions, type VerifierSettings } from './options.ts';
import { type Principal, readPrincipal } from './principal.ts';
import { RequestRefused, refuse, refuseToken } from './refusal.ts';
import { createRemoteKeySet, type RemoteKeySet } from './remote-key-set.ts';
import { followRevocationFeed, type RevocationFeed } from './revocation-feed.ts';
import { createRevocationList, type RevocationList } from './revocation-list.ts';

/** What a route asks for beside a good token. */
export interface Policy {
  /** Every one of these scopes. */
  readonly scope?: string | readonly string[];
}

export interface Verifier {
  /**
   * Authenticates a request: header, token, revocations, scope.
   *
   * @throws {RequestRefused} with everything an answer needs.
   */
  authenticate(request: RequestLike, policy?: Policy): Promise<Principal>;
  /**
   * Checks an access token with what is known at this moment: no I/O, no promise.
   *
   * @throws {RequestRefused} `token/…`, `verifier/…`; 503 where keys or revocations would have to be waited for.
   */
  verifySync(token: string): Principal;
  /** Resolves when keys and revocations are there. Never rejects: an issuer that is away may come back. */
  ready(): Promise<void>;
  readonly status: VerifierStatus;
  /** Ends the connection to the feed. */
  close(): void;
}

export interface VerifierStatus {
  /** True when revocations may have been missed. */
  readonly stale: boolean;
  /** `<epoch>.<number>` in the feed; undefined before the first snapshot, or without a feed. */
  readonly position: string | undefined;
  /** Revocations held. */
  readonly revocations: number;
  /** Tokens remembered. */
  readonly rememberedTokens: number;
}

interface Remembered {
  readonly claims: JwtClaims;
  readonly principal: Principal;
  readonly keyGeneration: number;
  /** Of the list under which it was last found not revoked. */
  generation: number;
}

const START_WAIT_MS = 3_000;

/** @throws {TypeError} naming the option that is missing, unknown or out of range. */
export function createVerifier(options: VerifierOptions): Verifier {
  const settings = parseVerifierOptions(options);
  const keys = settings.keys === undefined ? remoteKeys(settings) : fixedKeySet(settings.keys);
  const list = createRevocationList(settings.issuer, settings.maxRevocations);
  const cache = settings.cache === false ? undefined : createTokenCache<Remembered>(settings.cache);
  const nothing = createKeySet([]);
  const keysInForce = () => keys.current ?? nothing;
  const jwt = createJwtVerifier({
    keys: keysInForce,
    issuer: settings.issuer,
    audience: settings.audience,
    typ: 'at+jwt',
    clock: settings.clock,
    clockToleranceSeconds: settings.clockToleranceSeconds,
  });
  const start = Promise.withResolvers<void>();
  const feed = settings.feed === false ? undefined : follow(settings, keys, list, () => noteProgress());
  if (feed === undefined) void keys.refresh('start').then(() => noteProgress());

  function noteProgress(): void {
    if (keys.current !== undefined && (feed === undefined || feed.freshAt !== undefined)) start.resolve();
  }

  function judge(token: string): Principal {
    if (keys.current === undefined) throw refuse('verifier/unavailable');
    const known = cache?.find(token);
    if (known !== undefined && known.keyGeneration === keys.generation) {
      jwt.checkClaims(known.claims);
      if (known.generation !== list.generation) {
        checkRevoked(known.principal);
        known.generation = list.generation;
      }
      return known.principal;
    }
    const { claims } = jwt.verifySignature(token);
    jwt.checkClaims(claims);
    const principal = readPrincipal(claims, feed !== undefined);
    checkRevoked(principal);
    cache?.add(token, { claims, principal, keyGeneration: keys.generation, generation: list.generation });
    return principal;
  }

  function checkRevoked(principal: Principal): void {
    if (list.isRevoked(principal)) throw refuse('token/revoked');
  }

  /** Milliseconds without a fresh frame; 0 where none is needed. */
  function staleFor(): number {
    if (feed === undefined) return 0;
    const silent = feed.freshAt === undefined ? Number.POSITIVE_INFINITY : settings.monotonic() - feed.freshAt;
    return Math.max(0, silent - settings.staleAfterSeconds * 1_000);
  }

  /** Computed at each check from the last frame, not by a timer: a process that was paused knows it at once. */
  function checkFresh(): void {
    const allowed = settings.whenStale === 'allow' ? settings.staleGraceSeconds * 1_000 : 0;
    if (staleFor() > allowed) throw refuse('verifier/stale');
  }

  function check(token: string): Principal {
    try {
      const principal = judge(token);
      checkFresh();
      return principal;
    } catch (error) {
      if (error instanceof TokenRejected) throw refuseToken(error.code, error.message);
      throw error;
    }
  }

  /** Waits where a moment's wait helps: at the start, and for a key that isn't known yet. */
  async function checkPatiently(token: string): Promise<Principal> {
    if (keys.current === undefined || (feed !== undefined && feed.freshAt === undefined))
      await atMost(START_WAIT_MS, start.promise);
    try {
      return check(token);
    } catch (error) {
      if (!(error instanceof RequestRefused) || error.code !== 'token/unknown-key') throw error;
      await keys.refresh('unknown-key');
      return check(token);
    }
  }

  return Object.freeze({
    async authenticate(request: RequestLike, policy: Policy = {}): Promise<Principal> {
      const principal = await checkPatiently(bearerTokenOf(request));
      checkScope(principal, policy);
      return principal;
    },
    verifySync: check,
    ready: () => start.promise,
    get status(): VerifierStatus {
      return {
        stale: staleFor() > 0,
        position: feed?.position,
        revocations: list.size,
        rememberedTokens: cache?.size ?? 0,
      };
    },
    close() {
      feed?.close();
    },
  });
}

/** RFC 6750 §3.1: asked for on each request, never remembered with the token. */
function checkScope(principal: Principal, policy: Policy): void {
  const wanted = typeof policy.scope === 'string' ? policy.scope.split(' ') : (policy.scope ?? []);
  if (!wanted.every((scope) => principal.scopes.includes(scope))) throw refuse('request/scope', wanted);
}

function remoteKeys({ issuer, fetch, monotonic, log }: VerifierSettings): RemoteKeySet {
  return createRemoteKeySet({ issuer, fetch, monotonic, log });
}

function follow(
  settings: VerifierSettings,
  keys: RemoteKeySet,
  list: RevocationList,
  onFrame: () => void,
): RevocationFeed {
  if (settings.feed === false) throw new Error('unreachable: there is a feed to follow');
  const { url, key } = settings.feed;
  return followRevocationFeed({
    ...settings,
    url,
    key,
    list,
    onFrame,
    readFrame: createFrameReader(settings.issuer, () => keys.current ?? createKeySet([]), settings.clock),
    async prepareKeys(again) {
      if (again) await keys.refresh('feed');
      if (keys.current === undefined) await keys.refresh('start');
      return keys.current !== undefined;
    },
    removeKeys: (kids) => {
      keys.remove(kids);
      void keys.refresh('feed');
    },
    freshWithinMs: (settings.staleAfterSeconds + settings.clockToleranceSeconds) * 1_000,
  });
}

function atMost(ms: number, promise: Promise<void>): Promise<void> {
  const { promise: elapsed, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  return Promise.race([promise, elapsed]).finally(() => clearTimeout(timer));
}
