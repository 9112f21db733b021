import { expect, test } from 'vitest';
import { Base64urlMalformed, decodeBase64url, encodeBase64url } from '../src/index.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

test.each(['A', 'AAAAA', 'AAAAAAAAA'])('RFC 7515 §2: %s has a length that no bytes have', (text) => {
  expect(() => decodeBase64url(text)).toThrow(new Base64urlMalformed('length'));
});

test.each([
  'AA=',
  'AA==',
  'A+AA',
  'A/AA',
  'A AA',
  'A\nAA',
  'AA\u0000A',
  'AAA\u007f',
  'AAA\u0080',
  'AAA\u0141',
  'AAA\uff21',
  '@AAA',
  '[AAA',
  '`AAA',
  '{AAA',
  ',AAA',
])('RFC 4648 §5: %j has a character of no value', (text) => {
  // filled up to a length that is possible, so that nothing else is wrong
  expect(() => decodeBase64url(text.padEnd(8, 'A'))).toThrow(new Base64urlMalformed('character'));
});

test('RFC 4648 §3.5: of the last characters, exactly those without spare bits are taken', () => {
  const taken = (prefix: string): string =>
    Array.from(ALPHABET)
      .filter((last) => {
        try {
          return decodeBase64url(prefix + last).length > 0;
        } catch (error) {
          expect(error).toEqual(new Base64urlMalformed('spare bits'));
          return false;
        }
      })
      .join('');
  expect(taken('A')).toBe('AQgw');
  expect(taken('AA')).toBe('AEIMQUYcgkosw048');
  expect(taken('AAA')).toBe(ALPHABET);
  expect(taken('AAAA_')).toBe('AQgw');
});

test('RFC 4648 §10: the vectors, without padding', () => {
  const vectors = { '': '', f: 'Zg', fo: 'Zm8', foo: 'Zm9v', foob: 'Zm9vYg', fooba: 'Zm9vYmE', foobar: 'Zm9vYmFy' };
  for (const [plain, encoded] of Object.entries(vectors)) {
    expect(encodeBase64url(Buffer.from(plain))).toBe(encoded);
    expect(Buffer.from(decodeBase64url(encoded)).toString()).toBe(plain);
  }
});

test('every byte and every character, as Buffer has it', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
  expect(encodeBase64url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
  expect(decodeBase64url(Buffer.from(bytes).toString('base64url'))).toEqual(bytes);
  expect(decodeBase64url(ALPHABET)).toEqual(new Uint8Array(Buffer.from(ALPHABET, 'base64url')));
});

test('the error has a name', () => {
  expect(new Base64urlMalformed('x').name).toBe('Base64urlMalformed');
});
