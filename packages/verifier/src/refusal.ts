import { TOKEN_ERRORS, type TokenErrorCode } from '@mapae/jwt';
import {
  type ChallengeContext,
  type ChallengeDetails,
  type ChallengeError,
  formatChallenges,
  PLAIN_CHALLENGE,
} from './challenge.ts';

export type RefusalStatus = 400 | 401 | 403 | 503;

/** What a code answers: status, sentence, the rule behind it, and the error that the challenge names. */
export interface RefusalRow {
  readonly status: RefusalStatus;
  readonly title: string;
  readonly rule: string;
  /** RFC 6750 §3.1, RFC 9449 §7.1, RFC 9470 §3; none where no credentials came. */
  readonly error?: ChallengeError;
}

export type RefusalCode =
  | 'request/no-credentials'
  | 'request/authorization'
  | 'request/two-credentials'
  | 'request/cross-origin'
  | 'request/scope'
  | 'request/role'
  | 'request/authentication'
  | 'token/revoked'
  | 'token/bound'
  | 'token/unbound'
  | 'token/inactive'
  | 'proof/missing'
  | 'proof/malformed'
  | 'proof/algorithm'
  | 'proof/key'
  | 'proof/signature'
  | 'proof/method'
  | 'proof/target'
  | 'proof/nonce'
  | 'proof/age'
  | 'proof/token'
  | 'proof/binding'
  | 'proof/replayed'
  | 'verifier/stale'
  | 'verifier/unavailable'
  | 'verifier/needs-async'
  | 'verifier/busy'
  | 'verifier/client-refused';

/** Every code beside those of tokens that a request can be refused with here. Append only; held to docs/errors.md by a test. */
export const REFUSALS: Readonly<Record<RefusalCode, RefusalRow>> = {
  'request/no-credentials': {
    status: 401,
    title: 'There is no bearer token in the Authorization header.',
    rule: 'RFC 6750 §3.1',
  },
  'request/authorization': {
    status: 400,
    title: 'There is more than one Authorization header.',
    rule: 'RFC 6750 §3.1',
    error: 'invalid_request',
  },
  'request/two-credentials': {
    status: 400,
    title: 'There is a token in the Authorization header and another one in the cookie.',
    rule: 'RFC 6750 §2',
    error: 'invalid_request',
  },
  'request/cross-origin': {
    status: 403,
    title: 'A cookie may not be used from where this request came.',
    rule: 'docs/protocol.md §3',
  },
  'request/scope': {
    status: 403,
    title: 'The token is good, but not for this.',
    rule: 'RFC 6750 §3.1',
    error: 'insufficient_scope',
  },
  'request/role': {
    status: 403,
    title: 'The token is good, but this needs another role.',
    rule: 'RFC 9068 §2.2.3.1',
    error: 'insufficient_scope',
  },
  'request/authentication': {
    status: 401,
    title: 'This needs a stronger or a more recent sign-in.',
    rule: 'RFC 9470 §3',
    error: 'insufficient_user_authentication',
  },
  'token/revoked': {
    status: 401,
    title: 'The token was revoked.',
    rule: 'docs/protocol.md §5',
    error: 'invalid_token',
  },
  'token/bound': {
    status: 401,
    title: 'The token is bound to a key, and no proof of it is understood here.',
    rule: 'RFC 9449 §7.2',
    error: 'invalid_token',
  },
  'token/unbound': {
    status: 401,
    title: 'The token is not bound to a key, and the request says that it is.',
    rule: 'RFC 9449 §7.1',
    error: 'invalid_token',
  },
  'token/inactive': {
    status: 401,
    title: 'The issuer says that the token is not active.',
    rule: 'RFC 7662 §2.2',
    error: 'invalid_token',
  },
  'proof/missing': {
    status: 401,
    title: 'The token is bound to a key, and there is no proof of it.',
    rule: 'RFC 9449 §7.1',
    error: 'invalid_dpop_proof',
  },
  'proof/malformed': {
    status: 401,
    title: 'The proof is not one JWT of type dpop+jwt with the claims that it needs.',
    rule: 'RFC 9449 §4.3',
    error: 'invalid_dpop_proof',
  },
  'proof/algorithm': {
    status: 401,
    title: 'The algorithm of the proof is not accepted here.',
    rule: 'RFC 9449 §4.3',
    error: 'invalid_dpop_proof',
  },
  'proof/key': {
    status: 401,
    title: 'The key in the proof is none that can be used, or a private one.',
    rule: 'RFC 9449 §4.3',
    error: 'invalid_dpop_proof',
  },
  'proof/signature': {
    status: 401,
    title: 'The signature does not fit the proof.',
    rule: 'RFC 9449 §4.3',
    error: 'invalid_dpop_proof',
  },
  'proof/method': {
    status: 401,
    title: 'The proof was made for another method.',
    rule: 'RFC 9449 §4.3',
    error: 'invalid_dpop_proof',
  },
  'proof/target': {
    status: 401,
    title: 'The proof was made for another address.',
    rule: 'RFC 9449 §4.3',
    error: 'invalid_dpop_proof',
  },
  'proof/nonce': {
    status: 401,
    title: 'The proof needs the nonce that is sent with this answer.',
    rule: 'RFC 9449 §9',
    error: 'use_dpop_nonce',
  },
  'proof/age': {
    status: 401,
    title: 'The proof was made too long ago, or in the future.',
    rule: 'RFC 9449 §11.1',
    error: 'invalid_dpop_proof',
  },
  'proof/token': {
    status: 401,
    title: 'The proof was made for another token.',
    rule: 'RFC 9449 §4.3',
    error: 'invalid_dpop_proof',
  },
  'proof/binding': {
    status: 401,
    title: 'The proof is of another key than the one that the token is bound to.',
    rule: 'RFC 9449 §4.3',
    error: 'invalid_token',
  },
  'proof/replayed': {
    status: 401,
    title: 'The proof was used before.',
    rule: 'RFC 9449 §11.1',
    error: 'invalid_dpop_proof',
  },
  'verifier/stale': {
    status: 503,
    title: 'Revocations have not been heard of for too long.',
    rule: 'docs/protocol.md §5',
  },
  'verifier/unavailable': {
    status: 503,
    title: 'The issuer can not be asked right now.',
    rule: 'RFC 9110 §15.6.4',
  },
  'verifier/needs-async': {
    status: 503,
    title: 'The issuer would have to be asked, and this call can not wait.',
    rule: 'RFC 9110 §15.6.4',
  },
  'verifier/busy': {
    status: 503,
    title: 'There is more to do than fits right now.',
    rule: 'RFC 9110 §15.6.4',
  },
  'verifier/client-refused': {
    status: 503,
    title: 'The issuer does not take the credentials that this API asks it with.',
    rule: 'RFC 7662 §2.3',
  },
};

/** What a refusal says beside its code. */
export interface RefusalDetails extends ChallengeDetails {
  /** The nonce that the next proof has to hold. RFC 9449 §9 */
  readonly dpopNonce?: string;
  /** For the one who set things up: names a setting, nothing of the token. */
  readonly detail?: string;
}

/** A request was refused: everything an adapter needs to answer it. Holds nothing of the token. RFC 6750 §3, RFC 9457 */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  readonly status: RefusalStatus;
  readonly code: RefusalCode | TokenErrorCode;
  readonly headers: Readonly<Record<string, string>>;
  /** Problem details as JSON. */
  readonly body: string;
  readonly details: RefusalDetails;

  constructor(code: RefusalCode | TokenErrorCode, details: RefusalDetails, context: ChallengeContext) {
    const { status, title, error } = rowOf(code);
    super(title);
    this.code = code;
    this.status = status;
    this.details = details;
    this.headers = Object.freeze({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(status === 503 ? { 'retry-after': '1' } : {}),
      ...(details.dpopNonce === undefined ? {} : { 'dpop-nonce': details.dpopNonce }),
      ...(status === 401 || error !== undefined
        ? { 'www-authenticate': formatChallenges(context, { error, ...details }) }
        : {}),
    });
    const { detail } = details;
    this.body = JSON.stringify({
      type: 'about:blank',
      title,
      status,
      code,
      ...(detail === undefined ? {} : { detail }),
    });
  }

  /** By name: bundlers make copies of a module, and a refusal of one copy has to be known to the guard of another. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return Error[Symbol.hasInstance](value) && (value as Error).name === 'RequestRefused';
  }

  /** The same refusal with the challenges of one verifier. */
  in(context: ChallengeContext): RequestRefused {
    return new RequestRefused(this.code, this.details, context);
  }
}

function rowOf(code: RefusalCode | TokenErrorCode): RefusalRow {
  if (Object.hasOwn(REFUSALS, code)) return REFUSALS[code as RefusalCode];
  const { sentence, rule } = TOKEN_ERRORS[code as TokenErrorCode];
  return { status: 401, title: sentence, rule, error: 'invalid_token' };
}

/** A refusal whose challenges the edge completes. */
export function refuse(code: RefusalCode | TokenErrorCode, details: RefusalDetails = {}): RequestRefused {
  return new RequestRefused(code, details, PLAIN_CHALLENGE);
}
