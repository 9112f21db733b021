import { createHash, randomBytes } from 'node:crypto';
import {
  createJwtSigner,
  exportPrivateJwk,
  exportPublicJwk,
  generatePrivateKey,
  generateSecretKey,
  type PrivateKey,
  publicKeyOf,
  type SecretKey,
  thumbprint,
} from '@mapae/jwt';
import { describe, expect, test } from 'vitest';
import { goodContext } from '../../jwt/test/good-claims.ts';
import { createVerifier, type DpopOptions, type ProofReplays, type RequestLike, RequestRefused } from '../src/index.ts';

// RFC 9449 §4.3 in its order, each check failing alone; row C12 of the attack catalogue.

const now = Date.UTC(2026, 10, 23);
const seconds = now / 1_000;
const context = goodContext(now);
const BASE = 'https://api.example.com/v1';
const client = generatePrivateKey('ES256');
const jkt = thumbprint(client);
const signer = createJwtSigner({ key: context.key, typ: 'at+jwt' });
const bound = signer.sign({ ...context.claims, cnf: { jkt } });
const unbound = signer.sign({ ...context.claims });

function create(dpop: Partial<DpopOptions> = {}, clock = () => now) {
  return createVerifier({
    issuer: context.issuer,
    audience: context.audience,
    keys: { keys: [exportPublicJwk(publicKeyOf(context.key))] },
    feed: false,
    clock,
    dpop: { baseUrl: BASE, ...dpop },
  });
}

const ath = (token: string): string => createHash('sha256').update(token).digest('base64url');

interface ProofChange {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly key?: PrivateKey | SecretKey;
}

/** A proof by hand: the header of one is another than a signer of tokens makes. */
function proof({ header = {}, claims = {}, key = client }: ProofChange = {}): string {
  const jwk = key.kind === 'private' ? exportPublicJwk(publicKeyOf(key)) : undefined;
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const head = {
    typ: 'dpop+jwt',
    alg: key.alg,
    jwk: jwk && { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y },
    ...header,
  };
  const body = {
    jti: randomBytes(12).toString('base64url'),
    htm: 'POST',
    htu: `${BASE}/notes`,
    iat: seconds,
    ath: ath(bound),
    ...claims,
  };
  const signed = `${encode(head)}.${encode(body)}`;
  return `${signed}.${signOver(signed, key)}`;
}

/** The signature of our signer over any input: its last segment, for a header and payload that are given. */
function signOver(input: string, key: PrivateKey | SecretKey): string {
  if (key.kind === 'secret') return Buffer.alloc(32).toString('base64url');
  const { createPrivateKey, sign } = process.getBuiltinModule('node:crypto');
  const object = createPrivateKey({ key: exportPrivateJwk(key) as never, format: 'jwk' });
  return sign(key.alg === 'EdDSA' ? null : 'sha256', Buffer.from(input), {
    key: object,
    dsaEncoding: 'ieee-p1363',
  }).toString('base64url');
}

const request = (
  dpop: string | readonly string[] | undefined,
  more: Partial<RequestLike> & { readonly token?: string } = {},
): RequestLike => ({
  method: 'POST',
  url: '/notes?page=2',
  headers: { authorization: `DPoP ${more.token ?? bound}`, ...(dpop === undefined ? {} : { dpop }) },
  ...more,
});

const shared = create();
async function outcome(asked: RequestLike, verifier = shared): Promise<string> {
  try {
    await verifier.authenticate(asked);
    return 'let in';
  } catch (error) {
    if (error instanceof RequestRefused) return `${error.status} ${error.code}`;
    throw error;
  }
}

test('a good proof lets a bound token in, whatever the query', async () => {
  expect(await outcome(request(proof()))).toBe('let in');
  const eddsa = generatePrivateKey('EdDSA');
  const token = signer.sign({ ...context.claims, cnf: { jkt: thumbprint(eddsa) } });
  expect(await outcome(request(proof({ key: eddsa, claims: { ath: ath(token) } }), { token }))).toBe('let in');
});

describe('RFC 9449 §4.3: each check, failing alone', () => {
  const foreign = generatePrivateKey('ES256');
  const jwkOf = (key: PrivateKey) => exportPublicJwk(publicKeyOf(key));
  const ROWS: readonly (readonly [
    item: string,
    title: string,
    dpop: () => string | readonly string[] | undefined,
    code: string,
  ])[] = [
    ['1', 'no proof', () => undefined, 'proof/missing'],
    ['1', 'an empty header', () => '', 'proof/missing'],
    ['1', 'two headers', () => [proof(), proof()], 'proof/malformed'],
    ['1', 'two in one header', () => `${proof()}, ${proof()}`, 'proof/malformed'],
    ['2', 'no JWT', () => 'x', 'proof/malformed'],
    ['2', 'a JWT and more', () => `${proof()}.x`, 'proof/malformed'],
    ['2', 'spare bits in the signature', () => `${proof().slice(0, -1)}B`, 'proof/malformed'],
    ['2', 'longer than any is', () => proof({ claims: { x: 'x'.repeat(9_000) } }), 'proof/malformed'],
    ...(['jti', 'htm', 'htu', 'iat'] as const).map(
      (name) => ['3', `no ${name}`, () => proof({ claims: { [name]: undefined } }), 'proof/malformed'] as const,
    ),
    ['3', 'jti of a wrong type', () => proof({ claims: { jti: 1 } }), 'proof/malformed'],
    ['3', 'iat as text', () => proof({ claims: { iat: String(seconds) } }), 'proof/malformed'],
    ['4', 'typ JWT', () => proof({ header: { typ: 'JWT' } }), 'proof/malformed'],
    ['4', 'C02: an access token as the proof', () => unbound, 'proof/malformed'],
    ['5', 'alg none', () => proof({ header: { alg: 'none' } }), 'proof/algorithm'],
    ['5', 'a symmetric alg', () => proof({ key: generateSecretKey('HS256') }), 'proof/algorithm'],
    ['5', 'an alg that is not on the list', () => proof({ header: { alg: 'RS256' } }), 'proof/algorithm'],
    ['5', 'alg and jwk disagree', () => proof({ header: { alg: 'EdDSA' } }), 'proof/key'],
    ['6', 'a signature by another key', () => proof({ header: { jwk: jwkOf(foreign) } }), 'proof/signature'],
    ['6', 'an altered claim', () => alter(proof(), { htm: 'GET' }), 'proof/signature'],
    ['7', 'a private jwk', () => proof({ header: { jwk: exportPrivateJwk(client) } }), 'proof/key'],
    ['7', 'no jwk', () => proof({ header: { jwk: undefined } }), 'proof/key'],
    ['7', 'a jwk that is none', () => proof({ header: { jwk: { kty: 'EC' } } }), 'proof/key'],
    ['8', 'another method', () => proof({ claims: { htm: 'GET' } }), 'proof/method'],
    ['8', 'the method in another case', () => proof({ claims: { htm: 'post' } }), 'proof/method'],
    ['9', 'another path', () => proof({ claims: { htu: `${BASE}/notes/1` } }), 'proof/target'],
    ['9', 'another host', () => proof({ claims: { htu: 'https://evil.example/v1/notes' } }), 'proof/target'],
    ['9', 'another scheme', () => proof({ claims: { htu: 'http://api.example.com/v1/notes' } }), 'proof/target'],
    ['9', 'another port', () => proof({ claims: { htu: 'https://api.example.com:8443/v1/notes' } }), 'proof/target'],
    ['9', 'a path in another case', () => proof({ claims: { htu: `${BASE}/Notes` } }), 'proof/target'],
    ['9', 'a host with a user', () => proof({ claims: { htu: 'https://a@api.example.com/v1/notes' } }), 'proof/target'],
    ['9', 'no address', () => proof({ claims: { htu: 'notes' } }), 'proof/target'],
    ['11', 'too old', () => proof({ claims: { iat: seconds - 70 } }), 'proof/age'],
    ['11', 'from the future', () => proof({ claims: { iat: seconds + 11 } }), 'proof/age'],
    ['12', 'no ath', () => proof({ claims: { ath: undefined } }), 'proof/token'],
    ['12', 'ath of another token', () => proof({ claims: { ath: ath(unbound) } }), 'proof/token'],
    ['12', 'a key that the token is not bound to', () => proof({ key: foreign }), 'proof/binding'],
  ];
  test.each(ROWS)('item %s: %s', async (_item, _title, dpop, code) => {
    expect(await outcome(request(dpop()))).toBe(`401 ${code}`);
  });

  function alter(good: string, change: object): string {
    const [header, payload = '', signature] = good.split('.');
    const claims = { ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), ...change };
    return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
  }

  test('the age counts to the second, with the clock tolerance', async () => {
    for (const [age, expected] of [
      [69, 'let in'],
      [70, '401 proof/age'],
      [-10, 'let in'],
      [-11, '401 proof/age'],
    ] as const)
      expect([age, await outcome(request(proof({ claims: { iat: seconds - age } })))]).toEqual([age, expected]);
  });
});

describe('item 9: htu is compared in one spelling (RFC 3986 §6.2.2, §6.2.3)', () => {
  test.each([
    ['with query and fragment', 'https://api.example.com/v1/notes?x=1#y', '/notes'],
    ['with the default port', 'https://api.example.com:443/v1/notes', '/notes'],
    ['host and scheme in upper case', 'HTTPS://API.EXAMPLE.COM/v1/notes', '/notes'],
    ['dot segments', 'https://api.example.com/v1/x/../notes', '/notes'],
    ['unreserved characters encoded', 'https://api.example.com/v1/%6eotes', '/notes'],
    ['encoded in another case', 'https://api.example.com/v1/a%2fb', '/a%2Fb'],
    ['an absolute request target', 'https://api.example.com/v1/notes', 'https://whatever.example/notes?x=1'],
  ])('%s', async (_title, htu, url) => {
    expect(await outcome(request(proof({ claims: { htu } }), { url }))).toBe('let in');
  });

  test('X09: the Host header decides nothing', async () => {
    const headers = {
      authorization: `DPoP ${bound}`,
      dpop: proof({ claims: { htu: 'https://evil.example/v1/notes' } }),
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
    };
    expect(await outcome({ method: 'POST', url: '/notes', headers })).toBe('401 proof/target');
  });

  test('a request without method or address is never let in', async () => {
    expect(await outcome(request(proof(), { method: undefined }))).toBe('401 proof/method');
    expect(await outcome(request(proof(), { url: undefined }))).toBe('401 proof/target');
  });
});

describe('RFC 9449 §11.1: a proof is good once', () => {
  test('a second use is refused; a proof that failed for another reason spent nothing', async () => {
    const used = proof();
    expect(await outcome(request(used, { method: 'PUT' }))).toBe('401 proof/method');
    expect(await outcome(request(used))).toBe('let in');
    expect(await outcome(request(used))).toBe('401 proof/replayed');
  });

  test('of fifty at once, one', async () => {
    const used = proof();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => outcome(request(used))));
    expect(outcomes.filter((one) => one === 'let in')).toHaveLength(1);
  });

  test('two APIs that share a store let it in once between them', async () => {
    const ends = new Map<string, number>();
    const replays: ProofReplays = {
      async spend(key, untilMs) {
        await new Promise((resolve) => setImmediate(resolve));
        if (ends.has(key)) return false;
        ends.set(key, untilMs);
        return true;
      },
    };
    const [first, second] = [create({ replays }), create({ replays })];
    const used = proof();
    const outcomes = await Promise.all([outcome(request(used), first), outcome(request(used), second)]);
    expect(outcomes.toSorted()).toEqual(['401 proof/replayed', 'let in']);
    expect([...ends.keys()][0]).toMatch(/^[\w-]{43}$/);
    expect([...ends.values()]).toEqual([now + 70_000]);
  });

  test('a full store is 503, and never forgets to make room', async () => {
    const { createProofReplays } = await import('../src/proof-replays.ts');
    let time = now;
    const verifier = create({ replays: createProofReplays(2) }, () => time);
    const [a, b, c] = [proof(), proof(), proof()];
    expect(await outcome(request(a), verifier)).toBe('let in');
    expect(await outcome(request(b), verifier)).toBe('let in');
    expect(await outcome(request(c), verifier)).toBe('503 verifier/busy');
    expect(await outcome(request(a), verifier)).toBe('401 proof/replayed');
    time = now + 70_000;
    expect(await outcome(request(proof({ claims: { iat: seconds + 70 } })), verifier)).toBe('let in');
  });
});

describe('RFC 9449 §7: bound tokens and schemes', () => {
  const withHeaders = (headers: Record<string, string>): RequestLike => ({ method: 'POST', url: '/notes', headers });
  test.each([
    ['C11: a bound token as Bearer', () => ({ authorization: `Bearer ${bound}`, dpop: proof() }), '401 token/bound'],
    [
      'a bearer token under the DPoP scheme',
      () => ({ authorization: `DPoP ${unbound}`, dpop: proof({ claims: { ath: ath(unbound) } }) }),
      '401 token/unbound',
    ],
    ['a bearer token as Bearer', () => ({ authorization: `Bearer ${unbound}` }), 'let in'],
    ['the scheme in lower case', () => ({ authorization: `dpop ${bound}`, dpop: proof() }), 'let in'],
  ])('%s', async (_title, headers, expected) => {
    expect(await outcome(withHeaders(headers()))).toBe(expected);
  });

  test.each([
    ['x5t#S256', { 'x5t#S256': 'x' }],
    ['another binding beside jkt', { jkt, 'x5t#S256': 'x' }],
    ['nothing', {}],
    ['a text', 'x'],
    ['null', null],
  ])('a binding that is not understood is never taken for none: %s', async (_title, cnf) => {
    const token = signer.sign({ ...context.claims, cnf });
    expect(await outcome(withHeaders({ authorization: `Bearer ${token}` }))).toBe('401 token/bound');
    expect(await outcome(request(proof({ claims: { ath: ath(token) } }), { token }))).toBe('401 token/bound');
  });

  test('verifySync has no request to see a proof with, and refuses', () => {
    expect(() => shared.verifySync(bound)).toThrow(RequestRefused);
    expect(shared.verifySync(unbound).subject).toBe(context.claims.sub);
  });

  test('required: bearer tokens are refused, and not offered', async () => {
    const verifier = create({ required: true });
    expect(await outcome(withHeaders({ authorization: `Bearer ${unbound}` }), verifier)).toBe('401 token/unbound');
    expect(() => verifier.verifySync(unbound)).toThrow(RequestRefused);
    await expect(verifier.authenticate(withHeaders({}))).rejects.toMatchObject({
      headers: { 'www-authenticate': 'DPoP algs="ES256 EdDSA"' },
    });
  });

  test('§7.1: the challenges', async () => {
    const challenge = async (asked: RequestLike) => {
      const error: unknown = await shared.authenticate(asked).catch((caught: unknown) => caught);
      return error instanceof RequestRefused ? error.headers['www-authenticate'] : undefined;
    };
    expect(await challenge(withHeaders({}))).toBe('Bearer, DPoP algs="ES256 EdDSA"');
    expect(await challenge(request(undefined))).toBe('DPoP error="invalid_dpop_proof", algs="ES256 EdDSA"');
    expect(await challenge(withHeaders({ authorization: `Bearer ${bound}` }))).toBe(
      'Bearer error="invalid_token", DPoP error="invalid_token", algs="ES256 EdDSA"',
    );
  });
});

describe('RFC 9449 §9: nonces', () => {
  test('a proof without the nonce is told one, and is let in with it; the one before is good still, an older one is not', async () => {
    let time = now;
    const key = randomBytes(32);
    const [verifier, replica] = [create({ nonce: key }, () => time), create({ nonce: key }, () => time)];
    const refused: unknown = await verifier.authenticate(request(proof())).catch((error: unknown) => error);
    if (!(refused instanceof RequestRefused)) throw new Error('unreachable: it was refused');
    expect([refused.code, refused.headers['www-authenticate']]).toEqual([
      'proof/nonce',
      'DPoP error="use_dpop_nonce", algs="ES256 EdDSA"',
    ]);
    const nonce = refused.headers['dpop-nonce'] ?? '';
    expect(await outcome(request(proof({ claims: { nonce } })), replica)).toBe('let in');
    expect(
      await outcome(
        request(proof({ claims: { nonce: `${nonce.startsWith('A') ? 'B' : 'A'}${nonce.slice(1)}` } })),
        verifier,
      ),
    ).toBe('401 proof/nonce');
    const later = (ms: number) => {
      time = now + ms;
      return request(proof({ claims: { nonce, iat: Math.floor(time / 1_000) } }));
    };
    expect(await outcome(later(120_000), verifier)).toBe('let in');
    expect(await outcome(later(240_000), verifier)).toBe('401 proof/nonce');
  });
});
