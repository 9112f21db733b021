export type ChallengeError =
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'insufficient_user_authentication';

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
}

export const PLAIN_CHALLENGE: ChallengeContext = Object.freeze({ resourceMetadata: undefined });

/**
 * The value of WWW-Authenticate.
 *
 * @param error None where no credentials came (RFC 6750 §3.1).
 * @see RFC 6750 §3, RFC 9470 §3, RFC 9728 §5.1
 */
export function formatChallenges(
  { resourceMetadata }: ChallengeContext,
  error: ChallengeError | undefined,
  { scope, acrValues, maxAgeSeconds }: ChallengeDetails,
): string {
  return formatChallenge('Bearer', {
    error,
    scope: scope?.join(' '),
    acr_values: acrValues?.join(' '),
    max_age: maxAgeSeconds?.toString(),
    resource_metadata: resourceMetadata,
  });
}

/** Values are configured, never from a request, and hold no quote or backslash: options and policies refuse those. RFC 9110 §11.2 */
function formatChallenge(scheme: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const listed = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${value}"`);
  return [scheme, listed.join(', ')].filter((part) => part !== '').join(' ');
}
