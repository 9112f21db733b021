/** What can go wrong at a provider, as the person is told. */
export type FailureCode =
  /** The person, or the provider for them, said no. */
  | 'denied'
  /** The code was used or is too old. */
  | 'expired'
  /** It can't be reached, takes too long or says itself that it is in trouble. */
  | 'provider-down'
  /** It answered what it may not answer. */
  | 'provider-answer';

/** A sign-in failed at the provider. Nothing was made. */
export class SocialFailed extends Error {
  override readonly name = 'SocialFailed';
  readonly code: FailureCode;
  /** A word for the log; never anything that the provider or the browser sent. */
  readonly reason: string;

  constructor(code: FailureCode, reason: string, options: { readonly cause?: unknown } = {}) {
    super(`${code}: ${reason}`, options);
    this.code = code;
    this.reason = reason;
  }
}

/** Words with which providers say that the person said no. RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6, Sign in with Apple */
const DENIALS: ReadonlySet<string> = new Set([
  'access_denied',
  'user_cancelled_authorize',
  'user_cancelled_login',
  'user_denied',
  'consent_required',
  'interaction_required',
  'login_required',
  'account_selection_required',
  'cancel',
]);
const TROUBLES: ReadonlySet<string> = new Set(['server_error', 'temporarily_unavailable', 'slow_down']);

/** An `error` that came to the callback. */
export function failureOfCallback(error: string): SocialFailed {
  const word = error.toLowerCase();
  if (DENIALS.has(word)) return new SocialFailed('denied', word);
  if (TROUBLES.has(word)) return new SocialFailed('provider-down', word);
  return new SocialFailed('provider-answer', 'callback-error');
}

interface LibraryError {
  readonly code?: unknown;
  readonly error?: unknown;
  readonly cause?: unknown;
}

/** What the library threw while it spoke with a provider, as one of the four. */
export function failureOf(error: unknown): SocialFailed {
  const chain: LibraryError[] = [];
  for (let at: unknown = error; at instanceof Error && chain.length < 8; at = at.cause) chain.push(at as LibraryError);
  const own = chain.find((one) => one instanceof SocialFailed);
  if (own instanceof SocialFailed) return own;
  const [first] = chain;
  if (first?.error === 'invalid_grant') return new SocialFailed('expired', 'invalid_grant', { cause: error });
  // what the token endpoint says of us: our settings are wrong, or the provider's
  if (typeof first?.error === 'string')
    return TROUBLES.has(first.error)
      ? new SocialFailed('provider-down', first.error, { cause: error })
      : new SocialFailed('provider-answer', 'token-error', { cause: error });
  const code = chain.map((one) => one.code).find((one) => typeof one === 'string' && one.startsWith('OAUTH_'));
  if (code === 'OAUTH_TIMEOUT') return new SocialFailed('provider-down', 'timeout', { cause: error });
  return new SocialFailed('provider-answer', typeof code === 'string' ? code : 'malformed', { cause: error });
}
