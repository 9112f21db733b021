import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodePlain, isCanonical, readPlain, writePlain } from '../src/canonical.ts';

const room = Buffer.alloc(1_024);
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('');
/** What Node reads as base64url, skips, or takes for another character. */
const FOREIGN = ['+', '/', '=', ' ', '\n', '\t', '.', '!', '\0', 'é', '\u0141', '\u212b', '😀', '\ud800'];

/** Bytes of a text, by the quick way; undefined for one that it refuses. */
function quickly(text: string): string | undefined {
  if (!text.includes('+') && !text.includes('/')) expect(readPlain(text)).toBe(byDefinition(text));
  if (!writePlain(text, room, 0)) return undefined;
  const length = decodePlain(text, room);
  const read = length < 0 ? undefined : room.toString('latin1', 0, length);
  expect(readPlain(text)).toBe(read);
  return read;
}

/** The same by writing it again, which is the definition. RFC 7515 §2, RFC 4648 §3.5 */
function byDefinition(text: string): string | undefined {
  return isCanonical(text) ? Buffer.from(text, 'base64url').toString('latin1') : undefined;
}

test('every ending: which characters may be the last, behind none, one, two and three others', () => {
  for (const before of ['', 'A', 'AB', 'ABC', 'ABCD'])
    for (const last of [...ALPHABET, ...FOREIGN])
      expect([before + last, quickly(before + last)]).toEqual([before + last, byDefinition(before + last)]);
});

test('every character that base64url has not, at every place', () => {
  for (const foreign of FOREIGN)
    for (const length of [1, 2, 3, 4, 5, 6, 7, 8])
      for (let at = 0; at <= length; at++) {
        const text = `${'A'.repeat(at)}${foreign}${'A'.repeat(length - at)}`;
        expect([text, quickly(text)]).toEqual([text, undefined]);
      }
});

test('RFC 4648 §3.5: one value has one spelling, whatever was changed', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 100 }),
      fc.nat(),
      fc.constantFrom('', ...ALPHABET, ...FOREIGN),
      fc.nat({ max: 1 }),
      (bytes, place, other, kept) => {
        const text = Buffer.from(bytes).toString('base64url');
        expect(quickly(text)).toBe(Buffer.from(bytes).toString('latin1'));
        const at = place % (text.length + 1);
        const changed = text.slice(0, at) + other + text.slice(at + 1 - kept);
        expect(quickly(changed)).toBe(byDefinition(changed));
      },
    ),
    { numRuns: 2_000 },
  );
});

test('a text that was cut off for want of room is not taken for one of ASCII', () => {
  const text = `${'A'.repeat(20)}éé`;
  const enough = Buffer.alloc(3 * text.length);
  expect(writePlain(text, enough, 0)).toBe(false);
  expect(writePlain('A'.repeat(22), enough, 0)).toBe(true);
});
