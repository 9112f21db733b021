import * as crypto from 'node:crypto';

/** Only this far into the bytes is looked for a key behind spaces, marks and comments. */
const LONGEST_JUNK = 256;
/** The shortest public key in DER: Ed25519. */
const SHORTEST_DER = 44;
const SEQUENCE = 0x30;
const BASE64_OF_SEQUENCE = 'M';
const UNCOMPRESSED_POINT = 0x04;
/** PEM (of a private key as well: it is no secret either) and base64 of PEM, JWK and JWK Set, SSH. */
const TEXT_FORMS = [
  /LS0tLS1CRUdJTi/,
  /-----BEGIN [A-Z0-9 ]+-----/,
  /"kty"\s*:/,
  /(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\S+) AAAA/,
];
const POINT_CURVES = { 65: ['P-256', 'secp256k1'], 97: ['P-384'], 133: ['P-521'] } as const;

/**
 * True when bytes that were given as a secret are a key of a pair: PEM, JWK, DER, hex or base64 of any of them, a point of a curve;
 * with anything in front, in UTF-8 or UTF-16. Whoever knows the public key could sign.
 *
 * @see RFC 8725 §3.5, CVE-2023-48223, CVE-2026-34950
 */
export function looksLikeKeyPair(bytes: Uint8Array): boolean {
  const raw = Buffer.from(bytes);
  if (isPoint(raw) || holdsDer(raw)) return true;
  // the zeros of UTF-16
  const text = raw.toString('latin1').replaceAll('\0', '');
  return TEXT_FORMS.some((form) => form.test(text)) || decodings(text).some((decoded) => looksDecoded(decoded));
}

/** Base64 of a key has been decoded once; base64 of base64 is nobody's habit. */
function looksDecoded(bytes: Buffer): boolean {
  return holdsDer(bytes) || TEXT_FORMS.some((form) => form.test(bytes.toString('latin1')));
}

/** What a text may be base64 or hex of, from the first place on where such text begins. */
function decodings(text: string): Buffer[] {
  const found: Buffer[] = [];
  const base64 = /[A-Za-z0-9+/_-][A-Za-z0-9+/_=\s-]{40,}/.exec(text)?.[0];
  if (base64 !== undefined) {
    found.push(Buffer.from(base64, 'base64'));
    for (let at = base64.indexOf(BASE64_OF_SEQUENCE); at >= 0 && at < LONGEST_JUNK; ) {
      found.push(Buffer.from(base64.slice(at), 'base64'));
      at = base64.indexOf(BASE64_OF_SEQUENCE, at + 1);
    }
  }
  const hex = /(?:[0-9a-fA-F]{2}[\s:]?){44,}/.exec(text)?.[0];
  if (hex !== undefined) found.push(Buffer.from(hex.replaceAll(/[\s:]/g, ''), 'hex'));
  return found;
}

function holdsDer(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(SEQUENCE); at >= 0 && at < LONGEST_JUNK; at = bytes.indexOf(SEQUENCE, at + 1)) {
    if (bytes.length - at < SHORTEST_DER) return false;
    if (isDer(bytes.subarray(at))) return true;
  }
  return false;
}

function isDer(key: Buffer): boolean {
  const attempts = [
    () => crypto.createPublicKey({ key, format: 'der', type: 'spki' }),
    () => crypto.createPublicKey({ key, format: 'der', type: 'pkcs1' }),
    () => new crypto.X509Certificate(key),
  ];
  return attempts.some((attempt) => parses(attempt));
}

function isPoint(bytes: Buffer): boolean {
  const curves = POINT_CURVES[bytes.length as keyof typeof POINT_CURVES];
  if (curves === undefined || bytes[0] !== UNCOMPRESSED_POINT) return false;
  const half = (bytes.length - 1) / 2;
  const x = bytes.toString('base64url', 1, 1 + half);
  const y = bytes.toString('base64url', 1 + half);
  return curves.some((crv) => parses(() => crypto.createPublicKey({ key: { kty: 'EC', crv, x, y }, format: 'jwk' })));
}

function parses(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
