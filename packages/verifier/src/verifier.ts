import type { JwtClaims } from '@mapae/jwt';
import { createAuthentication } from './authentication.ts';
import { createEdge } from './edge.ts';
import { createTrustedIssuer, type IssuerStatus } from './issuer.ts';
import { createJudge } from './judge.ts';
import { parseVerifierOptions, type VerifierOptions } from './options.ts';
import { type Policy, parsePolicy } from './policy.ts';
import type { Principal } from './principal.ts';
import { createPrincipalWatch } from './principal-watch.ts';
import type { RequestRefused } from './refusal.ts';
import { createReports } from './report.ts';
import type { RequestLike } from './request.ts';
import { createTrustedIssuers } from './trusted-issuers.ts';
import { findVerdict, type Verdict } from './verdict.ts';
import { createVerdictCache } from './verdict-cache.ts';
import { createWatches } from './watch.ts';

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

/** @throws {TypeError} naming the option that is missing, unknown or out of range. */
export function createVerifier<C = JwtClaims>(options: VerifierOptions<C>): Verifier<C> {
  const settings = parseVerifierOptions(options);
  const watches = createWatches();
  const reports = createReports(settings);
  const issuers = createTrustedIssuers<C>(
    settings.issuers.map((own) => createTrustedIssuer(own, { settings, onChange: watches.look })),
  );
  const cache = settings.cache === false ? undefined : createVerdictCache<Verdict<C>>(settings.cache);
  const judge = createJudge({ settings, issuers, cache, reports });
  const atTheEdge = createEdge(settings, reports);
  const { authenticateNow, verifySync, authorize } = createAuthentication({ settings, judge, atTheEdge });
  const statuses = (): readonly IssuerStatus[] => issuers.all.map(({ status }) => status);
  reports.start(statuses);

  function verdictOf(principal: Principal<C>): Verdict<C> {
    const verdict = findVerdict(principal);
    if (verdict === undefined || !issuers.has(verdict.issuer))
      throw new TypeError('principal must be one that this verifier let in');
    return verdict;
  }

  return Object.freeze({
    async authenticate(request: RequestLike, policy?: Policy) {
      return authenticateNow(request, policy);
    },
    authenticateNow,
    verifySync,
    async authorize(principal: Principal<C>, policy?: Policy) {
      await authorize(verdictOf(principal), policy);
    },
    watch(principal: Principal<C>, onEnd: (refusal: RequestRefused) => void, policy?: Policy) {
      const judgeNow = createPrincipalWatch({
        verdict: verdictOf(principal),
        policy: parsePolicy(policy),
        judgeAgain: judge.judgeAgain,
        monotonic: settings.monotonic,
        atTheEdge,
        onEnded: watches.look,
      });
      return watches.add({ judge: judgeNow, onEnd });
    },
    async ready() {
      await Promise.all(issuers.all.map(({ start }) => start));
    },
    get status() {
      const issuersNow = statuses();
      return {
        stale: issuersNow.some(({ stale }) => stale),
        position: issuersNow[0]?.position,
        revocations: issuersNow.reduce((sum, { revocations }) => sum + revocations, 0),
        rememberedTokens: cache?.size ?? 0,
        issuers: issuersNow,
      };
    },
    close() {
      for (const issuer of issuers.all) issuer.close();
      watches.close();
      reports.close();
    },
  });
}
