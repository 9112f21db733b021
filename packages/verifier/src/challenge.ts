export type ChallengeError =
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'insufficient_user_authentication'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce';

/** What a challenge tells the client that would help. */
export interface ChallengeDetails {
  /** Scopes that the route asks for. RFC 6750 §3 */
  readonly scope?: readonly string[];
  /** Authentication context classes of which one is asked for. RFC 9470 §3 */
  readonly acrValues?: readonly string[];
  /** Longest time since the sign-in, whole seconds. RFC 9470 §3 */
  readonly maxAgeSeconds?: number;
}

/** What a verifier's challenges say, whatever the refusal. */
export interface ChallengeContext {
  /** Address of the protected-resource metadata. RFC 9728 §5.1 */
  readonly resourceMetadata: string | undefined;
  /** Algorithms of proofs; undefined where no bound token is let in. RFC 9449 §7.1 */
  readonly dpopAlgorithms: readonly string[] | undefined;
  /** False where only bound tokens are let in. */
  readonly bearer: boolean;
}

export const PLAIN_CHALLENGE: ChallengeContext = Object.freeze({
  resourceMetadata: undefined,
  dpopAlgorithms: undefined,
  bearer: true,
});

export interface Challenge extends ChallengeDetails {
  /** None where no credentials came (RFC 6750 §3.1). */
  readonly error?: ChallengeError | undefined;
}

/** Errors that are about the proof, or that only a proof could mend. */
const DPOP_ONLY: readonly unknown[] = ['invalid_dpop_proof', 'use_dpop_nonce'];

/**
 * The value of WWW-Authenticate: one challenge a scheme that is let in here; the error stands in those that it is about.
 *
 * @see RFC 6750 §3, RFC 9449 §7.1, RFC 9470 §3, RFC 9728 §5.1, RFC 9110 §11.6.1
 */
export function formatChallenges(context: ChallengeContext, challenge: Challenge): string {
  const { error, scope, acrValues, maxAgeSeconds } = challenge;
  const parameters = {
    error,
    scope: scope?.join(' '),
    acr_values: acrValues?.join(' '),
    max_age: maxAgeSeconds?.toString(),
    resource_metadata: context.resourceMetadata,
  };
  const algs = context.dpopAlgorithms?.join(' ');
  const schemes: string[] = [];
  if (context.bearer && !DPOP_ONLY.includes(error)) schemes.push(formatChallenge('Bearer', parameters));
  if (algs !== undefined || DPOP_ONLY.includes(error)) schemes.push(formatChallenge('DPoP', { ...parameters, algs }));
  return schemes.join(', ');
}

/** Values are configured, never from a request, and hold no quote or backslash: options and policies refuse those. RFC 9110 §11.2 */
function formatChallenge(scheme: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const listed = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${value}"`);
  return [scheme, listed.join(', ')].filter((part) => part !== '').join(' ');
}
