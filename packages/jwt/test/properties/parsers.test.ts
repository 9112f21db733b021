import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  Base64urlMalformed,
  createJwtVerifier,
  decode,
  decodeBase64url,
  generateSecretKey,
  JsonMalformed,
  parseStrictJson,
  TokenRejected,
  TokenUndecodable,
} from '../../src/index.ts';
import { createJweDecrypter, generateSharedEncryptionKey } from '../../src/jwe/index.ts';

const verifier = createJwtVerifier({ keys: generateSecretKey('HS256'), issuer: 'a', audience: 'b', typ: 'JWT' });
const decrypter = createJweDecrypter({ keys: generateSharedEncryptionKey() });
const PIECES = [
  '.',
  '..',
  '=',
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  '\\u',
  'eyJhbGciOiJIUzI1NiJ9',
  '\u0000',
  '\ud800',
  '\ufeff',
  '\u0141',
  ' ',
  '\n',
  '-',
  '_',
  '+',
  '1e999',
  '-0',
  '__proto__',
];
/** Rubbish that comes closer to a token, or to JSON, than random text does. */
const rubbish = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 12 })), { maxLength: 24 })
  .map((pieces) => pieces.join(''));

/** What is thrown, if anything. */
function thrownBy(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}

test('no text makes a parser throw a foreign error', () => {
  fc.assert(
    fc.property(rubbish, (input) => {
      expect(thrownBy(() => verifier.verify(input))).toBeInstanceOf(TokenRejected);
      const errors = [
        [thrownBy(() => decode(input)), TokenUndecodable],
        [thrownBy(() => decodeBase64url(input)), Base64urlMalformed],
        [thrownBy(() => parseStrictJson(input)), JsonMalformed],
        [thrownBy(() => parseStrictJson(Buffer.from(input, 'latin1'))), JsonMalformed],
      ] as const;
      for (const [error, own] of errors) if (error !== undefined) expect(error).toBeInstanceOf(own);
    }),
    { numRuns: 400 },
  );
});

test('no text makes a decrypter throw a foreign error', async () => {
  await fc.assert(
    fc.asyncProperty(rubbish, async (input) => {
      await expect(decrypter.decrypt(input)).rejects.toBeInstanceOf(TokenRejected);
    }),
    { numRuns: 200 },
  );
});

test('RFC 8259: what strict JSON takes, JSON.parse takes, and both mean the same', () => {
  fc.assert(
    fc.property(fc.oneof(rubbish, fc.json({ stringUnit: 'binary' })), (input) => {
      let value: unknown;
      try {
        value = parseStrictJson(input);
      } catch {
        return;
      }
      expect(JSON.stringify(value)).toBe(JSON.stringify(JSON.parse(input)));
    }),
    { numRuns: 400 },
  );
});

test('RFC 8259: what JSON.stringify writes of any value, with any white space, strict JSON takes, and it means the same', () => {
  const value = fc.jsonValue({ maxDepth: 6, stringUnit: 'grapheme' });
  fc.assert(
    fc.property(value, fc.constantFrom('', ' ', '\t', '\n', '\r\n', ' \n\t '), (written, space) => {
      const plain = JSON.stringify(written);
      const spaced = space + JSON.stringify(written, null, 2).replaceAll('\n', `\n${space}`) + space;
      for (const input of [plain, spaced, Buffer.from(plain)])
        expect(JSON.stringify(parseStrictJson(input))).toBe(JSON.stringify(JSON.parse(plain)));
    }),
    { numRuns: 200 },
  );
});

test('RFC 7515 §4: an object with any of its names twice, on any level, is refused', () => {
  const name = fc.string({ unit: 'grapheme', maxLength: 8 });
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 5 }), fc.nat(), fc.nat(3), (names, pick, depth) => {
      const twice = names[pick % names.length];
      const members = [...names, twice].map((member) => `${JSON.stringify(member)}:0`).join();
      const input = `${'{"a":['.repeat(depth)}{${members}}${']}'.repeat(depth)}`;
      expect(thrownBy(() => JSON.parse(input) as unknown)).toBeUndefined();
      expect(() => parseStrictJson(input)).toThrow(JsonMalformed);
    }),
    { numRuns: 100 },
  );
});
