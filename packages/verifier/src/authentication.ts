import { type Credentials, readCredentials } from './credentials.ts';
import { checkDpopProof } from './dpop-proof.ts';
import type { Judge, Wait } from './judge.ts';
import type { VerifierSettings } from './options.ts';
import { checkPolicy, type Policy, type PolicySettings, parsePolicy } from './policy.ts';
import type { Principal } from './principal.ts';
import { refuse } from './refusal.ts';
import type { RequestLike } from './request.ts';
import type { Verdict } from './verdict.ts';

/** Lets in whoever comes with a request, or with a token alone; what each member promises is said where callers see it, in verifier.ts. */
export interface Authentication<C> {
  authenticateNow(request: RequestLike, policy?: Policy): Principal<C> | Promise<Principal<C>>;
  verifySync(token: string, policy?: Policy): Principal<C>;
  /** For a principal that was let in: all but its proof, which was spent. RFC 9449 §11.1 */
  authorize(verdict: Verdict<C>, policy?: Policy): Promise<void>;
}

export interface AuthenticationContext<C> {
  readonly settings: VerifierSettings<C>;
  readonly judge: Judge<C>;
  readonly atTheEdge: (error: unknown) => unknown;
}

/** A request, and what it has to show. */
interface Asked {
  readonly request: RequestLike;
  readonly credentials: Credentials;
  readonly wanted: PolicySettings;
}

/** Always in this order: credentials, token, freshness, proof, then what the policy asks for. */
export function createAuthentication<C>(context: AuthenticationContext<C>): Authentication<C> {
  const { settings, atTheEdge } = context;
  const { judge, judgeAfter, judgeAgain } = context.judge;
  const { clock, dpop, metrics } = settings;

  /** Most requests end here, without a promise; nor is there a function inside, whose variables would be allocated for each request. */
  function authenticateNow(request: RequestLike, policy?: Policy): Principal<C> | Promise<Principal<C>> {
    const wanted = parsePolicy(policy);
    try {
      const credentials = readCredentials(request, settings.cookie);
      // RFC 9449 §7.1: a scheme that isn't offered here is no credential
      if (credentials.scheme === 'dpop' && dpop === undefined) throw refuse('request/no-credentials');
      const judged = judge(credentials.token);
      if (typeof judged === 'string' || judged.issuer.checkFresh(wanted.whenStale) === 'introspect')
        return toTheEdge(authenticateLater(judged, { request, credentials, wanted }));
      const proved = checkProof(judged, credentials, request);
      return proved === undefined ? letIn(judged, wanted) : toTheEdge(letInOnceProved(judged, proved, wanted));
    } catch (error) {
      throw atTheEdge(error);
    }
  }

  async function authenticateLater(judged: Verdict<C> | Wait, asked: Asked): Promise<Principal<C>> {
    const { request, credentials, wanted } = asked;
    const verdict = typeof judged === 'string' ? await judgeAfter(judged, credentials.token) : judged;
    // an opaque token comes with its issuer's word
    if (judged !== 'word') await confirmStale(verdict, wanted);
    await checkProof(verdict, credentials, request);
    return letIn(verdict, wanted);
  }

  async function letInOnceProved(verdict: Verdict<C>, proved: Promise<void>, wanted: PolicySettings) {
    await proved;
    return letIn(verdict, wanted);
  }

  /** Where revocations may have been missed and the policy says so, its issuer is asked about the token. RFC 7662 */
  async function confirmStale(verdict: Verdict<C>, { whenStale }: PolicySettings): Promise<void> {
    if (verdict.issuer.checkFresh(whenStale) === 'introspect') await verdict.issuer.confirm(verdict);
  }

  /** RFC 9449 §7.1: a bound token comes with its proof, and never as a bearer token (§7.2). */
  function checkProof({ jkt }: Verdict<C>, { scheme, token }: Credentials, request: RequestLike): void | Promise<void> {
    if (jkt === undefined) {
      if (scheme === 'dpop' || dpop?.required === true) throw refuse('token/unbound');
      return;
    }
    if (dpop === undefined || scheme !== 'dpop') throw refuse('token/bound');
    return checkDpopProof({ request, accessToken: token, jkt, nowMs: clock() }, dpop);
  }

  function letIn({ principal }: Verdict<C>, policy: PolicySettings): Principal<C> {
    checkPolicy(principal, policy, clock());
    metrics.count('mapae_verifier_checks', ACCEPTED);
    return principal;
  }

  async function toTheEdge<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw atTheEdge(error);
    }
  }

  function verifySync(token: string, policy?: Policy): Principal<C> {
    const wanted = parsePolicy(policy);
    try {
      const judged = judge(token, NO_TIME);
      if (typeof judged === 'string') throw refuse('verifier/needs-async');
      if (judged.jkt !== undefined) throw refuse('token/bound');
      if (dpop?.required === true) throw refuse('token/unbound');
      if (judged.issuer.checkFresh(wanted.whenStale) === 'introspect') throw refuse('verifier/needs-async');
      return letIn(judged, wanted);
    } catch (error) {
      throw atTheEdge(error);
    }
  }

  async function authorize(verdict: Verdict<C>, policy?: Policy): Promise<void> {
    const wanted = parsePolicy(policy);
    try {
      const judged = judgeAgain(verdict);
      await confirmStale(judged, wanted);
      checkPolicy(verdict.principal, wanted, clock());
    } catch (error) {
      throw atTheEdge(error);
    }
  }

  return { authenticateNow, verifySync, authorize };
}

const ACCEPTED = Object.freeze({ outcome: 'accepted' });
/** For who can't wait: what is missing now is missing. */
const NO_TIME: ReadonlySet<Wait> = new Set<Wait>(['start', 'key']);
