import { expect, test } from 'vitest';
import {
  createJwtSigner,
  createJwtVerifier,
  generateSecretKey,
  type JwtClaims,
  type JwtVerifierOptions,
  TokenRejected,
} from '../src/index.ts';

const key = generateSecretKey('HS256');
const now = Date.UTC(2026, 10, 24);
const iat = now / 1_000;
const good = { iss: 'https://a.example', aud: 'b', sub: 'c', jti: 'j', nonce: 'n', iat, nbf: iat, exp: iat + 60 };
const base = { keys: key, issuer: good.iss, audience: 'b', typ: 'JWT', clock: () => now } as const;

interface Verdict {
  readonly code: string;
  readonly claim?: string | undefined;
}

/** The verdict on claims that somebody signed who doesn't ask whether they make sense. */
function verdict(change: object, options: Partial<JwtVerifierOptions> = {}): Verdict {
  const verifier = createJwtVerifier({ ...base, ...options } as JwtVerifierOptions);
  try {
    verifier.checkClaims({ ...good, ...change } as JwtClaims);
    return { code: 'accepted' };
  } catch (error) {
    if (!(error instanceof TokenRejected)) throw error;
    return { code: error.code, claim: error.claim };
  }
}

const ACCEPTED = { code: 'accepted' };
const refused = (code: string, claim: string): Verdict => ({ code, claim });

test('the claims that the tests below change are accepted', () => {
  expect(verdict({})).toEqual(ACCEPTED);
  expect(createJwtVerifier({ ...base }).verify(createJwtSigner({ key, typ: 'JWT' }).sign(good)).sub).toBe('c');
});

test.each(['exp', 'nbf', 'iat'])(
  'RFC 7519 §2: %s is a whole number of seconds, or the claim is refused by its name',
  (name) => {
    for (const wrong of [
      null,
      true,
      false,
      '',
      `${iat}`,
      -1,
      iat + 0.5,
      1e300,
      2 ** 53,
      [],
      {},
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ])
      expect(verdict({ [name]: wrong })).toEqual(refused('token/claim', name));
  },
);

test.each(['iss', 'sub', 'jti'])(
  'RFC 7519 §4.1: %s is a text and not an empty one, or the claim is refused by its name',
  (name) => {
    for (const wrong of [null, 0, 1, true, '', [], ['x'], {}])
      expect(verdict({ [name]: wrong })).toEqual(refused('token/claim', name));
  },
);

test('RFC 7519 §4.1: sub, jti, nbf and iat may be left out', () => {
  for (const name of ['sub', 'jti', 'nbf', 'iat']) expect(verdict({ [name]: undefined })).toEqual(ACCEPTED);
});

test('RFC 7519 §2: a time of zero is a time', () => {
  expect(verdict({ iat: 0, nbf: 0 })).toEqual(ACCEPTED);
  expect(verdict({ exp: 0 })).toEqual(refused('token/expired', 'exp'));
});

test('RFC 8725 §3.8: another issuer, or none, is refused', () => {
  for (const iss of [undefined, 'https://a.example/', 'https://A.example'])
    expect(verdict({ iss })).toEqual(refused('token/issuer', 'iss'));
});

test('RFC 8725 §3.9: the audience is the text, or one of a list of nothing but texts', () => {
  for (const aud of ['b', ['b'], ['x', 'b'], ['b', 'b']]) expect(verdict({ aud })).toEqual(ACCEPTED);
  for (const aud of [
    undefined,
    null,
    '',
    'B',
    'bb',
    1,
    true,
    {},
    { b: 1 },
    [],
    ['x'],
    [['b']],
    ['b', 1],
    ['b', null],
    [{}, 'b'],
  ])
    expect(verdict({ aud })).toEqual(refused('token/audience', 'aud'));
});

test('several audiences: one of them is enough, as a text and in a list', () => {
  const audience = ['one', 'two'];
  for (const aud of ['one', 'two', ['x', 'two'], ['one', 'two']])
    expect(verdict({ aud }, { audience })).toEqual(ACCEPTED);
  for (const aud of ['three', 'onetwo', ['three'], []])
    expect(verdict({ aud }, { audience })).toEqual(refused('token/audience', 'aud'));
});

test('claims that are asked for are looked for; null is there, and a name of a prototype is not', () => {
  expect(verdict({ scope: 'x' }, { requiredClaims: ['scope'] })).toEqual(ACCEPTED);
  expect(verdict({ scope: null }, { requiredClaims: ['scope'] })).toEqual(ACCEPTED);
  expect(verdict({}, { requiredClaims: ['sub', 'scope'] })).toEqual(refused('token/claim', 'scope'));
  const claims = createJwtVerifier(base).verifySignature(createJwtSigner({ key, typ: 'JWT' }).sign(good)).claims;
  const strict = createJwtVerifier({ ...base, requiredClaims: ['toString'] });
  expect(() => strict.checkClaims(claims)).toThrow(expect.objectContaining({ code: 'token/claim', claim: 'toString' }));
});

test.each([
  ['subject', 'sub', 'token/subject'],
  ['nonce', 'nonce', 'token/nonce'],
  ['jwtId', 'jti', 'token/id'],
] as const)('%s: only the one that is expected, where one is', (option, name, code) => {
  expect(verdict({ [name]: 'other' })).toEqual(ACCEPTED);
  expect(verdict({}, { [option]: good[name] })).toEqual(ACCEPTED);
  expect(verdict({ [name]: 'other' }, { [option]: good[name] })).toEqual(refused(code, name));
  expect(verdict({ [name]: undefined }, { [option]: good[name] })).toEqual(refused(code, name));
});

test('types are judged before anything else, and who and for whom before when', () => {
  expect(verdict({ iss: 'x', exp: 'y' })).toEqual(refused('token/claim', 'exp'));
  expect(verdict({ iss: 'x', aud: 'y', exp: 1 })).toEqual(refused('token/issuer', 'iss'));
  expect(verdict({ aud: 'y', exp: 1 })).toEqual(refused('token/audience', 'aud'));
});

test.each([0, 7])('RFC 7519 §4.1.4–4.1.6: to the millisecond, with %i s of tolerance', (clockToleranceSeconds) => {
  const at = (ms: number, change: object = {}, more: object = {}): Verdict =>
    verdict({ nbf: undefined, iat: undefined, ...change }, { clockToleranceSeconds, clock: () => ms, ...more });
  const slack = clockToleranceSeconds * 1_000;
  const end = good.exp * 1_000 + slack;
  expect([at(end - 1), at(end)]).toEqual([ACCEPTED, refused('token/expired', 'exp')]);
  const start = now - slack;
  expect([at(start, { nbf: iat }), at(start - 1, { nbf: iat })]).toEqual([
    ACCEPTED,
    refused('token/not-yet-valid', 'nbf'),
  ]);
  expect([at(start, { iat }), at(start - 1, { iat })]).toEqual([ACCEPTED, refused('token/issued-in-future', 'iat')]);
  const old = now + 30_000 + slack;
  const aged = { maxAgeSeconds: 30 };
  expect([at(old - 1, { iat }, aged), at(old, { iat }, aged)]).toEqual([ACCEPTED, refused('token/too-old', 'iat')]);
  expect(at(now, {}, aged)).toEqual(refused('token/claim', 'iat'));
});

test('RFC 7519 §4.1.4: without exp a token is refused, unless the long name says otherwise', () => {
  expect(verdict({ exp: undefined })).toEqual(refused('token/claim', 'exp'));
  expect(verdict({ exp: undefined }, { dangerouslyAllowNoExpiry: true })).toEqual(ACCEPTED);
  expect(verdict({ exp: 1 }, { dangerouslyAllowNoExpiry: true })).toEqual(refused('token/expired', 'exp'));
});
