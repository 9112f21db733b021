import { createHash } from 'node:crypto';
import { createJwtVerifier, createKeySet, decode, type JwtClaims, TokenRejected, TokenUndecodable } from '@mapae/jwt';
import { createIntrospection, type Introspection } from './introspection.ts';
import { followIssuerFeed } from './issuer-feed.ts';
import { fixedKeySet } from './issuer-keys.ts';
import { createMetadataSource, type MetadataSource } from './issuer-metadata.ts';
import type { IssuerSettings } from './issuer-options.ts';
import type { VerifierSettings } from './options.ts';
import type { StalePolicy } from './policy.ts';
import { readKeyBinding, readPrincipal } from './principal.ts';
import { refuse } from './refusal.ts';
import { createRemoteKeySet } from './remote-key-set.ts';
import { createRevocationList, revocableToken } from './revocation-list.ts';
import type { OpenedToken } from './token-opener.ts';
import { hangOnPrincipal, type Verdict } from './verdict.ts';

/** One issuer that is trusted, with all that is known of it: what it says touches its own tokens and no others. */
export interface TrustedIssuer<C> {
  readonly issuer: string;
  /** True when keys are there and, where a feed is followed, a fresh frame was seen. */
  readonly started: boolean;
  /** Resolves when `started` first becomes true. */
  readonly start: Promise<void>;
  readonly introspects: boolean;
  /**
   * Judges a token that was not seen before.
   *
   * @param opened What was inside, of an encrypted token.
   * @throws {TokenRejected} {RequestRefused}
   */
  judge(token: string, opened?: OpenedToken): Verdict<C>;
  /** Everything but the signature, which can't have changed. @throws {TokenRejected} {RequestRefused} */
  judgeAgain(verdict: Verdict<C>, nowMs: number): void;
  /** True while the keys are those that the signature was checked with; else it has to be checked again: a `kid` may name another key now. */
  hasSameKeys(verdict: Verdict<C>): boolean;
  /**
   * What the staleness policy says at this moment, from the last frame and not from a timer: a process that was paused knows it at once.
   *
   * @param whenStale Instead of the verifier's own.
   * @throws {RequestRefused} `verifier/stale`
   * @throws {TypeError} for `introspect`, where nobody can be asked.
   */
  checkFresh(whenStale: StalePolicy | undefined): 'fresh' | 'introspect';
  /** True for a token whose key may be published by now, and the keys can't be had: whether it is good is not known. */
  mayLackKeyOf(token: string): boolean;
  /** Waits for what it lacks, as far as the cool-downs let it: at the start for three seconds, or for a key. Never rejects. */
  seek(what: 'start' | 'key'): Promise<void>;
  /** Asks the issuer about a token that was judged here. @throws {RequestRefused} */
  confirm(verdict: Verdict<C>): Promise<void>;
  /** Asks the issuer about a token that nobody else can read. @throws {RequestRefused} {TokenRejected} */
  judgeOpaque(token: string): Promise<Verdict<C>>;
  readonly status: IssuerStatus;
  close(): void;
}

export interface IssuerStatus {
  readonly issuer: string;
  /** True when revocations may have been missed. */
  readonly stale: boolean;
  /** `<epoch>.<number>` in the feed; undefined before the first snapshot, or without a feed. */
  readonly position: string | undefined;
  /** Milliseconds that the last frame took to get here. */
  readonly lagMs: number | undefined;
  /** Revocations held. */
  readonly revocations: number;
}

/** How long a request waits for an issuer that has not started. */
const START_WAIT_MS = 3_000;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5_000;

export interface TrustedIssuerContext<C> {
  readonly settings: VerifierSettings<C>;
  /** Keys or revocations of this issuer changed. */
  readonly onChange: () => void;
}

export function createTrustedIssuer<C>(own: IssuerSettings, context: TrustedIssuerContext<C>): TrustedIssuer<C> {
  const { settings, onChange } = context;
  const { issuer } = own;
  const { clock, monotonic, metrics } = settings;
  const toleranceMs = settings.clockToleranceSeconds * 1_000;
  const metadata = createMetadataSource({ issuer, fetch: own.fetch, monotonic });
  const log = (event: string): void => {
    metrics.count('mapae_verifier_events', { event, issuer });
    settings.log(event);
  };
  const keys =
    own.keys === undefined ? createRemoteKeySet({ metadata, fetch: own.fetch, monotonic, log }) : fixedKeySet(own.keys);
  const list = createRevocationList(issuer, settings.maxRevocations);
  const nothing = createKeySet([]);
  const introspection = introspectionOf(own, metadata, { clock, monotonic, log });
  const rules = { timedIds: own.feed !== false, schema: settings.claims };
  const jwt = createJwtVerifier({
    keys: () => keys.current ?? nothing,
    issuer,
    audience: settings.audience,
    typ: 'at+jwt',
    clock,
    clockToleranceSeconds: settings.clockToleranceSeconds,
  });
  const start = Promise.withResolvers<void>();
  let closed = false;
  let seenGeneration = -1;
  const feed = followIssuerFeed({ own, settings, keys, list, log, onFrame: noteProgress });
  if (feed === undefined) void keepLookingForKeys();

  function noteProgress(): void {
    if (isStarted()) start.resolve();
    const generation = list.generation + keys.generation;
    if (generation !== seenGeneration) onChange();
    seenGeneration = generation;
  }

  function isStarted(): boolean {
    return keys.current !== undefined && (feed === undefined || feed.silentMs() !== Number.POSITIVE_INFINITY);
  }

  /** Where a feed is followed, it does this. */
  async function keepLookingForKeys(): Promise<void> {
    for (let wait = FIRST_RETRY_MS; !closed; wait = Math.min(LONGEST_RETRY_MS, wait * 2)) {
      await keys.refresh('start');
      if (keys.current !== undefined) return noteProgress();
      await new Promise((resolve) => void setTimeout(resolve, wait * (0.5 + settings.jitter())).unref());
    }
  }

  function makeVerdict(
    { token, signed = token }: { readonly token: string; readonly signed?: string },
    claims: JwtClaims,
    kid: string | undefined,
  ): Verdict<C> {
    // an opaque token's ids are whatever its issuer says
    const principal = readPrincipal(claims, kid === undefined ? { ...rules, timedIds: false } : rules);
    const { nbf = 0 } = claims;
    const verdict: Verdict<C> = {
      issuer: trusted,
      token,
      signed,
      principal,
      claims,
      kid,
      jkt: readKeyBinding(claims),
      revocable: revocableToken(principal),
      keyGeneration: keys.generation,
      fromMs: Math.max(principal.issuedAt, nbf) * 1_000 - toleranceMs,
      untilMs: principal.expiresAt * 1_000 + toleranceMs,
      generation: list.generation,
    };
    hangOnPrincipal(verdict);
    return verdict;
  }

  function checkRevoked(verdict: Verdict<C>): void {
    if (list.isRevoked(verdict.revocable)) throw refuse('token/revoked');
    verdict.generation = list.generation;
  }

  function introspect(token: string): Promise<JwtClaims> {
    if (introspection === undefined) throw new Error('unreachable: options without introspection are refused');
    metrics.count('mapae_verifier_introspections', { issuer });
    return introspection.introspect(token);
  }

  const staleForMs = (): number =>
    feed === undefined ? 0 : Math.max(0, feed.silentMs() - settings.staleAfterSeconds * 1_000);

  const trusted: TrustedIssuer<C> = {
    issuer,
    get started() {
      return isStarted();
    },
    start: start.promise,
    introspects: introspection !== undefined,
    judge(token, opened) {
      if (keys.current === undefined) throw refuse('verifier/unavailable');
      const signed = opened?.signed ?? token;
      const { claims, kid } = jwt.verifySignature(signed);
      opened?.checkRepeated(claims);
      jwt.checkClaims(claims);
      const verdict = makeVerdict({ token, signed }, claims, kid);
      checkRevoked(verdict);
      return verdict;
    },
    judgeAgain(verdict, nowMs) {
      if (nowMs >= verdict.untilMs || nowMs < verdict.fromMs) jwt.checkClaims(verdict.claims);
      if (verdict.generation !== list.generation) checkRevoked(verdict);
    },
    hasSameKeys: ({ keyGeneration }) => keys.current !== undefined && keyGeneration === keys.generation,
    checkFresh(whenStale = settings.whenStale) {
      if (whenStale === 'introspect' && introspection === undefined)
        throw new TypeError("whenStale: 'introspect' needs the option introspection");
      const staleMs = staleForMs();
      if (staleMs === 0) return 'fresh';
      if (whenStale === 'introspect') return 'introspect';
      if (staleMs > (whenStale === 'allow' ? settings.staleGraceSeconds * 1_000 : 0)) throw refuse('verifier/stale');
      return 'fresh';
    },
    mayLackKeyOf(token) {
      const kid = readKeyId(token);
      return kid !== undefined && keys.mayLack(kid);
    },
    async seek(what) {
      const fetched = keys.refresh(what === 'key' ? 'unknown-key' : what).then(noteProgress);
      await (what === 'start' ? atMost(START_WAIT_MS, start.promise) : fetched);
    },
    async confirm({ signed, principal }) {
      const { sub } = await introspect(signed);
      // RFC 7662 §2.2: optional, and where it is there it has to be the same person
      if (sub !== undefined && sub !== principal.subject) throw new TokenRejected('token/subject', 'sub');
    },
    async judgeOpaque(token) {
      const answer = introspection?.recall(token) ?? (await introspect(token));
      // RFC 7662 §2.2: who issued it and when are optional; without an audience it is for nobody in particular, and refused
      const claims = Object.freeze({
        iss: issuer,
        iat: Math.floor(clock() / 1_000),
        jti: createHash('sha256').update(token).digest('base64url'),
        ...answer,
      });
      jwt.checkClaims(claims);
      const verdict = makeVerdict({ token }, claims, undefined);
      checkRevoked(verdict);
      return verdict;
    },
    get status() {
      return {
        issuer,
        stale: staleForMs() > 0,
        position: feed?.position,
        lagMs: feed?.lagMs,
        revocations: list.size,
      };
    },
    close() {
      closed = true;
      feed?.close();
    },
  };
  return trusted;
}

function introspectionOf(
  { issuer, introspection, fetch }: IssuerSettings,
  metadata: MetadataSource,
  { clock, monotonic, log }: Pick<VerifierSettings, 'clock' | 'monotonic' | 'log'>,
): Introspection | undefined {
  if (introspection === undefined) return undefined;
  const { url } = introspection;
  return createIntrospection({
    ...introspection,
    issuer,
    fetch,
    clock,
    monotonic,
    log,
    async findEndpoint() {
      const endpoint = url ?? (await metadata.read()).introspectionEndpoint;
      if (endpoint === undefined) throw refuse('verifier/unavailable');
      return endpoint;
    },
  });
}

/** Undefined for what is no token whichever key there is. */
function readKeyId(token: string): string | undefined {
  try {
    const { kid } = decode(token).header;
    return typeof kid === 'string' ? kid : undefined;
  } catch (error) {
    if (error instanceof TokenUndecodable) return undefined;
    throw error;
  }
}

function atMost(ms: number, promise: Promise<void>): Promise<void> {
  const { promise: elapsed, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  return Promise.race([promise, elapsed]).finally(() => clearTimeout(timer));
}
