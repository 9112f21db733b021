import { createHmac } from 'node:crypto';
import { type AttackMaterial, encode, type Row, signedParts, takeApart } from './bad-token.ts';

const ALGORITHMS =
  'HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K EdDSA Ed25519 Ed448 ML-DSA-44 ML-DSA-65 ML-DSA-87';

/** Group T: signatures that are no signatures, and algorithms that the token chooses. */
export function signatureTokens(material: AttackMaterial): Row[] {
  const { good, header, payload, signature, members, claims, withHeader } = takeApart(material);
  const raw = Buffer.from(signature, 'base64url');
  const resigned = (bytes: Buffer): string => `${header}.${payload}.${bytes.toString('base64url')}`;
  const cases = Array.from({ length: 16 }, (_, bits) =>
    ['n', 'o', 'n', 'e'].map((letter, at) => ((bits >> at) & 1 ? letter.toUpperCase() : letter)).join(''),
  );
  const last = raw.length - 1;
  const places = [...new Set([0, Math.floor(last / 2), Math.ceil(last / 2), last])];
  const own = String(members['alg']);
  const signed = signedParts(material);
  return [
    ...cases.flatMap((alg): Row[] => [
      ['T01', `alg ${alg} without a signature`, `${encode({ ...members, alg })}.${payload}.`, 'token/algorithm'],
      ['T04', `alg ${alg} with the true signature`, withHeader({ alg }), 'token/algorithm'],
    ]),
    ...['', 'None ', 'n0ne', 'nonе', 'null', 'false', `${own}\u0000`].map(
      (alg): Row => ['T02', `alg ${JSON.stringify(alg)}`, withHeader({ alg }), 'token/algorithm'],
    ),
    ['T03', 'no alg', withHeader({ alg: undefined }), 'token/algorithm'],
    ['T05', 'signature stripped', `${header}.${payload}.`, 'token/signature'],
    ['T05', 'signature and dot stripped', `${header}.${payload}`, 'token/malformed'],
    [
      'T06',
      'payload swapped',
      `${header}.${encode({ ...claims, sub: 'someone-else' })}.${signature}`,
      'token/signature',
    ],
    ['T06', 'scope raised', `${header}.${encode({ ...claims, scope: 'admin' })}.${signature}`, 'token/signature'],
    ['T07', 'one segment', header, 'token/malformed'],
    ['T07', 'four segments', `${good}.${signature}`, 'token/malformed'],
    ['T07', 'five segments', `${good}.${signature}.${signature}`, 'token/encrypted'],
    ['T07', 'only dots', '..', 'token/malformed'],
    ['T08', 'signature one byte short', resigned(raw.subarray(0, last)), 'token/signature'],
    ['T08', 'signature one byte long', resigned(Buffer.concat([raw, Buffer.of(0)])), 'token/signature'],
    ['T08', 'signature twice', resigned(Buffer.concat([raw, raw])), 'token/signature'],
    ...places.map((at): Row => {
      const flipped = Buffer.from(raw);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      return ['T09', `bit flipped in byte ${at}`, resigned(flipped), 'token/signature'];
    }),
    ['T09', 'signed, then one claim more', `${header}.${encode({ ...claims, x: 1 })}.${signature}`, 'token/signature'],
    ...secretTokens(material),
    ...ALGORITHMS.split(' ')
      .filter((alg) => alg !== own)
      .map((alg): Row => ['T14', `header decides: ${alg}`, withHeader({ alg }), 'token/algorithm']),
    ['T15', 'a signature of zeros', resigned(Buffer.alloc(raw.length)), 'token/signature'],
    ...(/^ES\d/.test(own) ? ecdsaTokens(raw, resigned) : []),
    ...(own === 'ES256' ? p256Tokens(raw, resigned) : []),
    ['T21', 'another algorithm of the same family', withHeader({ alg: sibling(own) }), 'token/algorithm'],
    ...[[own], {}, null, 1, true, own.toLowerCase(), ` ${own}`, 'x'.repeat(4_000), 'constructor', '__proto__'].map(
      (alg): Row => ['T22', `alg ${JSON.stringify(alg).slice(0, 20)}`, withHeader({ alg }), 'token/algorithm'],
    ),
    ...['dir', 'RSA-OAEP', 'A256GCM', 'ECDH-ES'].map(
      (alg): Row => ['T23', `alg ${alg}`, withHeader({ alg }), 'token/algorithm'],
    ),
    ...(signed === undefined ? [] : [['T25', 'a good token', signed.sign(), 'accepted'] as const]),
  ];
}

function sibling(alg: string): string {
  return alg.endsWith('256') ? alg.replace('256', '384') : `${alg.slice(0, 2)}256`;
}

/** HMACs under what is public or easily guessed. */
function secretTokens(material: AttackMaterial): Row[] {
  const { payload, members } = takeApart(material);
  const hmac = (secret: string | Buffer): string => {
    const input = `${encode({ ...members, alg: 'HS256' })}.${payload}`;
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  };
  // where the issuer has a secret, a guess fails by its signature
  const code = members['alg'] === 'HS256' ? 'token/signature' : 'token/algorithm';
  const rows: Row[] = ['', 'secret', 'key', '0'].map((secret) => [
    'T13',
    `HS256 with the secret ${JSON.stringify(secret)}`,
    hmac(secret),
    code,
  ]);
  const { publicKey } = material;
  if (publicKey === undefined) return rows;
  const { pem, jwk } = publicKey;
  const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  return [
    ...rows,
    ['T10', 'HS256 with the public PEM', hmac(pem), code],
    ['T10', 'HS256 with the public PEM without its last line break', hmac(pem.trimEnd()), code],
    ['T11', 'HS256 with the public DER', hmac(der), code],
    ['T11', 'HS256 with base64 of the public DER', hmac(der.toString('base64')), code],
    ['T12', 'HS256 with the JWK text', hmac(JSON.stringify(jwk)), code],
  ];
}

type Resign = (bytes: Buffer) => string;

function ecdsaTokens(raw: Buffer, resigned: Resign): Row[] {
  const half = raw.length / 2;
  const [r, s] = [raw.subarray(0, half), raw.subarray(half)];
  const one = Buffer.concat([Buffer.alloc(half - 1), Buffer.of(1)]);
  const zero = Buffer.alloc(half);
  const content = Buffer.concat([derInteger(r), derInteger(s)]);
  const der = Buffer.concat([
    content.length < 128 ? Buffer.of(0x30, content.length) : Buffer.of(0x30, 0x81, content.length),
    content,
  ]);
  return [
    ['T15', 'r = s = 1', resigned(Buffer.concat([one, one])), 'token/signature'],
    ['T16', 'signature as DER', resigned(der), 'token/signature'],
    ['T17', 'r and s all ones', resigned(Buffer.alloc(raw.length, 0xff)), 'token/signature'],
    ['T17', 'r = 0', resigned(Buffer.concat([zero, s])), 'token/signature'],
    ['T17', 's = 0', resigned(Buffer.concat([r, zero])), 'token/signature'],
  ];
}

/** Without leading zeros, but with one where the number would look negative. */
function derInteger(number: Buffer): Buffer {
  const start = number.findIndex((byte) => byte !== 0);
  const digits = start === -1 ? Buffer.of(0) : number.subarray(start);
  const content = (digits[0] ?? 0) > 127 ? Buffer.concat([Buffer.of(0), digits]) : digits;
  return Buffer.concat([Buffer.of(2, content.length), content]);
}

function p256Tokens(raw: Buffer, resigned: Resign): Row[] {
  const [r, s] = [raw.subarray(0, 32), raw.subarray(32)];
  const order = Buffer.from('FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551', 'hex');
  const plusOne = Buffer.concat([order.subarray(0, 31), Buffer.of((order[31] ?? 0) + 1)]);
  const mirrored = (BigInt(`0x${order.toString('hex')}`) - BigInt(`0x${s.toString('hex')}`)).toString(16);
  return [
    ['T17', 'r = n', resigned(Buffer.concat([order, s])), 'token/signature'],
    ['T17', 's = n', resigned(Buffer.concat([r, order])), 'token/signature'],
    ['T17', 'r = n + 1', resigned(Buffer.concat([plusOne, s])), 'token/signature'],
    ['T17', 's = n + 1', resigned(Buffer.concat([r, plusOne])), 'token/signature'],
    [
      'T25',
      'the mirrored signature (n − s) is as good',
      resigned(Buffer.concat([r, Buffer.from(mirrored.padStart(64, '0'), 'hex')])),
      'accepted',
    ],
  ];
}
