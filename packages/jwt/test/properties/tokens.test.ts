import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createJwtSigner,
  createJwtVerifier,
  decodeBase64url,
  encodeBase64url,
  generateTimeOrderedId,
  parseStrictJson,
  publicKeyOf,
  TokenRejected,
  timeOfId,
} from '../../src/index.ts';
import { goodContext } from '../good-claims.ts';

const now = Date.UTC(2026, 10, 23);
const context = goodContext(now);
const verifier = createJwtVerifier({
  keys: publicKeyOf(context.key),
  issuer: context.issuer,
  audience: context.audience,
  typ: 'at+jwt',
  clock: () => now,
});
const token = createJwtSigner({ key: context.key, typ: 'at+jwt' }).sign(context.claims);

test('any other character anywhere in a token is refused, and with our own error', () => {
  const other = fc.tuple(fc.nat(token.length - 1), fc.string({ minLength: 1, maxLength: 1 }));
  fc.assert(
    fc.property(other, ([at, character]) => {
      if (token[at] === character) return;
      const changed = token.slice(0, at) + character + token.slice(at + 1);
      expect(() => verifier.verify(changed)).toThrow(TokenRejected);
    }),
    { numRuns: 500 },
  );
});

test('no text at all throws a foreign error', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      expect(() => verifier.verify(text)).toThrow(TokenRejected);
    }),
    { numRuns: 500 },
  );
});

test('base64url: bytes come back, and one value has one spelling', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(decodeBase64url(encodeBase64url(bytes))).toEqual(bytes);
    }),
  );
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{0,20}$/), (text) => {
      try {
        expect(encodeBase64url(decodeBase64url(text))).toBe(text);
      } catch (error) {
        expect(error).toMatchObject({ name: 'Base64urlMalformed' });
      }
    }),
  );
});

test('strict JSON: what it takes means what JSON.parse says', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (text) => {
      const unique = JSON.stringify(JSON.parse(text));
      expect(JSON.stringify(parseStrictJson(unique))).toBe(unique);
    }),
  );
});

test('RFC 9562 §5.7: an id gives back the time it was made at', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 48 - 1 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      (time, bytes) => {
        const id = generateTimeOrderedId(time, () => bytes);
        expect(id).toHaveLength(22);
        expect(timeOfId(id)).toBe(time);
      },
    ),
  );
});
