import { expect, test } from 'vitest';
import {
  createJwtVerifier,
  decode,
  decodeBase64url,
  generatePrivateKey,
  parseStrictJson,
  publicKeyOf,
} from '../../src/index.ts';
import { createJweDecrypter, generateSharedEncryptionKey } from '../../src/jwe/index.ts';

const verifier = createJwtVerifier({
  keys: publicKeyOf(generatePrivateKey('ES256')),
  issuer: 'a',
  audience: 'b',
  typ: 'JWT',
  maxTokenBytes: 65_536,
});
const decrypter = createJweDecrypter({ keys: generateSharedEncryptionKey(), maxTokenBytes: 65_536 });
const segment = (value: string): string => Buffer.from(value).toString('base64url');
const token = (header: string, payload = '{}'): string => `${segment(header)}.${segment(payload)}.AAAA`;
const filled = (size: number, piece: string): string => piece.repeat(Math.ceil(size / piece.length)).slice(0, size);

const verify = (text: string): unknown => verifier.verify(text);
const decrypt = (text: string): unknown => decrypter.decrypt(text).catch(() => undefined);

/** Input of so many characters, and who is given it. */
const INPUTS: readonly (readonly [name: string, make: (size: number) => string, work: (text: string) => unknown])[] = [
  ['dots', (size) => filled(size, '.'), verify],
  ['dots for a decrypter', (size) => filled(size, '.'), decrypt],
  ['a header of white space', (size) => token(filled(size * 0.7, ' ')), verify],
  [
    'a header with many members',
    (size) => token(`{${Array.from({ length: size / 16 }, (_, at) => `"${at}":0`).join()}}`),
    verify,
  ],
  ['a header of open brackets', (size) => token(filled(size * 0.7, '[')), verify],
  [
    'a header with one long text of escapes',
    (size) => token(`{"alg":"${filled(Math.floor(size / 12) * 6, '\\u0041')}"}`),
    verify,
  ],
  ['a header with a text without its end', (size) => token(`{"alg":"${filled(size * 0.7, '\\\\')}`), verify],
  ['a header for a decrypter', (size) => `${segment(`{"alg":"${filled(size * 0.7, 'x')}"}`)}....`, decrypt],
  ['a payload that nobody signed', (size) => token('{"alg":"ES256","typ":"JWT"}', filled(size * 0.7, '[')), verify],
  ['base64url', (size) => filled(size, 'A'), decodeBase64url],
  ['a long number', (size) => filled(size, '9'), parseStrictJson],
  ['a list', (size) => `[${filled(size, '0,')}0]`, parseStrictJson],
  ['many quotes', (size) => filled(size, '"'), parseStrictJson],
  ['decoded dots', (size) => filled(size, '.'), decode],
];

/** Least time that the work took, microseconds: what the machine does beside it can only add. */
function leastMicroseconds(work: () => unknown, rounds: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint();
    try {
      work();
    } catch {
      // refused, as it should be; what counts is when
    }
    least = Math.min(least, Number(process.hrtime.bigint() - start) / 1_000);
  }
  return least;
}

test.each(INPUTS)('RFC 8725 §3.10: %s: eight times the input takes no more than linearly longer', (_, make, work) => {
  const [short, long] = [make(7_000), make(56_000)];
  leastMicroseconds(() => work(short), 20);
  const once = leastMicroseconds(() => work(short), 40);
  const eightfold = leastMicroseconds(() => work(long), 20);
  // linear is 8 times; a square would be 64. Below 200 µs nobody is kept waiting, and clocks are coarse
  expect(eightfold).toBeLessThan(Math.max(200, once * 24));
});
