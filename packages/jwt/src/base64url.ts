const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const VALUES = new Int8Array(128).fill(-1);
for (let index = 0; index < ALPHABET.length; index++) VALUES[ALPHABET.charCodeAt(index)] = index;

/** Text is not canonical base64url: a foreign character, padding, an impossible length or spare bits that aren't zero. */
export class Base64urlMalformed extends Error {
  override readonly name = 'Base64urlMalformed';
}

/** What a character stands for: 0 to 63, or -1 for a foreign one. */
export function sextetOf(text: string, at: number): number {
  return VALUES[text.charCodeAt(at)] ?? -1;
}

/** Bytes as base64url without padding. RFC 7515 §2, RFC 4648 §5 */
export function encodeBase64url(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    text += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 63);
    if (left > 1) text += ALPHABET.charAt((group >> 6) & 63);
    if (left > 2) text += ALPHABET.charAt(group & 63);
  }
  return text;
}

/**
 * Base64url as bytes; strict, so that one value has one spelling.
 *
 * @throws {Base64urlMalformed}
 * @see RFC 7515 §2 (no padding, no other character), RFC 4648 §3.5 (spare bits are zero)
 */
export function decodeBase64url(text: string): Uint8Array {
  const spare = text.length % 4;
  if (spare === 1) throw new Base64urlMalformed('length');
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let out = 0;
  for (let at = 0; at < text.length; at++) {
    const value = sextetOf(text, at);
    if (value < 0) throw new Base64urlMalformed('character');
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[out++] = (held >> bits) & 0xff;
  }
  if ((held & ((1 << bits) - 1)) !== 0) throw new Base64urlMalformed('spare bits');
  return bytes;
}
