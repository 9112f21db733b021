import { createHmac } from 'node:crypto';
import {
  createJwtSigner,
  exportPublicJwk,
  generatePrivateKey,
  type JwtClaims,
  type PrivateKey,
  publicKeyOf,
  type TokenErrorCode,
} from '../src/index.ts';

/** A token that nobody may let in (or, where `accepted`, that has to be), of one row of the attack catalogue. */
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

type Row = readonly [id: string, title: string, token: string, code: TokenErrorCode | 'accepted'];

/** The table that the library and every adapter runs. Groups T, K, J and C; plain data. */
export function badTokens(context: BadTokenContext): readonly BadToken[] {
  const rows = [...signatureRows(context), ...keyRows(context), ...encodingRows(context), ...placeRows(context)];
  return rows.map(([id, title, token, code]) => ({ id, title, token, code }));
}

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

function build({ key, claims }: BadTokenContext) {
  const sign = (change: object = {}, typ = 'at+jwt'): string =>
    createJwtSigner({ key, typ, budgetBytes: 65_536 }).sign({ ...claims, ...change });
  const good = sign();
  const [header = '', payload = '', signature = ''] = good.split('.');
  const goodHeader = { alg: 'ES256', typ: 'at+jwt', kid: key.kid };
  const withHeader = (change: object): string => `${encode({ ...goodHeader, ...change })}.${payload}.${signature}`;
  return { sign, good, header, payload, signature, goodHeader, withHeader };
}

function signatureRows(context: BadTokenContext): Row[] {
  const { good, header, payload, signature, goodHeader, withHeader, sign } = build(context);
  const raw = Buffer.from(signature, 'base64url');
  const resigned = (bytes: Buffer): string => `${header}.${payload}.${bytes.toString('base64url')}`;
  const cases = Array.from({ length: 16 }, (_, bits) =>
    ['n', 'o', 'n', 'e'].map((letter, at) => ((bits >> at) & 1 ? letter.toUpperCase() : letter)).join(''),
  );
  const pem = publicPem(context.key);
  const jwk = JSON.stringify(exportPublicJwk(publicKeyOf(context.key)));
  const hmac = (secret: string | Buffer): string => {
    const input = `${encode({ ...goodHeader, alg: 'HS256' })}.${payload}`;
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  };
  const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  const order = Buffer.from('FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551', 'hex');
  const r = raw.subarray(0, 32);
  const s = raw.subarray(32);
  const mirrored = Buffer.from(
    (BigInt(`0x${order.toString('hex')}`) - BigInt(`0x${s.toString('hex')}`)).toString(16).padStart(64, '0'),
    'hex',
  );
  return [
    ...cases.flatMap((alg): Row[] => [
      ['T01', `alg ${alg} without a signature`, `${encode({ ...goodHeader, alg })}.${payload}.`, 'token/algorithm'],
      ['T04', `alg ${alg} with the true signature`, withHeader({ alg }), 'token/algorithm'],
    ]),
    ...['', 'None ', 'n0ne', 'nonе', 'null', 'false', 'ES256\u0000'].map(
      (alg): Row => ['T02', `alg ${JSON.stringify(alg)}`, withHeader({ alg }), 'token/algorithm'],
    ),
    ['T03', 'no alg', withHeader({ alg: undefined }), 'token/algorithm'],
    ['T05', 'signature stripped', `${header}.${payload}.`, 'token/signature'],
    ['T05', 'signature and dot stripped', `${header}.${payload}`, 'token/malformed'],
    [
      'T06',
      'payload swapped',
      `${header}.${encode({ ...context.claims, sub: 'someone-else' })}.${signature}`,
      'token/signature',
    ],
    [
      'T06',
      'scope raised',
      `${header}.${encode({ ...context.claims, scope: 'admin' })}.${signature}`,
      'token/signature',
    ],
    ['T07', 'one segment', header, 'token/malformed'],
    ['T07', 'four segments', `${good}.${signature}`, 'token/malformed'],
    ['T07', 'five segments', `${good}.${signature}.${signature}`, 'token/malformed'],
    ['T07', 'only dots', '..', 'token/malformed'],
    ['T08', 'signature one byte short', resigned(raw.subarray(0, 63)), 'token/signature'],
    ['T08', 'signature one byte long', resigned(Buffer.concat([raw, Buffer.of(0)])), 'token/signature'],
    ['T08', 'signature twice', resigned(Buffer.concat([raw, raw])), 'token/signature'],
    ...[0, 31, 32, 63].map((at): Row => {
      const flipped = Buffer.from(raw);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      return ['T09', `bit flipped in byte ${at}`, resigned(flipped), 'token/signature'];
    }),
    ['T10', 'HS256 with the public PEM', hmac(pem), 'token/algorithm'],
    ['T11', 'HS256 with the public DER', hmac(der), 'token/algorithm'],
    ['T11', 'HS256 with base64 of the public DER', hmac(der.toString('base64')), 'token/algorithm'],
    ['T12', 'HS256 with the JWK text', hmac(jwk), 'token/algorithm'],
    ...['', 'secret', 'key', '0'].map(
      (secret): Row => ['T13', `HS256 with the secret ${JSON.stringify(secret)}`, hmac(secret), 'token/algorithm'],
    ),
    ['T14', 'header decides: EdDSA', withHeader({ alg: 'EdDSA' }), 'token/algorithm'],
    ['T15', 'r = s = 0', resigned(Buffer.alloc(64)), 'token/signature'],
    [
      'T16',
      'signature as DER',
      resigned(Buffer.concat([Buffer.of(0x30, 0x44, 2, 32), r, Buffer.of(2, 32), s])),
      'token/signature',
    ],
    ['T17', 'r = n', resigned(Buffer.concat([order, s])), 'token/signature'],
    ['T17', 's = n', resigned(Buffer.concat([r, order])), 'token/signature'],
    ['T17', 'r and s all ones', resigned(Buffer.alloc(64, 0xff)), 'token/signature'],
    ['T21', 'ES384 of the same family', withHeader({ alg: 'ES384' }), 'token/algorithm'],
    ...[['ES256'], {}, null, 1, true, 'es256', ' ES256', 'x'.repeat(4_000), 'constructor', '__proto__'].map(
      (alg): Row => ['T22', `alg ${JSON.stringify(alg).slice(0, 20)}`, withHeader({ alg }), 'token/algorithm'],
    ),
    ...['dir', 'RSA-OAEP', 'A256GCM', 'ECDH-ES'].map(
      (alg): Row => ['T23', `alg ${alg}`, withHeader({ alg }), 'token/algorithm'],
    ),
    ['T25', 'the mirrored signature (n − s) is as good', resigned(Buffer.concat([r, mirrored])), 'accepted'],
    [
      'T09',
      'signed, then one claim more',
      `${header}.${encode({ ...context.claims, x: 1 })}.${signature}`,
      'token/signature',
    ],
    ['T25', 'a good token', sign(), 'accepted'],
  ];
}

function publicPem(key: PrivateKey): string {
  const { x = '', y = '' } = exportPublicJwk(publicKeyOf(key));
  const prefix = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex');
  const der = Buffer.concat([prefix, Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]).toString('base64');
  return `-----BEGIN PUBLIC KEY-----\n${der.replaceAll(/(.{64})/g, '$1\n')}\n-----END PUBLIC KEY-----\n`;
}

function keyRows(context: BadTokenContext): Row[] {
  const { withHeader, payload, goodHeader } = build(context);
  const attacker = generatePrivateKey('ES256');
  const foreign = createJwtSigner({ key: attacker, typ: 'at+jwt' }).sign(context.claims);
  const stolenKid = createJwtSigner({ key: generatePrivateKey('ES256', { kid: context.key.kid }), typ: 'at+jwt' }).sign(
    context.claims,
  );
  const embedded = (member: object): string =>
    `${encode({ ...goodHeader, ...member })}.${payload}.${foreign.split('.')[2]}`;
  return [
    ['K01', 'signed by the key in jwk', embedded({ jwk: exportPublicJwk(publicKeyOf(attacker)) }), 'token/signature'],
    ['K02', 'jku', embedded({ jku: 'http://127.0.0.1:9/jwks.json' }), 'token/signature'],
    ['K03', 'x5u', embedded({ x5u: 'http://127.0.0.1:9/c.pem' }), 'token/signature'],
    ['K03', 'x5c', embedded({ x5c: ['MIIB'] }), 'token/signature'],
    ['K04', 'jwks', embedded({ jwks: { keys: [exportPublicJwk(publicKeyOf(attacker))] } }), 'token/signature'],
    ['K05', 'another key under its own kid', foreign, 'token/unknown-key'],
    ['K06', 'another key under our kid', stolenKid, 'token/signature'],
    ...[
      '../../dev/null',
      "' OR 1=1 --",
      '$(id)',
      '{{7*7}}',
      '__proto__',
      'constructor',
      'toString',
      'http://127.0.0.1:9/',
      '',
    ].map((kid): Row => ['K07', `kid ${JSON.stringify(kid)}`, withHeader({ kid }), 'token/unknown-key']),
    ...[1, null, {}, ['x'], true].map(
      (kid): Row => ['K10', `kid ${JSON.stringify(kid)}`, withHeader({ kid }), 'token/header'],
    ),
  ];
}

function encodingRows(context: BadTokenContext): Row[] {
  const { good, header, payload, signature, withHeader, goodHeader, sign } = build(context);
  const rawPayload = (json: string | Buffer): string =>
    `${header}.${Buffer.from(json).toString('base64url')}.${signature}`;
  const rawHeader = (json: string): string => `${encode(json)}.${payload}.${signature}`;
  const json = JSON.stringify(goodHeader);
  return [
    ['J01', 'padded signature', `${good}==`, 'token/malformed'],
    [
      'J02',
      'plain base64 alphabet',
      `${header}.${payload}.${Buffer.from(signature, 'base64url').fill(0xfb).toString('base64')}`,
      'token/malformed',
    ],
    ['J03', 'foreign character', `${header}.${payload}.${signature.slice(0, -1)}!`, 'token/malformed'],
    ['J05', 'length 1 mod 4', `${header}.${payload}.${signature}AAA`, 'token/malformed'],
    ['J06', 'rubbish after the token', `${good}~`, 'token/malformed'],
    ['J07', 'header name twice', rawHeader(`{"alg":"none",${json.slice(1)}`), 'token/malformed'],
    ['J08', 'header is an array', rawHeader('[]'), 'token/malformed'],
    ['J08', 'header is null', rawHeader('null'), 'token/malformed'],
    ['J09', 'comment in the header', rawHeader(`{/**/${json.slice(1)}`), 'token/malformed'],
    ['J09', 'trailing comma', rawHeader(`${json.slice(0, -1)},}`), 'token/malformed'],
    ['J09', 'single quotes', rawHeader(json.replaceAll('"', "'")), 'token/malformed'],
    ['J10', 'payload is not UTF-8', rawPayload(Buffer.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), 'token/signature'],
    [
      'J11',
      'header of depth 2,000',
      rawHeader(`{"alg":"ES256","x":${'['.repeat(2_000)}${']'.repeat(2_000)}}`),
      'token/malformed',
    ],
    ['J12', 'longer than is looked at', sign({ pad: 'x'.repeat(9_000) }), 'token/too-long'],
    ['J13', 'thousands of dots', '.'.repeat(8_000), 'token/malformed'],
    ...['0', '-1', '"9999999999"', 'null', 'true', '1.5', '[]'].flatMap((value): Row[] => [
      ['J15', `exp ${value}, unsigned`, rawPayload(`{"exp":${value}}`), 'token/signature'],
    ]),
    ['J16', 'nbf in an hour', sign({ nbf: Number(context.claims.iat) + 3_600 }), 'token/not-yet-valid'],
    [
      'J16',
      'iat in an hour',
      sign({ iat: Number(context.claims.iat) + 3_600, exp: Number(context.claims.iat) + 7_200 }),
      'token/issued-in-future',
    ],
    ['J16', 'expired', sign({ exp: Number(context.claims.iat) - 3_600 }), 'token/expired'],
    ['J16', 'exp 0', sign({ exp: 0 }), 'token/expired'],
    ['J16', 'no exp', sign({ exp: undefined }), 'token/claim'],
    ...[[], ['x'], ['exp'], ['b64'], 'x', null, {}].map(
      (crit): Row => ['J17', `crit ${JSON.stringify(crit)}`, withHeader({ crit }), 'token/critical'],
    ),
    ['J18', 'b64 false', withHeader({ b64: false }), 'token/header'],
    ['J19', 'JSON serialisation', encode({ protected: header, payload, signature }), 'token/malformed'],
    ['J20', 'zip', withHeader({ zip: 'DEF' }), 'token/header'],
    ['J21', 'a token as payload', `${header}.${encode(good)}.${signature}`, 'token/signature'],
    ['J23', 'ALG for alg', rawHeader(json.replace('alg', 'ALG')), 'token/algorithm'],
    ['J23', 'EXP for exp', sign({ exp: undefined, EXP: context.claims.exp }), 'token/claim'],
  ];
}

function placeRows(context: BadTokenContext): Row[] {
  const { sign } = build(context);
  return [
    ...[
      'JWT',
      'id+jwt',
      'logout+jwt',
      'secevent+jwt',
      'dpop+jwt',
      'rt+jwt',
      'client-authentication+jwt',
      'application/x/at+jwt',
    ].map((typ): Row => ['C01', `typ ${typ}`, sign({}, typ), 'token/type']),
    ['C01', 'typ AT+JWT is the same type', sign({}, 'AT+JWT'), 'accepted'],
    ['C01', 'typ application/at+jwt is the same type', sign({}, 'application/at+jwt'), 'accepted'],
    ['C05', 'another audience', sign({ aud: 'https://other.example' }), 'token/audience'],
    ['C05', 'audience with a slash more', sign({ aud: `${context.audience}/` }), 'token/audience'],
    ['C05', 'no audience', sign({ aud: undefined }), 'token/audience'],
    ['C06', 'an array with our audience', sign({ aud: ['https://other.example', context.audience] }), 'accepted'],
    ['C05', 'an array without it', sign({ aud: ['https://other.example'] }), 'token/audience'],
    ['C07', 'another issuer', sign({ iss: 'https://other.example' }), 'token/issuer'],
    ['C07', 'issuer with a slash more', sign({ iss: `${context.issuer}/` }), 'token/issuer'],
    ['C07', 'no issuer', sign({ iss: undefined }), 'token/issuer'],
  ];
}
