import { decodeBase64url, encodeBase64url } from './base64url.ts';

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
  let bytes: Uint8Array;
  try {
    bytes = decodeBase64url(id);
  } catch {
    return undefined;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(6) >> 4 !== 7 || view.getUint8(8) >> 6 !== 0b10) return undefined;
  return view.getUint16(0) * 2 ** 32 + view.getUint32(2);
}
