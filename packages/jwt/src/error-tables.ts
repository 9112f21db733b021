import {
  KEY_SENTENCES,
  type KeyErrorCode,
  SIGNING_SENTENCES,
  type SigningErrorCode,
  TOKEN_SENTENCES,
  type TokenErrorCode,
} from './errors.ts';

/** Where a code's rule stands, and what a person is told. */
export interface ErrorRow {
  readonly rule: string;
  readonly sentence: string;
}

const TOKEN_RULES: Readonly<Record<TokenErrorCode, string>> = {
  'token/malformed': 'RFC 7515 §7.1',
  'token/too-long': 'RFC 8725 §3.10',
  'token/header': 'RFC 7515 §4',
  'token/critical': 'RFC 7515 §4.1.11',
  'token/type': 'RFC 8725 §3.11',
  'token/algorithm': 'RFC 8725 §3.1',
  'token/unknown-key': 'RFC 7515 §4.1.4',
  'token/signature': 'RFC 7515 §5.2',
  'token/claim': 'RFC 7519 §4',
  'token/expired': 'RFC 7519 §4.1.4',
  'token/not-yet-valid': 'RFC 7519 §4.1.5',
  'token/issued-in-future': 'RFC 7519 §4.1.6',
  'token/too-old': 'RFC 7519 §4.1.6',
  'token/issuer': 'RFC 8725 §3.8',
  'token/audience': 'RFC 8725 §3.9',
  'token/subject': 'RFC 7519 §4.1.2',
  'token/nonce': 'OpenID Connect Core §3.1.3.7',
  'token/id': 'RFC 7519 §4.1.7',
  'token/decryption': 'RFC 7516 §11.5',
  'token/nested': 'RFC 7519 §5.2',
  'token/encrypted': 'RFC 8725 §3.3',
  'token/json': 'RFC 7519 §3',
};

const KEY_RULES: Readonly<Record<KeyErrorCode, string>> = {
  'key/malformed': 'RFC 7517 §4',
  'key/type': 'RFC 7518 §6.1',
  'key/algorithm': 'RFC 7517 §4.4',
  'key/weak': 'RFC 7518 §3.2, §3.3',
  'key/use': 'RFC 7517 §4.2, §4.3',
  'key/private': 'RFC 7517 §9.3',
  'key/public': 'RFC 8725 §3.5',
  'key/id': 'RFC 7517 §4.5',
  'key/unsupported': 'docs/guides/jwt.md',
  'key/passphrase': 'RFC 8018 §6.2',
};

const SIGNING_RULES: Readonly<Record<SigningErrorCode, string>> = {
  'sign/over-budget': 'docs/defaults.md',
  'sign/readable-claim': 'RFC 7519 §12',
  'sign/claim': 'RFC 7519 §4.1',
  'sign/external': 'RFC 7515 §5.1',
};

/**
 * Every code that a token can be refused with: the rule behind it and a sentence for people. Append only; a code is never
 * renamed and never reused. docs/errors.md is held to this table by a test.
 */
export const TOKEN_ERRORS: Readonly<Record<TokenErrorCode, ErrorRow>> = /* @__PURE__ */ join(
  TOKEN_SENTENCES,
  TOKEN_RULES,
);

/** Every code that a key can be refused with at import. Append only. */
export const KEY_ERRORS: Readonly<Record<KeyErrorCode, ErrorRow>> = /* @__PURE__ */ join(KEY_SENTENCES, KEY_RULES);

/** Every code that signing can be refused with. Append only. */
export const SIGNING_ERRORS: Readonly<Record<SigningErrorCode, ErrorRow>> = /* @__PURE__ */ join(
  SIGNING_SENTENCES,
  SIGNING_RULES,
);

function join<Code extends string>(
  sentences: Readonly<Record<Code, string>>,
  rules: Readonly<Record<Code, string>>,
): Readonly<Record<Code, ErrorRow>> {
  const codes = Object.keys(sentences) as Code[];
  const rows = codes.map((code) => [code, Object.freeze({ rule: rules[code], sentence: sentences[code] })] as const);
  return Object.freeze(Object.fromEntries(rows)) as Readonly<Record<Code, ErrorRow>>;
}
