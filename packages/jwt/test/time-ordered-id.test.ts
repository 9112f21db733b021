import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeBase64url, generateTimeOrderedId, timeOfId } from '../src/index.ts';

/** RFC 9562 §5.7 by its picture: 48 bits of time, version 7, 12 bits, variant 10, 62 bits. */
function readSlowly(id: string): number | undefined {
  const bytes = Buffer.from(id, 'base64url');
  if (bytes.toString('base64url') !== id || bytes.length !== 16) return undefined;
  const hex = bytes.toString('hex');
  return hex[12] === '7' && '89ab'.includes(hex[16] ?? '') ? Number.parseInt(hex.slice(0, 12), 16) : undefined;
}

describe('an id that carries its time', () => {
  test('RFC 9562 §5.7: gives back the millisecond it was made at, to the ends of 48 bits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (time) => {
        const id = generateTimeOrderedId(time, randomBytes);
        expect([id.length, timeOfId(id), readSlowly(id)]).toEqual([22, time, time]);
      }),
    );
    for (const time of [0, 1, 2 ** 24 - 1, 2 ** 24, 2 ** 32, 2 ** 48 - 1])
      expect(timeOfId(generateTimeOrderedId(time, randomBytes))).toBe(time);
  });

  test('RFC 9562 §4: any other 16 bytes carry none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const id = encodeBase64url(bytes);
        expect(timeOfId(id)).toBe(readSlowly(id));
      }),
      { numRuns: 2_000 },
    );
  });

  test('RFC 4648 §3.5: a changed character makes another id or none, as its bytes say', () => {
    const id = generateTimeOrderedId(Date.UTC(2026, 10, 24), randomBytes);
    for (let at = 0; at < id.length; at += 1) {
      for (const character of 'Aa0-_78BQgw9=+/ \u00e9\u0141')
        expect(timeOfId(id.slice(0, at) + character + id.slice(at + 1))).toBe(
          readSlowly(id.slice(0, at) + character + id.slice(at + 1)),
        );
    }
    for (const other of ['', id.slice(1), `${id}A`, id.slice(0, -1), `${id.slice(0, -1)}=`])
      expect(timeOfId(other)).toBeUndefined();
  });

  test.each([-1, 2 ** 48, 1.5, Number.NaN])('%s is no time of 48 bits', (time) => {
    expect(() => generateTimeOrderedId(time, randomBytes)).toThrow(RangeError);
  });
});
