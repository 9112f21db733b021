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
export const TOKEN_SENTENCES: Readonly<Record<TokenErrorCode, string>> = {
  'token/malformed': 'The token is not three segments of canonical base64url, the first two JSON.',
  'token/too-long': 'The token is longer than is accepted here.',
  'token/header': 'A member of the header has a type or value it may not have.',
  'token/critical': 'The header asks for an extension that is not understood here.',
  'token/type': 'The token is of another type than is accepted here.',
  'token/algorithm': 'The algorithm in the header is not the one that the key is for.',
  'token/unknown-key': 'The header names no key that is known here.',
  'token/signature': 'The signature does not fit the token.',
  'token/claim': 'A claim is missing or has a type it may not have.',
  'token/expired': 'The token has expired.',
  'token/not-yet-valid': 'The token is not valid yet.',
  'token/issued-in-future': 'The token says that it was issued in the future.',
  'token/too-old': 'The token was issued longer ago than is accepted here.',
  'token/issuer': 'The token was issued by somebody else.',
  'token/audience': 'The token is meant for somebody else.',
  'token/subject': 'The token is about somebody else.',
  'token/nonce': 'The token answers another request.',
  'token/id': 'The token is another one than was expected.',
  'token/decryption': 'The token could not be decrypted.',
  'token/nested': 'What was encrypted does not say that it is a token.',
  'token/encrypted': 'The token is encrypted.',
  'token/json': 'The token is in JSON.',
};

/** A token was refused. Holds nothing of the token but the name of the claim or header member at fault. */
export class TokenRejected extends Error {
  override readonly name = 'TokenRejected';
  readonly code: TokenErrorCode;
  /** Name of the claim or header member at fault. */
  readonly claim: string | undefined;

  constructor(code: TokenErrorCode, claim?: string) {
    super(TOKEN_SENTENCES[code]);
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
export const KEY_SENTENCES: Readonly<Record<KeyErrorCode, string>> = {
  'key/malformed': 'This is no key of a form that is known here.',
  'key/type': 'The key is of another type than its algorithm needs.',
  'key/algorithm': 'The algorithm of the key is missing, unknown, or another than asked for.',
  'key/weak': 'The key is too short or weak.',
  'key/use': 'The key says that it is for another use.',
  'key/private': 'A private key stands where a public one was asked for.',
  'key/public': 'A public key stands where a secret was asked for.',
  'key/id': 'The id of the key is no text of 1 to 256 characters, or not the only one.',
  'key/unsupported': 'The runtime does not have the algorithm of the key.',
  'key/passphrase': 'The key is encrypted, and the passphrase is missing or wrong.',
};

/** A key was refused at import. Holds nothing of the key. */
export class KeyRejected extends Error {
  override readonly name = 'KeyRejected';
  readonly code: KeyErrorCode;

  constructor(code: KeyErrorCode) {
    super(KEY_SENTENCES[code]);
    this.code = code;
  }
}

export type SigningErrorCode = 'sign/over-budget' | 'sign/readable-claim' | 'sign/claim' | 'sign/external';

/** Every code that signing can be refused with. Append only. */
export const SIGNING_SENTENCES: Readonly<Record<SigningErrorCode, string>> = {
  'sign/over-budget': 'The token would be longer than its budget',
  'sign/readable-claim': 'A claim looks like a secret or personal data, and anyone can read a token',
  'sign/claim': 'A claim has a type it may not have',
  'sign/external': 'The key service gave something else than a signature under its public key',
};

/** A token was not signed. Names claims, never holds their values. */
export class SigningRefused extends Error {
  override readonly name = 'SigningRefused';
  readonly code: SigningErrorCode;
  /** Names of the claims at fault; over the budget: the largest first. */
  readonly claims: readonly string[];

  constructor(code: SigningErrorCode, claims: readonly string[]) {
    super(`${[SIGNING_SENTENCES[code], claims.join(', ')].filter((part) => part !== '').join(': ')}.`);
    this.code = code;
    this.claims = claims;
  }
}
