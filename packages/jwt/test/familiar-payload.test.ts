import * as crypto from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createJwtVerifier,
  decode,
  importSecret,
  type JwtClaims,
  parseStrictJson,
  TokenRejected,
  TokenUndecodable,
} from '../src/index.ts';

// A verifier reads a payload that is spelled like an earlier one by its shape. It has to come to what the strict parser comes to.
const usual = { iss: 'https://a.example', sub: 'somebody', iat: 1_700_000_000, exp: 1_700_000_300, scope: 'read' };

const secret = crypto.randomBytes(32);
const keys = importSecret(secret, { alg: 'HS256', kid: 'a' });
const header = Buffer.from('{"alg":"HS256","typ":"JWT","kid":"a"}').toString('base64url');

function tokenOf(payload: string | Uint8Array): string {
  const signed = `${header}.${Buffer.from(payload).toString('base64url')}`;
  return `${signed}.${crypto.createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** Reads payloads, having been shown some. */
function readerThatKnows(...payloads: readonly string[]): (payload: string | Uint8Array) => JwtClaims {
  const { verifySignature } = createJwtVerifier({
    keys,
    issuer: 'a',
    audience: 'b',
    typ: 'JWT',
    maxTokenBytes: 65_536,
  });
  const read = (payload: string | Uint8Array): JwtClaims => verifySignature(tokenOf(payload)).claims;
  for (const payload of payloads) verdict(() => read(payload));
  return read;
}

function verdict(read: () => unknown): unknown {
  try {
    return JSON.stringify(read());
  } catch {
    return 'refused';
  }
}

/** What the strict parser makes of bytes. */
function objectOf(payload: string | Uint8Array): unknown {
  const parsed = parseStrictJson(payload);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new TypeError('no object');
  return parsed;
}

function expectSame(payload: string, read: (payload: string) => unknown): void {
  expect(verdict(() => read(payload))).toBe(verdict(() => objectOf(payload)));
}

test.each([
  ['an escape', '{"iss":"\\u0061","sub":"b","iat":1,"exp":2,"scope":"c"}'],
  ['half a surrogate pair', '{"iss":"\\ud800","sub":"b","iat":1,"exp":2,"scope":"c"}'],
  ['beyond ASCII', '{"iss":"é한","sub":"b","iat":1,"exp":2,"scope":"c"}'],
  ['RFC 8259 §7: a control character', '{"iss":"\n","sub":"b","iat":1,"exp":2,"scope":"c"}'],
  ['RFC 8259 §6: a leading zero', '{"iss":"a","sub":"b","iat":01,"exp":2,"scope":"c"}'],
  ['zero', '{"iss":"a","sub":"b","iat":0,"exp":2,"scope":"c"}'],
  ['a fraction', '{"iss":"a","sub":"b","iat":1.5,"exp":2,"scope":"c"}'],
  ['an exponent', '{"iss":"a","sub":"b","iat":1e3,"exp":2,"scope":"c"}'],
  ['a negative number', '{"iss":"a","sub":"b","iat":-1,"exp":2,"scope":"c"}'],
  ['no number', '{"iss":"a","sub":"b","iat":,"exp":2,"scope":"c"}'],
  ['more digits than are exact', '{"iss":"a","sub":"b","iat":12345678901234567890,"exp":2,"scope":"c"}'],
  ['a number beyond all', `{"iss":"a","sub":"b","iat":${'9'.repeat(400)},"exp":2,"scope":"c"}`],
  ['a text for a number', '{"iss":"a","sub":"b","iat":"1","exp":2,"scope":"c"}'],
  ['a number for a text', '{"iss":1,"sub":"b","iat":1,"exp":2,"scope":"c"}'],
  ['white space', '{"iss":"a", "sub":"b","iat":1,"exp":2,"scope":"c"}'],
  ['another order', '{"sub":"b","iss":"a","iat":1,"exp":2,"scope":"c"}'],
  ['RFC 7519 §4: a name twice', '{"iss":"a","sub":"b","iat":1,"exp":2,"scope":"c","scope":"d"}'],
  ['one more', '{"iss":"a","sub":"b","iat":1,"exp":2,"scope":"c","more":"d"}'],
  ['one less', '{"iss":"a","sub":"b","iat":1,"exp":2}'],
  ['something behind it', '{"iss":"a","sub":"b","iat":1,"exp":2,"scope":"c"}}'],
  ['no end', '{"iss":"a","sub":"b","iat":1,"exp":2,"scope":"c"'],
  ['an end within a text', '{"iss":"a","sub":"b","iat":1,"exp":2,"scope":"c'],
  ['an end within a number', '{"iss":"a","sub":"b","iat":1,"exp":2'],
  ['nothing', '{}'],
  ['an end alone', '}'],
])('a payload that is nearly like the one before is read as strictly as any: %s', (_, payload) => {
  expectSame(payload, readerThatKnows(JSON.stringify({ ...usual, iss: 'a' })));
});

test('what an earlier, longer token left behind is not read', () => {
  const read = readerThatKnows(JSON.stringify(usual), JSON.stringify({ ...usual, scope: 'read write delete' }));
  expect(() => read('{"iss":"https://a.example","sub":"somebody","iat":1700000000')).toThrow(TokenRejected);
  expect(read(JSON.stringify({ ...usual, scope: 'r' }))).toEqual({ ...usual, scope: 'r' });
});

test('an object without members and one that ends are not taken for each other', () => {
  for (const payload of ['{}', '}', '', '{']) expectSame(payload, readerThatKnows('{}'));
});

test.each([
  ['another issuer', { ...usual, iss: 'https://b.example' }],
  ['an issuer that the known one would be a pattern for', { ...usual, iss: 'https://a-example' }],
  ['a list of audiences', { ...usual, aud: ['https://a.example', 'b'] }],
  ['roles', { ...usual, roles: ['a', 'b'] }],
  ['none of a list', { ...usual, roles: [] }],
  ['a list of more than texts', { ...usual, roles: ['a', 1] }],
  ['an object', { ...usual, cnf: { jkt: 'a' } }],
  ['a name beyond ASCII', { ...usual, é: 'a' }],
  ['a name that would be a pattern', { ...usual, '.*': 'a', 'a|b': 'c' }],
  ['a name with a quote', { ...usual, 'a"b': 'c' }],
  ['what would be a prototype', { ...usual, ['__proto__']: 'a', constructor: 'b' }],
  ['half a surrogate pair in a name', `{"\\ud800":"a"}`],
  ['a name that is no UTF-8', new Uint8Array([0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d])],
])('a shape that is learned beside another is read for what it is: %s', (_, other) => {
  const bytes =
    other instanceof Uint8Array ? other : Buffer.from(typeof other === 'string' ? other : JSON.stringify(other));
  const strictly = verdict(() => parseStrictJson(bytes));
  const [first, known] = [readerThatKnows(), readerThatKnows(JSON.stringify(usual), '{"é":1}', bytes.toString())];
  expect(verdict(() => first(bytes))).toBe(strictly);
  expect(verdict(() => known(bytes))).toBe(strictly);
  expect(verdict(() => known(JSON.stringify(usual)))).toBe(JSON.stringify(usual));
});

test('shapes without end: each is read, and those that were learned are still', () => {
  const read = readerThatKnows(JSON.stringify(usual));
  for (let at = 0; at < 1_100; at++) expect(read(`{"name${at}":"${at}"}`)).toEqual({ [`name${at}`]: `${at}` });
  expect(read(JSON.stringify(usual))).toEqual(usual);
  const large = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`name${at}`, at + 1]));
  const readLarge = readerThatKnows(JSON.stringify(large));
  expect(readLarge(JSON.stringify(large))).toEqual(large);
});

test('any claims of any shape are read alike the first time and when their shape is known', () => {
  const name = fc.oneof(
    fc.constantFrom('__proto__', 'constructor', 'iss', 'aud', 'é', 'a"b', '\\', '0', ''),
    fc.string({ maxLength: 8 }),
  );
  const value = fc.oneof(
    fc.string(),
    fc.nat(),
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.array(fc.string({ maxLength: 4 }), { maxLength: 3 }),
    fc.constant([1, { a: 'b' }]),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, value), { maxLength: 6 }),
      fc.nat(),
      fc.integer({ min: 0, max: 255 }),
      (entries, at, byte) => {
        const payload = `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${JSON.stringify(one)}`).join(',')}}`;
        const read = readerThatKnows(payload);
        for (let time = 0; time < 3; time++) expectSame(payload, read);
        const bytes = Buffer.from(payload);
        bytes[at % bytes.length] = byte;
        const changed = bytes.toString('latin1');
        expect(verdict(() => read(bytes))).toBe(verdict(() => objectOf(bytes)));
        // what isn't UTF-8 has no text that could be asked of the strict parser
        if (Buffer.from(changed).equals(bytes)) expectSame(changed, read);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('claims that are read by their shape are frozen in all levels and inherit nothing either', () => {
  const named = { ...usual, jti: crypto.randomUUID(), roles: ['a'] };
  const claims = readerThatKnows(JSON.stringify(named))(JSON.stringify(named));
  expect(claims).toEqual(named);
  expect(Object.isFrozen(claims) && Object.isFrozen(claims['roles'])).toBe(true);
  expect('toString' in claims || 'constructor' in claims).toBe(false);
});

test('decode reads by shapes as well, and what nobody signed no less strictly', () => {
  const unsigned = (payload: string): string => `${header}.${Buffer.from(payload).toString('base64url')}.`;
  for (let time = 0; time < 3; time++) expect(decode(unsigned(JSON.stringify(usual))).claims).toEqual(usual);
  expect(() => decode(unsigned('{"iss":"a","iss":"b"}'))).toThrow(TokenUndecodable);
  for (const spelled of [
    'eyJhIjoiPz8_In0=',
    'eyJhIjoiPz8/In0',
    'eyJhIjoiPz8_\u00c90',
    '\u0165yJhIjoiPz8_In0',
    'eyJhIjoiPz8_In1',
    'eyJhIjoiPz8_\u014930',
    'eyJhIjoiPz8_I n0',
  ])
    expect(() => decode(`${header}.${spelled}.`)).toThrow(TokenUndecodable);
  expect(decode(`${header}.eyJhIjoiPz8_In0.`).claims).toEqual({ a: '??\u003f' });
});
