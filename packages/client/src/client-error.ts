/** A member of the body that the server refused. */
export interface RefusedMember {
  readonly path: string;
  readonly message: string;
}

export interface ClientErrorDetails {
  readonly message?: string;
  readonly retryAfterSeconds?: number;
  readonly errors?: readonly RefusedMember[];
}

/**
 * What went wrong, by a stable `code`: the server's own (`account/credentials`, `invalid_grant`, …; docs/protocol.md §3), or one of ours:
 *
 * - `client/network`: no answer came. `status` is 0.
 * - `client/signed-out`: nobody is signed in, so there is no token to be had. `status` is 0, or 400 where the server said so.
 * - `client/unexpected-answer`: an answer that isn't the server's, from a proxy for instance.
 * - `client/storage`: the given storage failed. `status` is 0.
 * - `client/closed`: the client was closed. `status` is 0.
 *
 * It has no `cause`: what a foreign `fetch` or storage throws may hold a token.
 */
export class ClientError extends Error {
  override readonly name: string = 'ClientError';
  readonly code: string;
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;
  /** How long the server asks to wait. Whole seconds. */
  readonly retryAfterSeconds?: number;
  /** With `request/invalid`: what is wrong with which member. */
  readonly errors?: readonly RefusedMember[];

  constructor(code: string, status: number, details: ClientErrorDetails = {}) {
    super(details.message ?? code);
    this.code = code;
    this.status = status;
    if (details.retryAfterSeconds !== undefined) this.retryAfterSeconds = details.retryAfterSeconds;
    if (details.errors !== undefined) this.errors = details.errors;
  }
}

/** Trouble that passes: the same request may well succeed later. */
const PASSING = new Set([429, 502, 503, 504]);

/** Whether a failure says nothing about the session, only about the way to the server. */
export function isPassing(error: unknown): error is ClientError {
  return error instanceof ClientError && (error.code === 'client/network' || PASSING.has(error.status));
}
