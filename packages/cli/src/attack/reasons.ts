/** Why it matters that attacks of a class are let in. */
interface Reason {
  /** `forged`: anyone can be anybody. `misplaced`: a real token opens what it should not. `lax`: two readers of one token can disagree. */
  readonly gravity: Gravity;
  readonly why: string;
}

export type Gravity = 'forged' | 'misplaced' | 'lax';

const REASONS: Readonly<Record<string, Reason>> = {
  T01: forged('the algorithm none is accepted: anyone can write a token'),
  T02: forged('a look-alike of none is accepted: anyone can write a token'),
  T03: forged('a header without an algorithm is accepted'),
  T04: forged('the header is not under the signature that is checked'),
  T05: forged('a token without its signature is accepted: anyone can write one'),
  T06: forged('the payload is not what was signed: anyone can change claims'),
  T07: lax('a text that is no JWT of three segments is accepted'),
  T08: lax('a signature of the wrong length is accepted'),
  T09: forged('a changed token is accepted: the signature is not checked'),
  T10: forged('the public key is taken for a secret: whoever has it can sign (RFC 8725 §2.1)'),
  T11: forged('the public key is taken for a secret: whoever has it can sign (RFC 8725 §2.1)'),
  T12: forged('the public key is taken for a secret: whoever has it can sign (RFC 8725 §2.1)'),
  T13: forged('the secret is empty or easily guessed: anyone can sign'),
  T14: forged('the header chooses the algorithm (RFC 8725 §3.1)'),
  T15: forged('a signature of nothing is accepted (CVE-2022-21449)'),
  T16: lax('one signature has two encodings (RFC 7518 §3.4)'),
  T17: forged('signatures out of range are accepted'),
  T21: forged('the header chooses the algorithm (RFC 8725 §3.1)'),
  T22: forged('an algorithm that is none is accepted'),
  T23: forged('an algorithm for encryption is accepted as a signature'),
  K01: forged('the token brings its own key (CVE-2018-0114): anyone can sign'),
  K02: forged('the token says where its keys are: anyone can sign, and the server asks any address'),
  K03: forged('the token brings or points at a certificate of its own: anyone can sign'),
  K04: forged('the token brings its own key set: anyone can sign'),
  K05: forged('a key that the issuer never published is accepted'),
  K06: forged('a key that the issuer never published is accepted'),
  K07: forged('the key id is a path, or keys are not looked up by it'),
  K08: forged('the key id gets into a query'),
  K10: lax('a key id that is no text is accepted (RFC 7515 §4.1.4)'),
  J14: misplaced('claims that are missing are not missed, or one reaches a prototype'),
  J15: misplaced('a time that is no number is taken for none: a token can live for good (CVE-2026-25537)'),
  J16: misplaced('a token is accepted outside of its time (RFC 7519 §4.1.4, §4.1.5)'),
  J17: misplaced('an extension that must be understood is ignored (RFC 7515 §4.1.11)'),
  J23: misplaced('claims that are missing are not missed: a token without exp lives for good'),
  J18: misplaced('a payload that is not encoded is accepted (RFC 7797 §7)'),
  C01: misplaced('tokens for another purpose open the API: an ID token is an access token (RFC 8725 §3.11)'),
  C05: misplaced('tokens for other APIs are accepted: whoever is sent one can use it here (RFC 9068 §4)'),
  C07: misplaced('tokens of other issuers are accepted, or of none'),
  C09: lax('a subject, issuer or id that is empty or no text is accepted: two of them can become one'),
  X00: forged('the endpoint asks for no credential at all'),
  X01: misplaced('tokens in addresses stand in logs, histories and Referer headers (RFC 9700 §4.3.2)'),
  X02: lax('a proxy and the API can each read another one of two credentials (RFC 6750 §2)'),
  X03: lax('what is no bearer credential is accepted (RFC 6750 §2.1)'),
  X05: forged('a header that only a proxy may set lets anyone in'),
  X06: misplaced(
    'a token in a cookie is sent along by any site (CSRF); one in another header passes what watches Authorization',
  ),
};

function forged(why: string): Reason {
  return { gravity: 'forged', why };
}

function misplaced(why: string): Reason {
  return { gravity: 'misplaced', why };
}

function lax(why: string): Reason {
  return { gravity: 'lax', why };
}

/** Everything of group J that isn't named is one thing. */
const SPELLING = lax('one token has two spellings, or two readers of one payload can disagree (RFC 7515 §2, §10.12)');

export function reasonOf(id: string): Reason {
  return REASONS[id] ?? SPELLING;
}
