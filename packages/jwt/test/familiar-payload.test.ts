import * as crypto from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decode, parseStrictJson, TokenUndecodable } from '../src/index.ts';

// `decode` reads a payload that is spelled like an earlier one by its shape. It has to come to what the strict parser comes to.
const usual = { iss: 'https://a.example', sub: 'somebody', iat: 1_700_000_000, exp: 1_700_000_300, scope: 'read' };

function tokenOf(payload: string | Uint8Array): string {
  return `${btoa('{"alg":"none"}').replaceAll('=', '')}.${Buffer.from(payload).toString('base64url')}.`;
}

/** Shows tokens of one shape until it is learned. */
function teach(claims: object): void {
  for (let time = 0; time < 16; time++) decode(tokenOf(JSON.stringify(claims)));
}

function verdict(read: () => unknown): unknown {
  try {
    return JSON.stringify(read());
  } catch {
    return 'refused';
  }
}

function expectSame(payload: string): void {
  const strict = verdict(() => {
    const parsed = parseStrictJson(payload);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new TypeError('no object');
    return parsed;
  });
  expect(verdict(() => decode(tokenOf(payload)).claims)).toBe(strict);
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
  teach(usual);
  expectSame(payload);
});

test('what an earlier, longer token left behind is not read', () => {
  teach(usual);
  decode(tokenOf(JSON.stringify({ ...usual, scope: 'read write delete' })));
  expect(() => decode(tokenOf('{"iss":"https://a.example","sub":"somebody","iat":1700000000'))).toThrow(
    TokenUndecodable,
  );
  const { claims } = decode(tokenOf(JSON.stringify({ ...usual, scope: 'r' })));
  expect(claims).toEqual({ ...usual, scope: 'r' });
});

test('an object without members and one that ends are not taken for each other', () => {
  teach({});
  for (const payload of ['{}', '}', '', '{']) expectSame(payload);
});

test('any claims of any shape are read alike the first time and when their shape is known', () => {
  const name = fc.oneof(
    fc.constantFrom('__proto__', 'constructor', 'é', 'a"b', '\\', '0', ''),
    fc.string({ maxLength: 8 }),
  );
  const value = fc.oneof(fc.string(), fc.nat(), fc.integer(), fc.double(), fc.boolean(), fc.constant([1, { a: 'b' }]));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, value), { maxLength: 6 }),
      fc.nat(),
      fc.integer({ min: 0, max: 255 }),
      (entries, at, byte) => {
        const payload = `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${JSON.stringify(one)}`).join(',')}}`;
        for (let time = 0; time < 9; time++) expectSame(payload);
        const bytes = Buffer.from(payload);
        bytes[at % bytes.length] = byte;
        const changed = bytes.toString('latin1');
        // what isn't UTF-8 has no text that could be asked of the strict parser
        if (Buffer.from(changed).equals(bytes)) expectSame(changed);
      },
    ),
    { numRuns: 300 },
  );
});

test('claims that are read by their shape are frozen and inherit nothing either', () => {
  const named = { ...usual, jti: crypto.randomUUID() };
  teach(named);
  const { claims } = decode(tokenOf(JSON.stringify(named)));
  expect(Object.isFrozen(claims)).toBe(true);
  expect('toString' in claims || 'constructor' in claims).toBe(false);
});
