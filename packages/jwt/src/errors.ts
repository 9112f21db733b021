export type TokenErrorCode =
  | 'token/malformed'
  | 'token/too-long'
  | 'token/header'
  | 'token/critical'
  | 'token/type'
  | 'token/algorithm'
  | 'token/unknown-key'
  | 'token/signature'
  | 'token/claim'
  | 'token/expired'
  | 'token/not-yet-valid'
  | 'token/issued-in-future'
  | 'token/too-old'
  | 'token/issuer'
  | 'token/audience'
  | 'token/subject'
  | 'token/nonce'
  | 'token/id'
  | 'token/decryption'
  | 'token/nested'
  | 'token/encrypted'
  | 'token/json';

/**
 * Every code that a token can be refused with: the rule behind it and a sentence for people. Append only; a code is never
 * renamed and never reused. docs/errors.md is held to this table by a test.
 */
export const TOKEN_ERRORS: Readonly<Record<TokenErrorCode, ErrorRow>> = {
  'token/malformed': {
    rule: 'RFC 7515 §7.1',
    sentence: 'The token is not three segments of canonical base64url with JSON in the first two.',
  },
  'token/too-long': { rule: 'RFC 8725 §3.10', sentence: 'The token is longer than is accepted here.' },
  'token/header': { rule: 'RFC 7515 §4', sentence: 'A member of the header has a type or value it may not have.' },
  'token/critical': {
    rule: 'RFC 7515 §4.1.11',
    sentence: 'The header asks for an extension that is not understood here.',
  },
  'token/type': { rule: 'RFC 8725 §3.11', sentence: 'The token is of another type than is accepted here.' },
  'token/algorithm': {
    rule: 'RFC 8725 §3.1',
    sentence: 'The algorithm in the header is not the one that the key is for.',
  },
  'token/unknown-key': { rule: 'RFC 7515 §4.1.4', sentence: 'The header names no key that is known here.' },
  'token/signature': { rule: 'RFC 7515 §5.2', sentence: 'The signature does not fit the token.' },
  'token/claim': { rule: 'RFC 7519 §4', sentence: 'A claim is missing or has a type it may not have.' },
  'token/expired': { rule: 'RFC 7519 §4.1.4', sentence: 'The token has expired.' },
  'token/not-yet-valid': { rule: 'RFC 7519 §4.1.5', sentence: 'The token is not valid yet.' },
  'token/issued-in-future': { rule: 'RFC 7519 §4.1.6', sentence: 'The token says that it was issued in the future.' },
  'token/too-old': { rule: 'RFC 7519 §4.1.6', sentence: 'The token was issued longer ago than is accepted here.' },
  'token/issuer': { rule: 'RFC 8725 §3.8', sentence: 'The token was issued by somebody else.' },
  'token/audience': { rule: 'RFC 8725 §3.9', sentence: 'The token is meant for somebody else.' },
  'token/subject': { rule: 'RFC 7519 §4.1.2', sentence: 'The token is about somebody else.' },
  'token/nonce': { rule: 'OpenID Connect Core §3.1.3.7', sentence: 'The token answers another request.' },
  'token/id': { rule: 'RFC 7519 §4.1.7', sentence: 'The token is another one than was expected.' },
  'token/decryption': { rule: 'RFC 7516 §11.5', sentence: 'The token could not be decrypted.' },
  'token/nested': { rule: 'RFC 7519 §5.2', sentence: 'What was encrypted does not say that it is a token.' },
  'token/encrypted': { rule: 'RFC 8725 §3.3', sentence: 'The token is encrypted, and a signed one was asked for.' },
  'token/json': {
    rule: 'RFC 7519 §3',
    sentence: 'The token is in the JSON serialisation; a JWT is in the compact one.',
  },
};

/** Where a code's rule stands, and what a person is told. */
export interface ErrorRow {
  readonly rule: string;
  readonly sentence: string;
}

/** A token was refused. Holds nothing of the token but the name of the claim or header member at fault. */
export class TokenRejected extends Error {
  override readonly name = 'TokenRejected';
  readonly code: TokenErrorCode;
  /** Name of the claim or header member at fault. */
  readonly claim: string | undefined;

  constructor(code: TokenErrorCode, claim?: string) {
    super(TOKEN_ERRORS[code].sentence);
    this.code = code;
    this.claim = claim;
  }
}

export type KeyErrorCode =
  | 'key/malformed'
  | 'key/type'
  | 'key/algorithm'
  | 'key/weak'
  | 'key/use'
  | 'key/private'
  | 'key/public'
  | 'key/id'
  | 'key/unsupported'
  | 'key/passphrase';

/** Every code that a key can be refused with at import. Append only. */
export const KEY_ERRORS: Readonly<Record<KeyErrorCode, ErrorRow>> = {
  'key/malformed': { rule: 'RFC 7517 §4', sentence: 'This is no key of a form that is known here.' },
  'key/type': { rule: 'RFC 7518 §6.1', sentence: 'The key is of another type than its algorithm needs.' },
  'key/algorithm': {
    rule: 'RFC 7517 §4.4',
    sentence: 'The algorithm of the key is missing, unknown, or not the one that was asked for.',
  },
  'key/weak': { rule: 'RFC 7518 §3.2, §3.3', sentence: 'The key is too short or otherwise weak.' },
  'key/use': { rule: 'RFC 7517 §4.2, §4.3', sentence: 'The key says that it is for another use.' },
  'key/private': { rule: 'RFC 7517 §9.3', sentence: 'A private key stands where a public one was asked for.' },
  'key/public': { rule: 'RFC 8725 §3.5', sentence: 'A public key stands where a secret was asked for.' },
  'key/id': {
    rule: 'RFC 7517 §4.5',
    sentence: 'The id of the key is no text of 1 to 256 characters, or stands twice in a set.',
  },
  'key/unsupported': {
    rule: 'docs/guides/jwt.md',
    sentence: 'The runtime does not have the algorithm of this key (ML-DSA needs Node 24.7 with OpenSSL 3.5).',
  },
  'key/passphrase': {
    rule: 'RFC 8018 §6.2',
    sentence: 'The key is encrypted, and the passphrase is missing or wrong.',
  },
};

/** A key was refused at import. Holds nothing of the key. */
export class KeyRejected extends Error {
  override readonly name = 'KeyRejected';
  readonly code: KeyErrorCode;

  constructor(code: KeyErrorCode) {
    super(KEY_ERRORS[code].sentence);
    this.code = code;
  }
}

export type SigningErrorCode = 'sign/over-budget' | 'sign/readable-claim' | 'sign/claim' | 'sign/external';

/** Every code that signing can be refused with. Append only. */
export const SIGNING_ERRORS: Readonly<Record<SigningErrorCode, ErrorRow>> = {
  'sign/over-budget': { rule: 'docs/defaults.md', sentence: 'The token would be longer than its budget' },
  'sign/readable-claim': {
    rule: 'RFC 7519 §12',
    sentence: 'A claim looks like a secret or personal data, and anyone can read a token',
  },
  'sign/claim': { rule: 'RFC 7519 §4.1', sentence: 'A claim has a type it may not have' },
  'sign/external': {
    rule: 'RFC 7515 §5.1',
    sentence: 'The key service gave something else than a signature under its public key',
  },
};

/** A token was not signed. Names claims, never holds their values. */
export class SigningRefused extends Error {
  override readonly name = 'SigningRefused';
  readonly code: SigningErrorCode;
  /** Names of the claims at fault; over the budget: the largest first. */
  readonly claims: readonly string[];

  constructor(code: SigningErrorCode, claims: readonly string[]) {
    super(`${[SIGNING_ERRORS[code].sentence, claims.join(', ')].filter((part) => part !== '').join(': ')}.`);
    this.code = code;
    this.claims = claims;
  }
}
