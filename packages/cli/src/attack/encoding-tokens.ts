import { type AttackMaterial, encode, type Row, signedParts, takeApart } from './bad-token.ts';

const NUMERIC_DATES = ['1.5', '1e308', '9007199254740992'];

/** Group J: spelling, JSON and types. Many of these an issuer has to sign: one that errs, or that can be made to. */
export function encodingTokens(material: AttackMaterial): Row[] {
  return [...unsigned(material), ...wellSigned(material)];
}

/** The same bytes spelled in the alphabet of RFC 4648 §4, where they have a letter that differs. */
function plainAlphabet(segment: string): string | undefined {
  return /[-_]/.test(segment) ? segment.replaceAll('-', '+').replaceAll('_', '/') : undefined;
}

function unsigned(material: AttackMaterial): Row[] {
  const { good, header, payload, signature, members, withHeader, withPayload } = takeApart(material);
  const rawHeader = (json: string): string => `${encode(json)}.${payload}.${signature}`;
  const json = JSON.stringify(members);
  const plain = plainAlphabet(signature);
  return [
    ['J01', 'padded signature', `${good}==`, 'token/malformed'],
    [
      'J02',
      'plain base64 alphabet',
      `${header}.${payload}.${Buffer.from(signature, 'base64url').fill(0xfb).toString('base64')}`,
      'token/malformed',
    ],
    ...(plain === undefined
      ? []
      : [
          [
            'J02',
            'the true signature in the plain alphabet',
            `${header}.${payload}.${plain}`,
            'token/malformed',
          ] as const,
        ]),
    ...['!', '=', '*'].map(
      (foreign): Row => [
        'J03',
        `${JSON.stringify(foreign)} within the signature`,
        `${header}.${payload}.${signature.slice(0, 9)}${foreign}${signature.slice(9)}`,
        'token/malformed',
      ],
    ),
    ['J03', 'foreign character', `${header}.${payload}.${signature.slice(0, -1)}!`, 'token/malformed'],
    ['J05', 'length 1 mod 4', `${header}.${payload}.${signature}AAA`, 'token/malformed'],
    ['J06', 'rubbish after the token', `${good}~`, 'token/malformed'],
    ['J07', 'header name twice', rawHeader(`{"alg":"none",${json.slice(1)}`), 'token/malformed'],
    ['J08', 'header is an array', rawHeader('[]'), 'token/malformed'],
    ['J08', 'header is null', rawHeader('null'), 'token/malformed'],
    ['J09', 'comment in the header', rawHeader(`{/**/${json.slice(1)}`), 'token/malformed'],
    ['J09', 'trailing comma', rawHeader(`${json.slice(0, -1)},}`), 'token/malformed'],
    ['J09', 'single quotes', rawHeader(json.replaceAll('"', "'")), 'token/malformed'],
    ['J10', 'payload is not UTF-8', withPayload(Buffer.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), 'token/signature'],
    [
      'J11',
      'header of depth 2,000',
      rawHeader(`{"alg":"ES256","x":${'['.repeat(2_000)}${']'.repeat(2_000)}}`),
      'token/malformed',
    ],
    ['J13', 'thousands of dots', '.'.repeat(8_000), 'token/malformed'],
    ...['0', '-1', '"9999999999"', 'null', 'true', '1.5', '[]'].flatMap((value): Row[] => [
      ['J15', `exp ${value}, unsigned`, withPayload(`{"exp":${value}}`), 'token/signature'],
    ]),
    // spelling: each part of a token with the same bytes spelled otherwise, and the signature over the spelling
    ['J04', 'spare bits of the signature', spare(good), 'token/malformed'],
    ['J01', 'padded header', `${header}=.${payload}.${signature}`, 'token/malformed'],
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
  ];
}

function wellSigned(material: AttackMaterial): Row[] {
  const signed = signedParts(material);
  if (signed === undefined) return [];
  const { good, header, payload, members, claims } = takeApart(material);
  const { sign, signRaw, signHeader, signPayload, signMember } = signed;
  const json = JSON.stringify(members);
  return [
    // an issuer that writes such headers: the signature is right, and what was signed isn't
    ...[['x'], ['exp'], [], 'x', null].map(
      (crit): Row => ['J17', `crit ${JSON.stringify(crit)}, well signed`, signHeader({ crit, x: 1 }), 'token/critical'],
    ),
    ['J18', 'b64 false, well signed', signHeader({ b64: false }), 'token/header'],
    ['J18', 'b64 false, critical, well signed', signHeader({ b64: false, crit: ['b64'] }), 'token/critical'],
    ['J20', 'zip, well signed', signHeader({ zip: 'DEF' }), 'token/header'],
    ['J07', 'header name twice, well signed', signHeader(`{"typ":"JWT",${json.slice(1)}`), 'token/malformed'],
    ['J22', 'alg twice, well signed', signHeader(`{"alg":"none",${json.slice(1)}`), 'token/malformed'],
    ['J09', 'comment in the header, well signed', signHeader(`{/**/${json.slice(1)}`), 'token/malformed'],
    ['J09', 'a byte order mark before the header', signHeader(`\ufeff${json}`), 'token/malformed'],
    ['J21', 'a token as payload, well signed', signRaw(`${header}.${encode(good)}`), 'token/malformed'],
    ['J14', 'every claim in __proto__ alone', signPayload(`{"__proto__":${JSON.stringify(claims)}}`), 'token/issuer'],
    ['J12', 'longer than is looked at', sign({ pad: 'x'.repeat(9_000) }), 'token/too-long', 'choice'],
    // RFC 7519 §2; CVE-2026-25537, CVE-2026-44459: present but no whole number is never taken for absent
    ...['-1', '"9999999999"', 'null', 'true', '1.5', '[]', '{}', '1e400', '1e308', '9007199254740992', '""'].flatMap(
      (value): Row[] =>
        ['exp', 'nbf', 'iat'].map(
          (name): Row => [
            'J15',
            `${name} ${value}, well signed`,
            signMember(`"${name}":${value}`),
            value === '1e400' ? 'token/malformed' : 'token/claim',
            // RFC 7519 §2: a NumericDate may have a fraction, and be as large as it likes
            NUMERIC_DATES.includes(value) ? 'choice' : undefined,
          ],
        ),
    ),
    ['J15', 'exp 1e400 in a claim of no meaning', signMember('"x":{"y":[1e400]}'), 'token/malformed', 'choice'],
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
        signPayload(`${JSON.stringify(claims).slice(0, -1)},"${name}":"x"}`),
        'token/malformed',
      ],
    ),
    [
      'J07',
      'a claim twice, once with an escape',
      signPayload(`${JSON.stringify(claims).slice(0, -1)},"s\\u0075b":"x"}`),
      'token/malformed',
    ],
    ['J07', 'a name twice deep inside', signMember('"x":[{"y":{"z":1,"z":1}}]'), 'token/malformed'],
    [
      'J07',
      'a name twice with a space before the colon',
      signPayload(`${JSON.stringify(claims).slice(0, -1)},"sub" :"x"}`),
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
    ['J09', 'a byte order mark before the payload', signPayload(`\ufeff${JSON.stringify(claims)}`), 'token/malformed'],
    ['J09', 'a zero after the payload', signPayload(`${JSON.stringify(claims)}\0`), 'token/malformed'],
    ['J09', 'white space within the payload is JSON', signPayload(JSON.stringify(claims, undefined, 2)), 'accepted'],
    ...[
      Buffer.of(0xff),
      Buffer.of(0xc0, 0x80),
      Buffer.of(0xed, 0xa0, 0x80),
      Buffer.of(0xf4, 0x90, 0x80, 0x80),
      Buffer.of(0xe2, 0x82),
    ].map((bytes): Row => {
      const text = JSON.stringify(claims);
      const json = Buffer.concat([Buffer.from(`${text.slice(0, -1)},"x":"`), bytes, Buffer.from('"}')]);
      return ['J10', `bytes ${bytes.toString('hex')} in a claim, well signed`, signPayload(json), 'token/malformed'];
    }),
    ['J10', 'half a surrogate pair in a claim', signMember('"x":"\\ud800"'), 'token/malformed'],
    ['J10', 'half a surrogate pair in a name', signMember('"\\udc00":1'), 'token/malformed'],
    ['J10', 'Hangul and an escaped pair are text', signMember('"x":"마패 \\ud83d\\ude00"'), 'accepted'],
    ['J11', 'payload of depth 33', signMember(`"x":${'['.repeat(32)}${']'.repeat(32)}`), 'token/malformed', 'choice'],
    ['J11', 'payload of depth 32', signMember(`"x":${'['.repeat(31)}${']'.repeat(31)}`), 'accepted'],
    [
      'J11',
      'payload of depth 1,200',
      signMember(`"x":${'[{"":'.repeat(600)}1${'}]'.repeat(600)}`),
      'token/malformed',
      'choice',
    ],
    [
      'J14',
      'claims named __proto__ and constructor',
      signMember('"__proto__":{"scope":"admin"},"constructor":1'),
      'accepted',
    ],
    ['J14', 'exp only in __proto__', signPayload('{"__proto__":{"exp":9999999999}}'), 'token/issuer'],
    [
      'J04',
      'spare bits of the payload, well signed',
      signRaw(`${header}.${spare(evenOut(payload))}`),
      'token/malformed',
    ],
    ['J01', 'padded payload, well signed', signRaw(`${header}.${evenOut(payload)}==`), 'token/malformed'],
    ['J16', 'nbf in an hour', sign({ nbf: Number(claims['iat']) + 3_600 }), 'token/not-yet-valid'],
    [
      'J16',
      'iat in an hour',
      sign({ iat: Number(claims['iat']) + 3_600, exp: Number(claims['iat']) + 7_200 }),
      'token/issued-in-future',
    ],
    ['J16', 'expired', sign({ exp: Number(claims['iat']) - 3_600 }), 'token/expired'],
    ['J16', 'exp 0', sign({ exp: 0 }), 'token/expired'],
    ['J16', 'no exp', sign({ exp: undefined }), 'token/claim'],
    ['J23', 'EXP for exp', sign({ exp: undefined, EXP: claims['exp'] }), 'token/claim'],
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
