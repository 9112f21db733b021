import { createJwtVerifier, createKeySet, createTokenCache, type JwtClaims, TokenRejected } from '@mapae/jwt';
import type { ChallengeContext } from './challenge.ts';
import { readCredentials } from './credentials.ts';
import { createFrameReader } from './feed-frame.ts';
import { fixedKeySet } from './issuer-keys.ts';
import { parseVerifierOptions, type VerifierOptions, type VerifierSettings } from './options.ts';
import { checkPolicy, type Policy, type PolicySettings, parsePolicy } from './policy.ts';
import { type Principal, readPrincipal } from './principal.ts';
import { RequestRefused, refuse } from './refusal.ts';
import { createRemoteKeySet, type RemoteKeySet } from './remote-key-set.ts';
import type { RequestLike } from './request.ts';
import { followRevocationFeed, type RevocationFeed } from './revocation-feed.ts';
import { createRevocationList, type RevocationList } from './revocation-list.ts';
import { createWatches } from './watch.ts';

export type { Policy } from './policy.ts';

export interface Verifier<C = JwtClaims> {
  /**
   * Authenticates a request: credentials, token, revocations, then what the policy asks for.
   *
   * @throws {RequestRefused} with everything an answer needs.
   * @throws {TypeError} for a policy that is none.
   */
  authenticate(request: RequestLike, policy?: Policy): Promise<Principal<C>>;
  /**
   * Checks an access token with what is known at this moment: no I/O, no promise.
   *
   * @throws {RequestRefused} `token/…`, `request/…`, `verifier/…`; 503 where keys or revocations would have to be waited for.
   */
  verifySync(token: string, policy?: Policy): Principal<C>;
  /**
   * Watches a principal whose connection goes on: a WebSocket, an event stream. Calls `onEnd` once, within a second, when its token is revoked
   * or expires, or when this verifier has not heard of revocations for longer than the policy allows.
   *
   * @param principal One that this verifier let in.
   * @returns A function that stops watching.
   */
  watch(principal: Principal<C>, onEnd: (refusal: RequestRefused) => void, policy?: Policy): () => void;
  /** Resolves when keys and revocations are there. Never rejects: an issuer that is away may come back. */
  ready(): Promise<void>;
  readonly status: VerifierStatus;
  /** Ends the connection to the feed, and stops watching. */
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

interface Remembered<C> {
  readonly claims: JwtClaims;
  readonly principal: Principal<C>;
  readonly kid: string;
  readonly keyGeneration: number;
  /** Of the list under which it was last found not revoked. */
  generation: number;
}

const START_WAIT_MS = 3_000;

/** @throws {TypeError} naming the option that is missing, unknown or out of range. */
export function createVerifier<C = JwtClaims>(options: VerifierOptions<C>): Verifier<C> {
  const settings = parseVerifierOptions(options);
  const keys = settings.keys === undefined ? remoteKeys(settings) : fixedKeySet(settings.keys);
  const list = createRevocationList(settings.issuer, settings.maxRevocations);
  const cache = settings.cache === false ? undefined : createTokenCache<Remembered<C>>(settings.cache);
  const accepted = new WeakMap<Principal<C>, Remembered<C>>();
  const watches = createWatches();
  const challenges: ChallengeContext = { resourceMetadata: undefined };
  const rules = { timedIds: settings.feed !== false, schema: settings.claims };
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
  const feed = settings.feed === false ? undefined : follow(settings, keys, list, noteProgress);
  if (feed === undefined) void keys.refresh('start').then(noteProgress);
  let watchedGeneration = -1;

  function noteProgress(): void {
    if (keys.current !== undefined && (feed === undefined || feed.freshAt !== undefined)) start.resolve();
    if (watchedGeneration !== list.generation + keys.generation) watches.look();
    watchedGeneration = list.generation + keys.generation;
  }

  function judge(token: string): Principal<C> {
    if (keys.current === undefined) throw refuse('verifier/unavailable');
    const known = cache?.find(token);
    if (known !== undefined && known.keyGeneration === keys.generation) {
      judgeAgain(known);
      return known.principal;
    }
    const { claims, kid } = jwt.verifySignature(token);
    jwt.checkClaims(claims);
    const principal = readPrincipal(claims, rules);
    checkRevoked(principal);
    const remembered = { claims, principal, kid, keyGeneration: keys.generation, generation: list.generation };
    cache?.add(token, remembered);
    accepted.set(principal, remembered);
    return principal;
  }

  /** Everything but the signature, which can't have changed. */
  function judgeAgain(known: Remembered<C>): void {
    jwt.checkClaims(known.claims);
    if (known.generation === list.generation) return;
    checkRevoked(known.principal);
    known.generation = list.generation;
  }

  function checkRevoked(principal: Principal<C>): void {
    if (list.isRevoked(principal)) throw refuse('token/revoked');
  }

  /** Milliseconds without a fresh frame; 0 where none is needed. */
  function staleFor(): number {
    if (feed === undefined) return 0;
    const silent = feed.freshAt === undefined ? Number.POSITIVE_INFINITY : settings.monotonic() - feed.freshAt;
    return Math.max(0, silent - settings.staleAfterSeconds * 1_000);
  }

  /** Computed at each check from the last frame, not by a timer: a process that was paused knows it at once. */
  function checkFresh(policy: PolicySettings): void {
    const whenStale = policy.whenStale ?? settings.whenStale;
    if (whenStale === 'introspect') throw new TypeError("whenStale: 'introspect' needs the option introspection");
    const allowed = whenStale === 'allow' ? settings.staleGraceSeconds * 1_000 : 0;
    if (staleFor() > allowed) throw refuse('verifier/stale');
  }

  function check(token: string, policy: PolicySettings): Principal<C> {
    const principal = judge(token);
    checkFresh(policy);
    return principal;
  }

  /** Waits where a moment's wait helps: at the start, and for a key that isn't known yet. */
  async function checkPatiently(token: string, policy: PolicySettings): Promise<Principal<C>> {
    if (keys.current === undefined || (feed !== undefined && feed.freshAt === undefined))
      await atMost(START_WAIT_MS, start.promise);
    try {
      return check(token, policy);
    } catch (error) {
      if (!(error instanceof TokenRejected) || error.code !== 'token/unknown-key') throw error;
      await keys.refresh('unknown-key');
      return check(token, policy);
    }
  }

  /** The one place where what was thrown becomes what the outside is told. */
  function atTheEdge(error: unknown): unknown {
    if (error instanceof TokenRejected) return refuse(error.code).in(challenges);
    return error instanceof RequestRefused ? error.in(challenges) : error;
  }

  function endOf(known: Remembered<C>, policy: PolicySettings): RequestRefused | undefined {
    try {
      if (keys.current === undefined) throw refuse('verifier/unavailable');
      if (keys.current.find(known.kid) === undefined) throw refuse('token/unknown-key');
      judgeAgain(known);
      checkFresh(policy);
      return undefined;
    } catch (error) {
      const refusal = atTheEdge(error);
      if (refusal instanceof RequestRefused) return refusal;
      throw error;
    }
  }

  return Object.freeze({
    async authenticate(request: RequestLike, policy?: Policy): Promise<Principal<C>> {
      const wanted = parsePolicy(policy);
      try {
        const { token, scheme } = readCredentials(request, settings.cookie);
        // RFC 9449 §7.1: the scheme is for bound tokens, and none is understood here
        if (scheme !== 'bearer') throw refuse('request/no-credentials');
        const principal = await checkPatiently(token, wanted);
        checkPolicy(principal, wanted, settings.clock());
        return principal;
      } catch (error) {
        throw atTheEdge(error);
      }
    },
    verifySync(token: string, policy?: Policy): Principal<C> {
      const wanted = parsePolicy(policy);
      try {
        const principal = check(token, wanted);
        checkPolicy(principal, wanted, settings.clock());
        return principal;
      } catch (error) {
        throw atTheEdge(error);
      }
    },
    watch(principal: Principal<C>, onEnd: (refusal: RequestRefused) => void, policy?: Policy): () => void {
      const known = accepted.get(principal);
      if (known === undefined) throw new TypeError('principal must be one that this verifier let in');
      const wanted = parsePolicy(policy);
      return watches.add({ judge: () => endOf(known, wanted), onEnd });
    },
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
      watches.close();
    },
  });
}

function remoteKeys({ issuer, fetch, monotonic, log }: VerifierSettings<unknown>): RemoteKeySet {
  return createRemoteKeySet({ issuer, fetch, monotonic, log });
}

function follow(
  settings: VerifierSettings<unknown>,
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
