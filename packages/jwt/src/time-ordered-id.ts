import { encodeBase64url, sextetOf } from './base64url.ts';

const BYTES = 16;
const CHARACTERS = 22;
const LATEST = 2 ** 48 - 1;

/**
 * Makes an id that carries the time it was made at: a UUIDv7 in 22 characters of base64url.
 *
 * @param timeMs Milliseconds since 1970, a whole number below 2^48.
 * @param random Source of random bytes.
 * @throws {RangeError} for a time outside of that.
 * @see RFC 9562 §5.7
 */
export function generateTimeOrderedId(timeMs: number, random: (bytes: number) => Uint8Array): string {
  if (!Number.isInteger(timeMs) || timeMs < 0 || timeMs > LATEST) throw new RangeError('timeMs is no time of 48 bits');
  const bytes = Uint8Array.from(random(BYTES));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(timeMs / 2 ** 32));
  view.setUint32(2, timeMs % 2 ** 32);
  view.setUint8(6, (view.getUint8(6) & 0x0f) | 0x70); // version 7
  view.setUint8(8, (view.getUint8(8) & 0x3f) | 0x80); // variant 10
  return encodeBase64url(bytes);
}

/**
 * When an id was made.
 *
 * @returns Milliseconds since 1970; undefined for anything but a UUIDv7 in 22 characters of canonical base64url.
 */
export function timeOfId(id: string): number | undefined {
  if (id.length !== CHARACTERS) return undefined;
  let foreign = 0;
  for (let at = 0; at < CHARACTERS; at++) foreign |= sextetOf(id, at);
  // 6 bits a character: the version begins at bit 48, the variant at bit 64, and the last four of 132 bits are spare
  const canonical = (sextetOf(id, CHARACTERS - 1) & 0b1111) === 0;
  if (foreign < 0 || sextetOf(id, 8) >> 2 !== 7 || (sextetOf(id, 10) & 0b11) !== 0b10 || !canonical) return undefined;
  return bitsFrom(id, 0) * 2 ** 24 + bitsFrom(id, 4);
}

/** 24 bits: four characters. */
function bitsFrom(id: string, at: number): number {
  return (sextetOf(id, at) << 18) | (sextetOf(id, at + 1) << 12) | (sextetOf(id, at + 2) << 6) | sextetOf(id, at + 3);
}
