import * as crypto from 'node:crypto';
import { createHmac } from 'node:crypto';
import {
  createJwtSigner,
  exportPrivateJwk,
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

/** Rows that no header field can carry to an adapter, for the library alone. */
export function localBadTokens(context: BadTokenContext): readonly BadToken[] {
  const { good, header, payload, signature, signRaw } = build(context);
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
  const jwk = exportPrivateJwk(key) as crypto.webcrypto.JsonWebKey;
  const object = crypto.createPrivateKey({ key: { ...jwk, key_ops: [] }, format: 'jwk' });
  /** Signs what no signer would: any text as the first two segments. */
  const signRaw = (input: string): string => {
    const made = crypto.sign('sha256', Buffer.from(input), { key: object, dsaEncoding: 'ieee-p1363' });
    return `${input}.${made.toString('base64url')}`;
  };
  /** A good signature over a payload of exactly these bytes. */
  const signPayload = (json: string | Buffer): string =>
    signRaw(`${header}.${Buffer.from(json).toString('base64url')}`);
  /** The good claims with one member spelled out. */
  const signMember = (member: string): string => {
    const name = /^"([^"]*)"/.exec(member)?.[1] ?? '';
    const others = JSON.stringify({ ...claims, [name]: undefined });
    return signPayload(`${others.slice(0, -1)},${member}}`);
  };
  return { sign, good, header, payload, signature, goodHeader, withHeader, signRaw, signPayload, signMember };
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
  const one = Buffer.concat([Buffer.alloc(31), Buffer.of(1)]);
  const plusOne = (number: Buffer): Buffer => Buffer.concat([number.subarray(0, 31), Buffer.of((number[31] ?? 0) + 1)]);
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
    ['T07', 'five segments', `${good}.${signature}.${signature}`, 'token/encrypted'],
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
    ...(
      ['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES384', 'ES512'] as const
    ).map((alg): Row => ['T14', `header decides: ${alg}`, withHeader({ alg }), 'token/algorithm']),
    ...(['ES256K', 'EdDSA', 'Ed25519', 'Ed448', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const).map(
      (alg): Row => ['T14', `header decides: ${alg}`, withHeader({ alg }), 'token/algorithm'],
    ),
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
    ['T17', 'r = n + 1', resigned(Buffer.concat([plusOne(order), s])), 'token/signature'],
    ['T17', 's = n + 1', resigned(Buffer.concat([r, plusOne(order)])), 'token/signature'],
    ['T17', 'r = 0', resigned(Buffer.concat([Buffer.alloc(32), s])), 'token/signature'],
    ['T17', 's = 0', resigned(Buffer.concat([r, Buffer.alloc(32)])), 'token/signature'],
    ['T15', 'r = s = 1', resigned(Buffer.concat([one, one])), 'token/signature'],
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
      'hasOwnProperty',
      '*)(uid=*))(|(uid=*',
      '{"$ne":null}',
      "' UNION SELECT 'x",
      '\u0000',
      '\n',
      'x'.repeat(2_000),
      'http://127.0.0.1:9/',
      '',
    ].map((kid): Row => ['K07', `kid ${JSON.stringify(kid)}`, withHeader({ kid }), 'token/unknown-key']),
    ...[1, null, {}, ['x'], true].map(
      (kid): Row => ['K10', `kid ${JSON.stringify(kid)}`, withHeader({ kid }), 'token/header'],
    ),
  ];
}

function encodingRows(context: BadTokenContext): Row[] {
  const { good, header, payload, signature, withHeader, goodHeader, sign, signRaw, signPayload, signMember } =
    build(context);
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
    // RFC 7519 §2; CVE-2026-25537, CVE-2026-44459: present but no whole number is never taken for absent
    ...['-1', '"9999999999"', 'null', 'true', '1.5', '[]', '{}', '1e400', '1e308', '9007199254740992', '""'].flatMap(
      (value): Row[] =>
        ['exp', 'nbf', 'iat'].map(
          (name): Row => [
            'J15',
            `${name} ${value}, well signed`,
            signMember(`"${name}":${value}`),
            value === '1e400' ? 'token/malformed' : 'token/claim',
          ],
        ),
    ),
    ['J15', 'exp 1e400 in a claim of no meaning', signMember('"x":{"y":[1e400]}'), 'token/malformed'],
    ['J15', 'nbf 0 and iat 0 are times', signMember('"nbf":0'), 'accepted'],
    ...['sub', 'jti', 'iss'].flatMap((name): Row[] =>
      ['1', 'null', '""', '[]', '["x"]', '{}', 'true'].map(
        (value): Row => ['C09', `${name} ${value}, well signed`, signMember(`"${name}":${value}`), 'token/claim'],
      ),
    ),
    // duplicates, well signed: an issuer that can be made to write one
    ...['iss', 'sub', 'aud', 'exp', 'scope'].map(
      (name): Row => [
        'J07',
        `claim ${name} twice`,
        signPayload(`${JSON.stringify(context.claims).slice(0, -1)},"${name}":"x"}`),
        'token/malformed',
      ],
    ),
    [
      'J07',
      'a claim twice, once with an escape',
      signPayload(`${JSON.stringify(context.claims).slice(0, -1)},"s\\u0075b":"x"}`),
      'token/malformed',
    ],
    ['J07', 'a name twice deep inside', signMember('"x":[{"y":{"z":1,"z":1}}]'), 'token/malformed'],
    [
      'J07',
      'a name twice with a space before the colon',
      signPayload(`${JSON.stringify(context.claims).slice(0, -1)},"sub" :"x"}`),
      'token/malformed',
    ],
    ...['[]', 'null', '1', '"x"', 'true', '', ' ', '[{}]'].map(
      (json): Row => ['J08', `payload ${json}, well signed`, signPayload(json), 'token/malformed'],
    ),
    ...[
      '{a:1}',
      "{'a':1}",
      '{"a":1,}',
      '{"a":1}//',
      '{/**/"a":1}',
      '{"a":01}',
      '{"a":+1}',
      '{"a":.5}',
      '{"a":NaN}',
    ].map((json): Row => ['J09', `payload ${json}, well signed`, signPayload(json), 'token/malformed']),
    [
      'J09',
      'a byte order mark before the payload',
      signPayload(`\ufeff${JSON.stringify(context.claims)}`),
      'token/malformed',
    ],
    ['J09', 'a zero after the payload', signPayload(`${JSON.stringify(context.claims)}\0`), 'token/malformed'],
    [
      'J09',
      'white space within the payload is JSON',
      signPayload(JSON.stringify(context.claims, undefined, 2)),
      'accepted',
    ],
    ...[
      Buffer.of(0xff),
      Buffer.of(0xc0, 0x80),
      Buffer.of(0xed, 0xa0, 0x80),
      Buffer.of(0xf4, 0x90, 0x80, 0x80),
      Buffer.of(0xe2, 0x82),
    ].map((bytes): Row => {
      const text = JSON.stringify(context.claims);
      const json = Buffer.concat([Buffer.from(`${text.slice(0, -1)},"x":"`), bytes, Buffer.from('"}')]);
      return ['J10', `bytes ${bytes.toString('hex')} in a claim, well signed`, signPayload(json), 'token/malformed'];
    }),
    ['J10', 'half a surrogate pair in a claim', signMember('"x":"\\ud800"'), 'token/malformed'],
    ['J10', 'half a surrogate pair in a name', signMember('"\\udc00":1'), 'token/malformed'],
    ['J10', 'Hangul and an escaped pair are text', signMember('"x":"마패 \\ud83d\\ude00"'), 'accepted'],
    ['J11', 'payload of depth 33', signMember(`"x":${'['.repeat(32)}${']'.repeat(32)}`), 'token/malformed'],
    ['J11', 'payload of depth 32', signMember(`"x":${'['.repeat(31)}${']'.repeat(31)}`), 'accepted'],
    ['J11', 'payload of depth 1,200', signMember(`"x":${'[{"":'.repeat(600)}1${'}]'.repeat(600)}`), 'token/malformed'],
    [
      'J14',
      'claims named __proto__ and constructor',
      signMember('"__proto__":{"scope":"admin"},"constructor":1'),
      'accepted',
    ],
    ['J14', 'exp only in __proto__', signPayload('{"__proto__":{"exp":9999999999}}'), 'token/issuer'],
    // spelling: each part of a token with the same bytes spelled otherwise, and the signature over the spelling
    ['J04', 'spare bits of the signature', spare(good), 'token/malformed'],
    [
      'J04',
      'spare bits of the payload, well signed',
      signRaw(`${header}.${spare(evenOut(payload))}`),
      'token/malformed',
    ],
    ['J01', 'padded payload, well signed', signRaw(`${header}.${evenOut(payload)}==`), 'token/malformed'],
    ['J01', 'padded header', `${header}=.${payload}.${signature}`, 'token/malformed'],
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
    ...[[], ['x'], ['exp'], ['b64'], ['alg'], ['x', 'x'], [1], [''], 'x', null, {}, true, 0].map(
      (crit): Row => ['J17', `crit ${JSON.stringify(crit)}`, withHeader({ crit }), 'token/critical'],
    ),
    ['J17', 'crit with the extension there', withHeader({ crit: ['x'], x: 1 }), 'token/critical'],
    ['J18', 'b64 false', withHeader({ b64: false }), 'token/header'],
    ['J18', 'b64 true', withHeader({ b64: true }), 'token/header'],
    ['J18', 'b64 false, critical', withHeader({ b64: false, crit: ['b64'] }), 'token/critical'],
    ['J19', 'JSON serialisation', encode({ protected: header, payload, signature }), 'token/malformed'],
    ['J20', 'zip', withHeader({ zip: 'DEF' }), 'token/header'],
    ['J20', 'cty JWT, signature of another header', withHeader({ cty: 'JWT' }), 'token/signature'],
    ['J22', 'alg twice, the good one first', rawHeader(`${json.slice(0, -1)},"alg":"none"}`), 'token/malformed'],
    [
      'J22',
      'alg twice, the second with an escape',
      rawHeader(`${json.slice(0, -1)},"\\u0061lg":"none"}`),
      'token/malformed',
    ],
    ['J21', 'a token as payload', `${header}.${encode(good)}.${signature}`, 'token/signature'],
    ['J23', 'ALG for alg', rawHeader(json.replace('alg', 'ALG')), 'token/algorithm'],
    ['J23', 'EXP for exp', sign({ exp: undefined, EXP: context.claims.exp }), 'token/claim'],
  ];
}

/** Cuts a segment to a length of 2 modulo 4, so that its last character has four spare bits. */
function evenOut(segment: string): string {
  return segment.slice(0, segment.length - ((segment.length + 2) % 4));
}

/** The same bytes with spare bits that aren't zero, for text whose last character has some. */
function spare(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return text.slice(0, -1) + alphabet.charAt(alphabet.indexOf(text.slice(-1)) | 1);
}

function placeRows(context: BadTokenContext): Row[] {
  const { sign, signMember } = build(context);
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
    ...['{}', '[["AUD"]]', '1', 'null', '[]', '[1,"AUD"]', '{"0":"AUD"}', '""'].map(
      (aud): Row => [
        'C05',
        `audience ${aud}`,
        signMember(`"aud":${aud.replace('AUD', context.audience)}`),
        'token/audience',
      ],
    ),
    // CVE-2025-30144
    ...['["ISS"]', '["https://evil.example","ISS"]', '{"0":"ISS"}', 'null'].map(
      (iss): Row => ['C07', `issuer ${iss}`, signMember(`"iss":${iss.replace('ISS', context.issuer)}`), 'token/claim'],
    ),
    ['C06', 'an array with our audience', sign({ aud: ['https://other.example', context.audience] }), 'accepted'],
    ['C05', 'an array without it', sign({ aud: ['https://other.example'] }), 'token/audience'],
    ['C07', 'another issuer', sign({ iss: 'https://other.example' }), 'token/issuer'],
    ['C07', 'issuer with a slash more', sign({ iss: `${context.issuer}/` }), 'token/issuer'],
    ['C07', 'no issuer', sign({ iss: undefined }), 'token/issuer'],
  ];
}
