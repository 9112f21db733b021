// JOSE writes an ECDSA signature as r || s (RFC 7518 §3.4), OpenSSL as DER (RFC 3279 §2.2.3). node:crypto can convert, but
// asks for the key inside an options object then, which costs more than the conversion on Node 22 and 24.
const INTEGER = 0x02;
const SEQUENCE = 0x30;
const LONG_LENGTH = 0x81;

/**
 * Writes r || s as DER. Values out of range (0, n and above) pass through: OpenSSL refuses them.
 *
 * @param der Room for at least `2 * half + 9` bytes.
 * @returns Bytes written.
 */
export function joseToDer(signature: Uint8Array, half: number, der: Uint8Array): number {
  const content = integerBytes(signature, 0, half) + integerBytes(signature, half, half);
  let at = 0;
  der[at++] = SEQUENCE;
  if (content >= 0x80) der[at++] = LONG_LENGTH;
  der[at++] = content;
  at = writeInteger(signature, 0, half, der, at);
  return writeInteger(signature, half, half, der, at);
}

function significantFrom(bytes: Uint8Array, from: number, half: number): number {
  let at = from;
  while (at < from + half - 1 && bytes[at] === 0) at++;
  return at;
}

/** Tag, length, and the content: a leading zero where the number would look negative. */
function integerBytes(bytes: Uint8Array, from: number, half: number): number {
  const start = significantFrom(bytes, from, half);
  return 2 + from + half - start + ((bytes[start] ?? 0) >> 7);
}

function writeInteger(bytes: Uint8Array, from: number, half: number, der: Uint8Array, place: number): number {
  let at = place;
  const start = significantFrom(bytes, from, half);
  const sign = (bytes[start] ?? 0) >> 7;
  der[at++] = INTEGER;
  der[at++] = from + half - start + sign;
  if (sign === 1) der[at++] = 0;
  for (let index = start; index < from + half; index++) der[at++] = bytes[index] ?? 0;
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
