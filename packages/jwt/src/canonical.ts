/** True for canonical base64url: one value has one spelling. RFC 7515 §2, RFC 4648 §3.5 */
export function isCanonical(text: string): boolean {
  return Buffer.from(text, 'base64url').toString('base64url') === text;
}

/**
 * Writes a text, and tells whether it is free of what Node would read as base64url all the same: characters beyond ASCII, of which it takes
 * the low byte, and those of the other base64.
 *
 * @param to Room for three bytes a character from `at` on: else a text could be cut off to just as many bytes as it has characters.
 */
export function writePlain(text: string, to: Buffer, at: number): boolean {
  return to.write(text, at) === text.length && !text.includes('+') && !text.includes('/');
}

/**
 * Decodes what is canonical; less work than {@link isCanonical}.
 *
 * @param text A part of what {@link writePlain} found plain.
 * @returns How many bytes were written; -1 for a text that isn't canonical.
 */
export function decodePlain(text: string, to: Buffer): number {
  const bytes = to.write(text, 'base64url');
  return isWhole(text, bytes) ? bytes : -1;
}

/**
 * The same as a string of one character a byte, which is half the work; of a text without a `+` or a `/`.
 *
 * @returns Undefined for a text that isn't canonical.
 */
export function readPlain(text: string): string | undefined {
  try {
    const read = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return isWhole(text, read.length) ? read : undefined;
  } catch {
    return undefined;
  }
}

/** Characters whose last four bits are zero, and whose last two are: behind two or three left over, those stand for nothing. */
const LAST_OF_TWO = 'AQgw';
const LAST_OF_THREE = 'AEIMQUYcgkosw048';

/** True when nothing of a text was left out, or read though it shouldn't have been, to come to so many bytes. */
function isWhole(text: string, bytes: number): boolean {
  const over = text.length % 4;
  if (over === 1 || bytes !== (text.length * 3) >> 2) return false;
  return over === 0 || (over === 2 ? LAST_OF_TWO : LAST_OF_THREE).includes(text.charAt(text.length - 1));
}
