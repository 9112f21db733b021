// JOSE writes an ECDSA signature as r || s (RFC 7518 §3.4), OpenSSL as DER (RFC 3279 §2.2.3). node:crypto can convert, but
// asks for the key inside an options object then, which costs more than the conversion on Node 22 and 24.
const INTEGER = 0x02;
const SEQUENCE = 0x30;
const LONG_LENGTH = 0x81;
const LONG_HEAD = 3;

/**
 * Writes r || s as DER. Values out of range (0, n and above) pass through: OpenSSL refuses them.
 *
 * @param der Room for at least `2 * half + 9` bytes.
 * @returns The part of `der` that holds the signature.
 */
export function joseToDer(signature: Uint8Array, half: number, der: Buffer): Buffer {
  // the head has two bytes or three, and which is known when the numbers stand: they are put behind the longer one
  const end = writeInteger(signature, half, 2 * half, der, writeInteger(signature, 0, half, der, LONG_HEAD));
  const content = end - LONG_HEAD;
  let start = 1;
  der[2] = content;
  der[1] = SEQUENCE;
  if (content >= 0x80) {
    start = 0;
    der[1] = LONG_LENGTH;
    der[0] = SEQUENCE;
  }
  return der.subarray(start, end);
}

/** Tag, length, and the content without leading zeros, but with one where the number would look negative. @returns The place behind it. */
function writeInteger(signature: Uint8Array, from: number, to: number, der: Buffer, place: number): number {
  let start = from;
  while (start < to - 1 && signature[start] === 0) start++;
  let at = place + 2;
  if ((signature[start] as number) > 0x7f) der[at++] = 0;
  while (start < to) der[at++] = signature[start++] as number;
  der[place] = INTEGER;
  der[place + 1] = at - place - 2;
  return at;
}

/** Writes a signature that OpenSSL (or a key service) made in DER as r || s, or answers false where it is no such thing. */
export function derToJose(der: Uint8Array, half: number, signature: Uint8Array): boolean {
  signature.fill(0, 0, 2 * half);
  let at = der[1] === LONG_LENGTH ? 3 : 2;
  if (der[0] !== SEQUENCE || der[at - 1] !== der.length - at) return false;
  for (let end = half; end <= 2 * half; end += half) {
    if (der[at] !== INTEGER) return false;
    let length = der[at + 1] ?? 0;
    at += 2;
    while (length > half && der[at] === 0) {
      at++;
      length--;
    }
    if (length > half || at + length > der.length) return false;
    for (let index = 0; index < length; index++) signature[end - length + index] = der[at + index] ?? 0;
    at += length;
  }
  return at === der.length;
}
