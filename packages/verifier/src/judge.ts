import { TokenRejected } from '@mapae/jwt';
import type { VerifierSettings } from './options.ts';
import { refuse } from './refusal.ts';
import type { Reports } from './report.ts';
import { isEncrypted, type OpenedToken } from './token-opener.ts';
import type { TrustedIssuers } from './trusted-issuers.ts';
import type { Verdict } from './verdict.ts';
import type { VerdictCache } from './verdict-cache.ts';

/** What has to be waited for before a token can be judged: its issuer's word, what is inside of it, the issuer's start, or a key. */
export type Wait = 'word' | 'opening' | 'start' | 'key';

export interface Judge<C> {
  /**
   * Judges a token with what is known at this moment. No promise is made, and for a token that was seen before nothing is allocated.
   *
   * @param over Waits that are over, or that help nobody: what is missing after one of them is missing. Default: none.
   * @returns The verdict, or what a wait would help with.
   * @throws {TokenRejected} {RequestRefused}
   */
  judge(token: string, over?: ReadonlySet<Wait>): Verdict<C> | Wait;
  /** Waits for what `judge` asked for, each thing once, and judges again. Rejects as `judge` throws. */
  judgeAfter(wait: Wait, token: string): Promise<Verdict<C>>;
  /**
   * Judges again a token that was let in a while ago.
   *
   * @returns The same verdict, or a new one where the keys are others now.
   * @throws {TokenRejected} {RequestRefused}
   */
  judgeAgain(verdict: Verdict<C>): Verdict<C>;
}

export interface JudgeContext<C> {
  readonly settings: VerifierSettings<C>;
  readonly issuers: TrustedIssuers<C>;
  readonly cache: VerdictCache<Verdict<C>> | undefined;
  readonly reports: Reports;
}

/** The one way to judge a token, for callers who can wait and for those who can't. */
export function createJudge<C>({ settings, issuers, cache, reports }: JudgeContext<C>): Judge<C> {
  const { clock, metrics, decryptionKeys } = settings;
  const { issuerOf, takesOpaque } = issuers;

  function judge(token: string, over: ReadonlySet<Wait> = NONE, opened?: OpenedToken): Verdict<C> | Wait {
    const known = cache?.find(token);
    // under other keys its signature needs a second check
    if (known === undefined || !known.issuer.hasSameKeys(known)) return judgeUnseen(token, over, opened);
    known.issuer.judgeAgain(known, clock());
    reports.hit();
    metrics.count('mapae_verifier_cache_hits', NO_LABELS);
    return known;
  }

  function judgeUnseen(token: string, over: ReadonlySet<Wait>, opened: OpenedToken | undefined): Verdict<C> | Wait {
    if (takesOpaque && OPAQUE_TOKEN.test(token)) return 'word';
    if (opened === undefined && decryptionKeys !== undefined && isEncrypted(token)) return 'opening';
    const signed = opened?.signed ?? token;
    const issuer = issuerOf(signed);
    if (!issuer.started && !over.has('start')) return 'start';
    reports.miss();
    try {
      const verdict = issuer.judge(token, opened);
      cache?.add(token, verdict);
      return verdict;
    } catch (error) {
      if (!isUnknownKey(error)) throw error;
      // it may be there in a moment
      if (!over.has('key')) return 'key';
      // RFC 9110 §15.6.4: nobody could look whether it is, so nothing is known against the token
      throw issuer.mayLackKeyOf(signed) ? refuse('verifier/unavailable') : error;
    }
  }

  async function judgeAfter(wait: Wait, token: string): Promise<Verdict<C>> {
    const over = new Set<Wait>();
    let opened: OpenedToken | undefined;
    let judged: Verdict<C> | Wait = wait;
    while (typeof judged === 'string') {
      over.add(judged);
      if (judged === 'word') return issuers.judgeOpaque(token);
      if (judged === 'opening') opened = await decryptionKeys?.open(token);
      else await issuerOf(opened?.signed ?? token).seek(judged);
      judged = judge(token, over, opened);
    }
    return judged;
  }

  return {
    judge,
    judgeAfter,
    judgeAgain(verdict) {
      // RFC 7662: an opaque one has no signature
      if (verdict.kid !== undefined && !verdict.issuer.hasSameKeys(verdict))
        return verdict.issuer.judge(verdict.signed);
      verdict.issuer.judgeAgain(verdict, clock());
      return verdict;
    },
  };
}

const NONE: ReadonlySet<Wait> = new Set();
const NO_LABELS = Object.freeze({});
/** No JWT, and no refresh token of ours: RFC 6750 §2.1 characters without a full stop, and enough of them to be no guess. */
const OPAQUE_TOKEN = /^[A-Za-z0-9\-_~+/]{16,2048}=*$/;

function isUnknownKey(error: unknown): boolean {
  return error instanceof TokenRejected && error.code === 'token/unknown-key';
}
