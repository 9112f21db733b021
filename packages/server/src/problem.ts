/**
 * Every code that a request can be refused with: its status, a title for people and the rule behind it. Append only; a code is
 * never renamed and never reused. docs/errors.md is held to this table by a test.
 */
export const PROBLEMS = {
  'request/malformed': { status: 400, title: 'The body is not JSON, or a name in it comes twice.', rule: 'RFC 8259' },
  'request/authorization': {
    status: 400,
    title: 'There is more than one Authorization header.',
    rule: 'RFC 6750 §3.1',
  },
  'request/idempotency-key': {
    status: 400,
    title: 'The Idempotency-Key is not 1 to 255 printable ASCII characters.',
    rule: 'docs/protocol.md §2',
  },
  'request/content-type': { status: 415, title: 'The body is not application/json.', rule: 'RFC 9110 §15.5.16' },
  'request/too-large': { status: 413, title: 'The body is larger than 64 KiB.', rule: 'RFC 9110 §15.5.14' },
  'request/invalid': {
    status: 422,
    title: 'A member of the body is missing, unknown or has a value it may not have.',
    rule: 'RFC 9110 §15.5.21',
  },
  'request/not-found': { status: 404, title: 'There is nothing at this address.', rule: 'RFC 9110 §15.5.5' },
  'request/method': { status: 405, title: 'This address knows other methods only.', rule: 'RFC 9110 §15.5.6' },
  'request/cross-origin': {
    status: 403,
    title: 'A cookie may not be used from where this request came.',
    rule: 'docs/protocol.md §3',
  },
  'request/bearer-origin': {
    status: 403,
    title: 'Pages of this origin may not hold tokens.',
    rule: 'docs/protocol.md §3',
  },
  'request/too-many': { status: 429, title: 'Too much at once; try again in a moment.', rule: 'RFC 6585 §4' },
  invalid_request: { status: 400, title: 'Something that is needed is missing.', rule: 'RFC 6749 §5.2' },
  invalid_client: { status: 400, title: 'There is no such client.', rule: 'RFC 6749 §5.2' },
  invalid_grant: { status: 400, title: 'The refresh token is over; sign in again.', rule: 'RFC 6749 §5.2' },
  invalid_scope: { status: 400, title: 'A scope is unknown at this resource.', rule: 'RFC 6749 §5.2' },
  invalid_target: { status: 400, title: 'There is no such resource.', rule: 'RFC 8707 §2' },
  invalid_token: { status: 401, title: 'The access token is missing or was refused.', rule: 'RFC 6750 §3.1' },
  insufficient_scope: { status: 403, title: 'The access token is good, but not for this.', rule: 'RFC 6750 §3.1' },
  'account/credentials': { status: 401, title: 'E-mail address or password is wrong.', rule: 'ASVS 6.3.8' },
  'account/password-known': {
    status: 422,
    title: 'This password stands on lists that guessers begin with; choose another.',
    rule: 'ASVS 6.2.12',
  },
  'account/password-weak': {
    status: 422,
    title: 'This password can be guessed too easily; make it longer or less regular.',
    rule: 'ASVS 6.2.1',
  },
  'session/unknown': { status: 404, title: 'There is no such session.', rule: 'docs/protocol.md §3' },
  'request/query': {
    status: 400,
    title: 'A parameter of the address is unknown, comes twice or has a value it may not have.',
    rule: 'RFC 9110 §15.5.1',
  },
  'account/link': {
    status: 400,
    title: 'The link is unknown, was used or is too old; ask for another.',
    rule: 'ASVS 6.5.5',
  },
  'account/unverified': {
    status: 403,
    title: 'The e-mail address has to be verified first.',
    rule: 'docs/protocol.md §3',
  },
  'account/email-taken': {
    status: 409,
    title: 'The address belongs to another account by now.',
    rule: 'docs/protocol.md §3',
  },
  'admin/role': { status: 403, title: 'This is for administrators.', rule: 'docs/protocol.md §3' },
  'admin/unknown-user': { status: 404, title: 'There is no such user.', rule: 'docs/protocol.md §3' },
  'admin/self': { status: 409, title: 'Administrators do not do this to themselves.', rule: 'docs/protocol.md §3' },
  'account/refused': { status: 403, title: 'An account can not be made here.', rule: 'docs/adr/0049' },
  'server/hook': {
    status: 503,
    title: 'A part of the application did not answer; try again in a moment.',
    rule: 'docs/adr/0049',
  },
  'account/proof': {
    status: 403,
    title: 'This asks for a fresh proof: sign in again, or give the password.',
    rule: 'ASVS 7.5.1',
  },
  'social/unknown-provider': { status: 404, title: 'There is no such provider here.', rule: 'docs/protocol.md §3' },
  'social/state': {
    status: 400,
    title: 'This sign-in was not begun in this browser, or is used already; begin again.',
    rule: 'RFC 6749 §10.12',
  },
  'social/expired': { status: 400, title: 'This sign-in took too long; begin again.', rule: 'docs/protocol.md §3' },
  'social/denied': { status: 403, title: 'The sign-in was cancelled at the provider.', rule: 'RFC 6749 §4.1.2.1' },
  'social/provider-down': {
    status: 503,
    title: 'The provider does not answer; nothing was changed. Try again in a moment.',
    rule: 'docs/protocol.md §3',
  },
  'social/provider-answer': {
    status: 502,
    title: 'The provider gave an answer that is not accepted; nothing was changed.',
    rule: 'OpenID Connect Core §3.1.3.7',
  },
  'social/link-offer': {
    status: 409,
    title: 'There is an account with this address: sign in to it with its password, then link this login.',
    rule: 'docs/adr/0056',
  },
  'social/email-unverified': {
    status: 403,
    title: 'The provider does not vouch for an address, and one has to be verified here.',
    rule: 'docs/adr/0056',
  },
  'social/token': {
    status: 401,
    title: 'The ID token was refused.',
    rule: 'OpenID Connect Core §3.1.3.7',
  },
  'social/login-taken': { status: 409, title: 'This login belongs to another account.', rule: 'docs/adr/0056' },
  'social/login-unknown': { status: 404, title: 'There is no such login.', rule: 'docs/protocol.md §3' },
  'social/last-credential': {
    status: 409,
    title: 'This login is the only way in; set a password or link another one first.',
    rule: 'docs/adr/0056',
  },
  'feed/credential': { status: 401, title: 'The revocation feed needs a key.', rule: 'docs/protocol.md §5' },
  'introspection/credential': {
    status: 401,
    title: 'Who asks about tokens has to be an API that this server knows.',
    rule: 'RFC 7662 §2.3',
  },
  'metrics/credential': { status: 401, title: 'The figures need their key.', rule: 'docs/adr/0043' },
  'server/unavailable': {
    status: 503,
    title: 'The server can not do this right now; nothing was changed.',
    rule: 'RFC 9110 §15.6.4',
  },
  'server/error': { status: 500, title: 'Something is wrong on our side.', rule: 'RFC 9110 §15.6.1' },
} as const satisfies Record<string, { status: number; title: string; rule: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

export interface ProblemDetails {
  /** What to do about it; never holds what was sent. */
  readonly detail?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the problem body. RFC 9457 §3.2 */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** A request is refused. Thrown anywhere below an endpoint; turned into an answer in one place, {@link answerProblem}. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly details: ProblemDetails;

  constructor(code: ProblemCode, details: ProblemDetails = {}) {
    super(PROBLEMS[code].title);
    this.code = code;
    this.details = details;
  }
}

/** The answer to a refused request. RFC 9457 */
export function answerProblem({ code, details }: Problem): Response {
  const { status, title } = PROBLEMS[code];
  const body = {
    type: 'about:blank',
    title,
    status,
    code,
    ...(details.detail === undefined ? {} : { detail: details.detail }),
    ...details.members,
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json', ...retryAfter(status), ...details.headers },
  });
}

function retryAfter(status: number): Record<string, string> {
  return status === 429 || status === 503 ? { 'retry-after': '1' } : {};
}
