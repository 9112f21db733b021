import type { TokenErrorCode } from '@mapae/jwt';

/** Every code beside those of tokens that a request can be refused with here. Append only; held to docs/errors.md by a test. */
export const REFUSALS: Readonly<
  Record<RefusalCode, { readonly status: 400 | 401 | 403 | 503; readonly title: string; readonly rule: string }>
> = {
  'request/no-credentials': {
    status: 401,
    title: 'There is no bearer token in the Authorization header.',
    rule: 'RFC 6750 §3.1',
  },
  'request/authorization': {
    status: 400,
    title: 'There is more than one Authorization header.',
    rule: 'RFC 6750 §3.1',
  },
  'request/scope': { status: 403, title: 'The token is good, but not for this.', rule: 'RFC 6750 §3.1' },
  'token/revoked': { status: 401, title: 'The token was revoked.', rule: 'docs/protocol.md §5' },
  'token/bound': {
    status: 401,
    title: 'The token is bound to a key, and no proof of it is understood here.',
    rule: 'RFC 9449 §7.2',
  },
  'verifier/stale': {
    status: 503,
    title: 'Revocations have not been heard of for too long.',
    rule: 'docs/protocol.md §5',
  },
  'verifier/unavailable': {
    status: 503,
    title: 'The keys of the issuer can not be had right now.',
    rule: 'RFC 9110 §15.6.4',
  },
};

export type RefusalCode =
  | 'request/no-credentials'
  | 'request/authorization'
  | 'request/scope'
  | 'token/revoked'
  | 'token/bound'
  | 'verifier/stale'
  | 'verifier/unavailable';

/** A request was refused: everything an adapter needs to answer it. Holds nothing of the token. RFC 6750 §3, RFC 9457 */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  readonly status: 400 | 401 | 403 | 503;
  readonly code: RefusalCode | TokenErrorCode;
  readonly headers: Readonly<Record<string, string>>;
  /** Problem details as JSON. */
  readonly body: string;

  constructor(
    code: RefusalCode | TokenErrorCode,
    title: string,
    status: 400 | 401 | 403 | 503,
    headers: Readonly<Record<string, string>>,
  ) {
    super(title);
    this.code = code;
    this.status = status;
    this.headers = Object.freeze({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...headers,
    });
    this.body = JSON.stringify({ type: 'about:blank', title, status, code });
  }
}

/** A refusal of this floor. `scope` is what the route asks for. */
export function refuse(code: RefusalCode, scope?: readonly string[]): RequestRefused {
  const { status, title } = REFUSALS[code];
  return new RequestRefused(code, title, status, headersFor(code, status, scope));
}

function headersFor(code: RefusalCode, status: number, scope: readonly string[] | undefined): Record<string, string> {
  if (status === 503) return { 'retry-after': '1' };
  // RFC 6750 §3.1: no error where no credentials came
  if (code === 'request/no-credentials') return { 'www-authenticate': 'Bearer' };
  if (code === 'request/authorization') return { 'www-authenticate': 'Bearer error="invalid_request"' };
  if (code === 'request/scope')
    return { 'www-authenticate': `Bearer error="insufficient_scope", scope="${(scope ?? []).join(' ')}"` };
  return INVALID_TOKEN;
}

const INVALID_TOKEN = { 'www-authenticate': 'Bearer error="invalid_token"' };

/** The refusal of a token that @mapae/jwt rejected. */
export function refuseToken(code: TokenErrorCode, title: string): RequestRefused {
  return new RequestRefused(code, title, 401, INVALID_TOKEN);
}
