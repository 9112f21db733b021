import * as crypto from 'node:crypto';
import { type AttackMaterial, type Row, signedParts, takeApart } from '../../cli/src/attack/bad-token.ts';
import { badTokens as tokensOf } from '../../cli/src/attack/catalogue.ts';
import {
  createJwtSigner,
  exportPrivateJwk,
  exportPublicJwk,
  type JwtClaims,
  type PrivateKey,
  publicKeyOf,
  type TokenErrorCode,
} from '../src/index.ts';

/** A token of one row of the attack catalogue, and what the library and every adapter have to say of it. */
export interface BadToken {
  readonly id: string;
  readonly title: string;
  readonly token: string;
  readonly code: TokenErrorCode | 'accepted';
}

export interface BadTokenContext {
  /** ES256 key of the issuer. */
  readonly key: PrivateKey;
  readonly issuer: string;
  readonly audience: string;
  /** Claims of a good access token, `iat` and `exp` included. */
  readonly claims: JwtClaims;
}

/** The tokens that `mapae attack` sends, made from a good one of ours. Groups T, K, J and C. */
export function badTokens(context: BadTokenContext): readonly BadToken[] {
  return tokensOf(materialOf(context)) as readonly BadToken[];
}

function materialOf({ key, claims }: BadTokenContext): AttackMaterial {
  const jwk = exportPrivateJwk(key) as crypto.webcrypto.JsonWebKey;
  const privateKey = crypto.createPrivateKey({ key: { ...jwk, key_ops: [] }, format: 'jwk' });
  const pem = crypto.createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
  return {
    token: createJwtSigner({ key, typ: 'at+jwt' }).sign(claims),
    publicKey: { jwk: exportPublicJwk(publicKeyOf(key)), pem },
    sign: (input) =>
      crypto.sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url'),
    lure: 'http://127.0.0.1:9/',
  };
}

/** Rows that no header field can carry to an adapter, for the library alone. */
export function localBadTokens(context: BadTokenContext): readonly BadToken[] {
  const material = materialOf(context);
  const { good, header, payload, signature } = takeApart(material);
  const signRaw = (input: string): string => signedParts(material)?.signRaw(input) ?? '';
  const flattened = JSON.stringify({ protected: header, payload, signature });
  const rows: Row[] = [
    ['J03', 'new line in the payload, well signed', signRaw(`${header}.${payload}\n`), 'token/malformed'],
    ['J03', 'a space in front', ` ${good}`, 'token/malformed'],
    [
      'J03',
      'a character whose low byte is the right one',
      `${header}.${String.fromCharCode(payload.charCodeAt(0) + 0x100)}${payload.slice(1)}.${signature}`,
      'token/malformed',
    ],
    [
      'J03',
      'the same in the header',
      `${String.fromCharCode(header.charCodeAt(0) + 0x100)}${header.slice(1)}.${payload}.${signature}`,
      'token/malformed',
    ],
    [
      'J03',
      'the same in the signature',
      `${header}.${payload}.${String.fromCharCode(signature.charCodeAt(0) + 0x100)}${signature.slice(1)}`,
      'token/malformed',
    ],
    ['J06', 'a new line behind', `${good}\n`, 'token/malformed'],
    ['J06', 'two tokens', `${good} ${good}`, 'token/malformed'],
    ['J13', '8 MB of dots', '.'.repeat(8_000_000), 'token/too-long'],
    ['J19', 'flattened JSON serialisation', flattened, 'token/json'],
    ['J19', 'general JSON serialisation', `\n{"payload":"${payload}","signatures":[]}`, 'token/json'],
    ['J19', 'alg from an unprotected header (T27)', `{"header":{"alg":"none"},"payload":"${payload}"}`, 'token/json'],
    ['T07', 'no text at all', '', 'token/malformed'],
  ];
  return rows.map(([id, title, token, code]) => ({ id, title, token, code: code as BadToken['code'] }));
}
