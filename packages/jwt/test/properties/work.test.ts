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
function leastMicroseconds(work: () => void, rounds: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint();
    work();
    least = Math.min(least, Number(process.hrtime.bigint() - start) / 1_000);
  }
  return least;
}

const repeat = (times: number, work: () => void) => (): void => {
  for (let time = 0; time < times; time++) work();
};

test.each(INPUTS)(
  'RFC 8725 §3.10: %s: the work grows with the size of the input, not with its square',
  (_, make, work) => {
    const [short, long] = [make(2_000), make(56_000)];
    const quiet = (text: string) => (): void => {
      try {
        work(text);
      } catch {
        // refused, as it should be; what counts is when
      }
    };
    leastMicroseconds(repeat(28, quiet(short)), 5);
    // as many characters both times: what the machine does beside it comes over both alike
    const inPieces = leastMicroseconds(repeat(28, quiet(short)), 15);
    const atOnce = leastMicroseconds(quiet(long), 15);
    // linear is 1, a square would be 28. Below 200 µs nobody is kept waiting, and clocks are coarse
    expect(atOnce).toBeLessThan(Math.max(200, inPieces * 10));
  },
);
