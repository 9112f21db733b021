import { decode, type JwtClaims, TokenRejected, TokenUndecodable } from '@mapae/jwt';
import type { ChallengeContext } from './challenge.ts';
import { type Credentials, readCredentials } from './credentials.ts';
import { checkDpopProof } from './dpop-proof.ts';
import { createTrustedIssuer, findVerdict, type IssuerStatus, type TrustedIssuer, type Verdict } from './issuer.ts';
import { parseVerifierOptions, type VerifierOptions } from './options.ts';
import { checkPolicy, type Policy, type PolicySettings, parsePolicy } from './policy.ts';
import type { Principal } from './principal.ts';
import { RequestRefused, refuse } from './refusal.ts';
import { createReports } from './report.ts';
import type { RequestLike } from './request.ts';
import { isEncrypted, type TokenOpener } from './token-opener.ts';
import { createVerdictCache } from './verdict-cache.ts';
import { createWatches, type Watch } from './watch.ts';

export type { Policy } from './policy.ts';

export interface Verifier<C = JwtClaims> {
  /**
   * Authenticates a request: credentials, token, revocations, proof, then what the policy asks for.
   *
   * @throws {RequestRefused} with everything an answer needs.
   * @throws {TypeError} for a policy that is none.
   */
  authenticate(request: RequestLike, policy?: Policy): Promise<Principal<C>>;
  /**
   * The same at once where nothing has to be waited for, which is most requests: for adapters, to which a promise is a cost.
   *
   * @returns The principal, or a promise of it.
   * @throws {RequestRefused} or rejects with it.
   */
  authenticateNow(request: RequestLike, policy?: Policy): Principal<C> | Promise<Principal<C>>;
  /**
   * Checks an access token with what is known at this moment: no I/O, no promise.
   *
   * @throws {RequestRefused} `token/…`, `request/…`, `verifier/…`; 503 where keys, revocations or the issuer would have to be waited for.
   */
  verifySync(token: string, policy?: Policy): Principal<C>;
  /**
   * Checks what a further policy asks of a principal that this verifier let in, and what may have ended it meanwhile: for a guard behind a
   * guard. The proof is not asked for again: the first guard has spent it (RFC 9449 §11.1).
   *
   * @throws {RequestRefused} as `authenticate`.
   */
  authorize(principal: Principal<C>, policy?: Policy): Promise<void>;
  /**
   * Watches a principal whose connection goes on: a WebSocket, an event stream. Calls `onEnd` once, within a second, when its token is revoked
   * or expires, or when this verifier has not heard of revocations for longer than the policy allows.
   *
   * @param principal One that this verifier let in.
   * @returns A function that stops watching.
   */
  watch(principal: Principal<C>, onEnd: (refusal: RequestRefused) => void, policy?: Policy): () => void;
  /** Resolves when keys and revocations of every issuer are there. Never rejects: an issuer that is away may come back. */
  ready(): Promise<void>;
  readonly status: VerifierStatus;
  /** Ends the connections to the feeds, and stops watching. */
  close(): void;
}

export interface VerifierStatus {
  /** True when revocations of one issuer may have been missed. */
  readonly stale: boolean;
  /** `<epoch>.<number>` in the first issuer's feed; undefined before the first snapshot, or without a feed. */
  readonly position: string | undefined;
  /** Revocations held. */
  readonly revocations: number;
  /** Tokens remembered. */
  readonly rememberedTokens: number;
  readonly issuers: readonly IssuerStatus[];
}

const NO_LABELS = Object.freeze({});
const ACCEPTED = Object.freeze({ outcome: 'accepted' });
const START_WAIT_MS = 3_000;
/** How often the issuer is asked about a connection that goes on, where only it knows. */
const CONFIRM_EVERY_MS = 5_000;

/** @throws {TypeError} naming the option that is missing, unknown or out of range. */
export function createVerifier<C = JwtClaims>(options: VerifierOptions<C>): Verifier<C> {
  const settings = parseVerifierOptions(options);
  const { clock, monotonic, dpop, metrics, decryptionKeys } = settings;
  const challenges: ChallengeContext = {
    resourceMetadata: settings.resourceMetadata,
    dpopAlgorithms: dpop?.algorithms,
    bearer: dpop?.required !== true,
  };
  const cache = settings.cache === false ? undefined : createVerdictCache<Verdict<C>>(settings.cache);
  const watches = createWatches();
  const reports = createReports(settings);
  const issuers = new Map<string, TrustedIssuer<C>>(
    settings.issuers.map((own) => [
      own.issuer,
      createTrustedIssuer(own, { settings, metrics, onChange: () => watches.look() }),
    ]),
  );
  const [first] = issuers.values();
  const introspecting = [...issuers.values()].filter(({ introspects }) => introspects);
  reports.start(() => [...issuers.values()].map(({ status }) => status));

  /**
   * The issuer whose keys are looked at. With several, the token says which; it can name those that are configured and no other, and
   * nothing that it names is contacted.
   */
  function issuerOf(token: string): TrustedIssuer<C> {
    if (issuers.size === 1 && first !== undefined) return first;
    try {
      const { iss } = decode(token).claims;
      const named = typeof iss === 'string' ? issuers.get(iss) : undefined;
      if (named !== undefined) return named;
    } catch (error) {
      if (error instanceof TokenUndecodable) throw new TokenRejected('token/malformed');
      throw error;
    }
    throw new TokenRejected('token/issuer', 'iss');
  }

  /** A verdict whose signature needs no second check. */
  function knownVerdict(token: string): Verdict<C> | undefined {
    const known = cache?.find(token);
    return known?.issuer.hasSameKeys(known) === true ? known : undefined;
  }

  /** The issuer of a token: of one that is known, without a look into it. */
  function issuerFor(token: string): TrustedIssuer<C> {
    return knownVerdict(token)?.issuer ?? issuerOf(token);
  }

  /** What is known of a token, judged at this moment. */
  function judge(token: string): Verdict<C> {
    const known = knownVerdict(token);
    if (known !== undefined) {
      known.issuer.judgeAgain(known, clock());
      noteHit();
      return known;
    }
    reports.miss();
    return remember(issuerOf(token).judge(token));
  }

  /** An encrypted token that was not seen before. What is inside is judged like one that came without a cover. */
  async function judgeEncrypted(token: string, opener: TokenOpener, policy: PolicySettings): Promise<Verdict<C>> {
    const { signed, checkRepeated } = await opener.open(token);
    return judgeWith(issuerOf(signed), policy, () => {
      reports.miss();
      return remember(issuerOf(signed).judge(signed, { token, checkRepeated }));
    });
  }

  function noteHit(): void {
    reports.hit();
    metrics.count('mapae_verifier_cache_hits', NO_LABELS);
  }

  function remember(verdict: Verdict<C>): Verdict<C> {
    if (verdict.kid !== undefined) cache?.add(verdict.token, verdict);
    return verdict;
  }

  const staleness = (policy: PolicySettings) => policy.whenStale ?? settings.whenStale;

  function checkFresh({ issuer }: Verdict<C>, policy: PolicySettings): 'fresh' | 'introspect' {
    const whenStale = staleness(policy);
    if (whenStale === 'introspect' && !issuer.introspects)
      throw new TypeError("whenStale: 'introspect' needs the option introspection");
    return issuer.checkFresh(whenStale);
  }

  /** Waits where a moment's wait helps: at the start, for a key that isn't known yet, and for the issuer's word. */
  async function judgePatiently(token: string, policy: PolicySettings): Promise<Verdict<C>> {
    if (isOpaque(token)) return judgeOpaque(token);
    // one that was seen before needs no decrypting
    if (decryptionKeys !== undefined && isUnopened(token)) return judgeEncrypted(token, decryptionKeys, policy);
    return judgeWith(issuerFor(token), policy, () => judge(token));
  }

  async function judgeWith(
    issuer: TrustedIssuer<C>,
    policy: PolicySettings,
    judgeNow: () => Verdict<C>,
  ): Promise<Verdict<C>> {
    if (!issuer.started) {
      void issuer.refreshKeys('start');
      await atMost(START_WAIT_MS, issuer.start);
    }
    let verdict: Verdict<C>;
    try {
      verdict = judgeNow();
    } catch (error) {
      if (!isUnknownKey(error)) throw error;
      await issuer.refreshKeys('unknown-key');
      verdict = judgeNow();
    }
    if (checkFresh(verdict, policy) === 'introspect') await issuer.confirm(verdict);
    return verdict;
  }

  /** With several issuers that could be asked, a token would be shown to those that did not make it: none is. */
  async function judgeOpaque(token: string): Promise<Verdict<C>> {
    const [issuer, another] = introspecting;
    if (issuer === undefined || another !== undefined) throw new TokenRejected('token/malformed');
    return remember(await issuer.judgeOpaque(token));
  }

  function isOpaque(token: string): boolean {
    return introspecting.length === 1 && OPAQUE_TOKEN.test(token);
  }

  function isUnopened(token: string): boolean {
    return decryptionKeys !== undefined && isEncrypted(token) && knownVerdict(token) === undefined;
  }

  /** RFC 9449 §7.1: a bound token comes with its proof, and never as a bearer token (§7.2). */
  function checkProof(verdict: Verdict<C>, { scheme, token }: Credentials, request: RequestLike): void | Promise<void> {
    const { jkt } = verdict;
    if (jkt === undefined) {
      if (scheme === 'dpop' || dpop?.required === true) throw refuse('token/unbound');
      return;
    }
    if (dpop === undefined || scheme !== 'dpop') throw refuse('token/bound');
    return checkDpopProof({ request, accessToken: token, jkt, nowMs: clock() }, dpop);
  }

  /** The one place where what was thrown becomes what the outside is told. */
  function atTheEdge(error: unknown): unknown {
    const refusal =
      error instanceof TokenRejected
        ? refuse(error.code).in(challenges)
        : error instanceof RequestRefused
          ? error.in(challenges)
          : undefined;
    if (refusal === undefined) return error;
    reports.refused(refusal.code);
    metrics.count('mapae_verifier_checks', { outcome: refusal.code });
    return refusal;
  }

  function letIn({ principal }: Verdict<C>, policy: PolicySettings): Principal<C> {
    checkPolicy(principal, policy, clock());
    metrics.count('mapae_verifier_checks', ACCEPTED);
    return principal;
  }

  /** All that needs no wait; undefined where one would help. Most requests end here, without a promise of their own. */
  function judgeAtOnce(token: string, policy: PolicySettings): Verdict<C> | undefined {
    const known = knownVerdict(token);
    if (known === undefined) return judgeUnseen(token, policy);
    known.issuer.judgeAgain(known, clock());
    if (checkFresh(known, policy) === 'introspect') return undefined;
    noteHit();
    return known;
  }

  function judgeUnseen(token: string, policy: PolicySettings): Verdict<C> | undefined {
    if (isOpaque(token) || isUnopened(token)) return undefined;
    const issuer = issuerOf(token);
    if (!issuer.started) return undefined;
    let verdict: Verdict<C>;
    try {
      verdict = issuer.judge(token);
    } catch (error) {
      // its key may be there in a moment
      if (isUnknownKey(error)) return undefined;
      reports.miss();
      throw error;
    }
    reports.miss();
    remember(verdict);
    return checkFresh(verdict, policy) === 'introspect' ? undefined : verdict;
  }

  function authenticateNow(request: RequestLike, policy?: Policy): Principal<C> | Promise<Principal<C>> {
    const wanted = parsePolicy(policy);
    try {
      const credentials = readCredentials(request, settings.cookie);
      const { token, scheme } = credentials;
      // RFC 9449 §7.1: a scheme that isn't offered here is no credential
      if (scheme === 'dpop' && dpop === undefined) throw refuse('request/no-credentials');
      const verdict = judgeAtOnce(token, wanted);
      if (verdict === undefined) return authenticateLater(request, credentials, wanted);
      const proved = checkProof(verdict, credentials, request);
      return proved === undefined ? letIn(verdict, wanted) : letInOnceProved(verdict, proved, wanted);
    } catch (error) {
      throw atTheEdge(error);
    }
  }

  async function authenticateLater(
    request: RequestLike,
    credentials: Credentials,
    wanted: PolicySettings,
  ): Promise<Principal<C>> {
    try {
      const verdict = await judgePatiently(credentials.token, wanted);
      await checkProof(verdict, credentials, request);
      return letIn(verdict, wanted);
    } catch (error) {
      throw atTheEdge(error);
    }
  }

  async function letInOnceProved(
    verdict: Verdict<C>,
    proved: Promise<void>,
    wanted: PolicySettings,
  ): Promise<Principal<C>> {
    try {
      await proved;
      return letIn(verdict, wanted);
    } catch (error) {
      throw atTheEdge(error);
    }
  }

  async function authenticate(request: RequestLike, policy?: Policy): Promise<Principal<C>> {
    return authenticateNow(request, policy);
  }

  function verifySync(token: string, policy?: Policy): Principal<C> {
    const wanted = parsePolicy(policy);
    try {
      if (isOpaque(token) || isUnopened(token)) throw refuse('verifier/needs-async');
      const verdict = judge(token);
      if (verdict.jkt !== undefined) throw refuse('token/bound');
      if (dpop?.required === true) throw refuse('token/unbound');
      if (checkFresh(verdict, wanted) === 'introspect') throw refuse('verifier/needs-async');
      return letIn(verdict, wanted);
    } catch (error) {
      throw atTheEdge(error);
    }
  }

  function verdictOf(principal: Principal<C>): Verdict<C> {
    const verdict = findVerdict(principal);
    if (verdict === undefined || issuers.get(verdict.issuer.issuer) !== verdict.issuer)
      throw new TypeError('principal must be one that this verifier let in');
    return verdict;
  }

  async function authorize(principal: Principal<C>, policy?: Policy): Promise<void> {
    const verdict = verdictOf(principal);
    const wanted = parsePolicy(policy);
    try {
      verdict.issuer.judgeAgain(verdict, clock());
      if (checkFresh(verdict, wanted) === 'introspect') await verdict.issuer.confirm(verdict);
      checkPolicy(principal, wanted, clock());
    } catch (error) {
      throw atTheEdge(error);
    }
  }

  /** The refusal that a watched principal would get now. */
  function watchOf(first: Verdict<C>, policy: PolicySettings): Watch['judge'] {
    let verdict = first;
    let ended: unknown;
    let askedAt = monotonic();
    const ask = (): void => {
      if (monotonic() - askedAt < CONFIRM_EVERY_MS) return;
      askedAt = monotonic();
      verdict.issuer.confirm(verdict).catch((error: unknown) => {
        ended = error;
        watches.look();
      });
    };
    const check = (): void => {
      if (ended !== undefined) throw ended;
      if (verdict.kid !== undefined && !verdict.issuer.hasSameKeys(verdict))
        verdict = verdict.issuer.judge(verdict.signed);
      else verdict.issuer.judgeAgain(verdict, clock());
      // only its issuer knows when an opaque token ends
      if (verdict.kid === undefined || checkFresh(verdict, policy) === 'introspect') ask();
    };
    return () => {
      try {
        check();
        return undefined;
      } catch (error) {
        const refusal = atTheEdge(error);
        if (refusal instanceof RequestRefused) return refusal;
        throw error;
      }
    };
  }

  return Object.freeze({
    authenticate,
    authenticateNow,
    authorize,
    verifySync,
    watch(principal: Principal<C>, onEnd: (refusal: RequestRefused) => void, policy?: Policy): () => void {
      const verdict = verdictOf(principal);
      return watches.add({ judge: watchOf(verdict, parsePolicy(policy)), onEnd });
    },
    async ready() {
      await Promise.all([...issuers.values()].map(({ start }) => start));
    },
    get status(): VerifierStatus {
      const statuses = [...issuers.values()].map(({ status }) => status);
      return {
        stale: statuses.some(({ stale }) => stale),
        position: statuses[0]?.position,
        revocations: statuses.reduce((sum, { revocations }) => sum + revocations, 0),
        rememberedTokens: cache?.size ?? 0,
        issuers: statuses,
      };
    },
    close() {
      for (const issuer of issuers.values()) issuer.close();
      watches.close();
      reports.close();
    },
  });
}

/** No JWT, and no refresh token of ours: RFC 6750 §2.1 characters without a full stop, and enough of them to be no guess. */
const OPAQUE_TOKEN = /^[A-Za-z0-9\-_~+/]{16,2048}=*$/;

function isUnknownKey(error: unknown): boolean {
  return error instanceof TokenRejected && error.code === 'token/unknown-key';
}

function atMost(ms: number, promise: Promise<void>): Promise<void> {
  const { promise: elapsed, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  return Promise.race([promise, elapsed]).finally(() => clearTimeout(timer));
}
