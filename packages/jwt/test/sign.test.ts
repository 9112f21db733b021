import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  ALGORITHMS,
  createExternalJwtSigner,
  createJwtSigner,
  createJwtVerifier,
  decode,
  exportPublicPem,
  generatePrivateKey,
  generateSecretKey,
  importPublicPem,
  type JwtClaims,
  type KeyPairAlgorithm,
  type PrivateKey,
  type PublicKey,
  publicKeyOf,
  SigningRefused,
  sign,
  TokenRejected,
  verify,
} from '../src/index.ts';

const key = generatePrivateKey('ES256');
const now = Date.UTC(2026, 10, 23);
const signer = createJwtSigner({ key, typ: 'at+jwt' });

function refusalOf(work: () => unknown): string {
  try {
    work();
    return 'signed';
  } catch (error) {
    return error instanceof SigningRefused ? `${error.code} ${error.claims.join(' ')}` : String(error);
  }
}

describe('claims that are not signed', () => {
  const cycle: Record<string, unknown> = {};
  cycle['again'] = cycle;
  let deep: unknown = 1;
  for (let level = 0; level < 40; level++) deep = [deep];
  test.each<[string, object, string]>([
    ['exp as text', { exp: '60' }, 'exp'],
    ['exp with a fraction', { exp: 1.5 }, 'exp'],
    ['exp that is NaN', { exp: Number.NaN }, 'exp'],
    ['exp that is Infinity', { exp: Number.POSITIVE_INFINITY }, 'exp'],
    ['exp before 1970', { exp: -1 }, 'exp'],
    ['nbf and iat', { nbf: null, iat: new Date() }, 'nbf iat'],
    ['an empty sub', { sub: '' }, 'sub'],
    ['iss that is no text', { iss: 1 }, 'iss'],
    ['an empty audience', { aud: '' }, 'aud'],
    ['no audience in a list', { aud: [] }, 'aud'],
    ['audiences that are no text', { aud: ['a', 1] }, 'aud'],
    ['NaN, which JSON makes null', { x: Number.NaN }, 'x'],
    ['Infinity deep inside', { x: { y: [Number.POSITIVE_INFINITY] } }, 'x'],
    ['a date, which JSON makes text', { x: new Date() }, 'x'],
    ['a map, which JSON makes empty', { x: new Map() }, 'x'],
    ['a function, which JSON leaves out', { x: () => 1 }, 'x'],
    ['a bigint', { x: 1n }, 'x'],
    ['undefined in a list, which JSON makes null', { x: [undefined] }, 'x'],
    ['half a surrogate pair', { x: '\ud800' }, 'x'],
    ['half a surrogate pair in a name', { x: { '\udc00': 1 } }, 'x'],
    ['a cycle', { x: cycle }, 'x'],
    ['a depth that our own verifier refuses', { x: deep }, 'x'],
  ])('RFC 7519 §4: %s', (_title, claims, names) => {
    expect(refusalOf(() => signer.sign(claims as JwtClaims))).toBe(`sign/claim ${names}`);
  });

  test.each([null, undefined, 'x', 1, [], ['a']])('%o is no claims', (claims) => {
    expect(refusalOf(() => signer.sign(claims as unknown as JwtClaims))).toMatch(/^sign\/claim |^TypeError/);
  });

  test('what is signed comes back: undefined is left out, members of a prototype are none', () => {
    const claims: unknown = Object.assign(Object.create({ scope: 'admin' }), {
      iss: 'i',
      sub: undefined,
      x: { y: [1, 'é', null] },
    });
    expect({ ...decode(signer.sign(claims as JwtClaims)).claims }).toEqual({ iss: 'i', x: { y: [1, 'é', null] } });
    const own = JSON.parse('{"__proto__":{"scope":"admin"}}') as JwtClaims;
    expect(Object.keys(decode(signer.sign(own)).claims)).toEqual(['__proto__']);
    expect(({} as JwtClaims)['scope']).toBeUndefined();
  });
});

test('RFC 7519 §12: names that look like secrets or personal data have to be allowed', () => {
  expect(refusalOf(() => signer.sign({ email: 'a@b', given_name: 'x', role: 'y' }))).toBe(
    'sign/readable-claim email given_name',
  );
  const allowed = createJwtSigner({ key, typ: 'at+jwt', allowReadableClaims: ['email'] });
  expect(refusalOf(() => allowed.sign({ email: 'a@b' }))).toBe('signed');
  expect(refusalOf(() => allowed.sign({ Email: 'a@b' }))).toBe('sign/readable-claim Email');
  // looked at by name, again and again
  for (let round = 0; round < 3; round++)
    expect(refusalOf(() => signer.sign({ 'https://x.example/phoneNumber': 1 }))).toContain('phoneNumber');
});

test('a token over its budget names its largest claims, largest first, and its signature is not made', async () => {
  const tight = createJwtSigner({ key, typ: 'at+jwt', budgetBytes: 400 });
  const claims = {
    iss: 'i',
    sub: 'x'.repeat(50),
    roles: Array.from({ length: 40 }, () => 'role'),
    x: 'y'.repeat(100),
    z: 1,
  };
  expect(refusalOf(() => tight.sign(claims))).toBe('sign/over-budget roles x sub');
  await expect(tight.signAsync(claims)).rejects.toMatchObject({ code: 'sign/over-budget' });
  const asked: unknown[] = [];
  const external = createExternalJwtSigner({
    key: { publicKey: publicKeyOf(key), sign: (data) => Promise.resolve(data).finally(() => asked.push(data)) },
    typ: 'at+jwt',
    budgetBytes: 400,
  });
  await expect(external.signAsync(claims)).rejects.toMatchObject({ code: 'sign/over-budget' });
  expect(asked).toEqual([]);
});

test('the budget is exact: a token of as many bytes is signed, of one more is not; text beyond ASCII is counted in bytes', () => {
  for (const text of ['x', '마', '😀']) {
    for (let length = 1; length < 60; length++) {
      const claims = { x: text.repeat(length) };
      const token = createJwtSigner({ key, typ: 'at+jwt', budgetBytes: 4_096 }).sign(claims);
      expect(decode(token).claims['x']).toBe(claims.x);
      if (length % 20 !== 1) continue;
      expect(createJwtSigner({ key, typ: 'at+jwt', budgetBytes: token.length }).sign(claims)).toHaveLength(
        token.length,
      );
      expect(
        refusalOf(() => createJwtSigner({ key, typ: 'at+jwt', budgetBytes: token.length - 1 }).sign(claims)),
      ).toContain('over-budget');
    }
  }
  const large = createJwtSigner({ key, typ: 'at+jwt', budgetBytes: 65_536 });
  for (const size of [22_000, 40_000]) {
    const claims = { x: '마'.repeat(size / 4) };
    expect(decode(large.sign(claims)).claims['x']).toBe(claims.x);
  }
  expect(refusalOf(() => large.sign({ x: 'y'.repeat(60_000) }))).toBe('sign/over-budget x');
  expect(refusalOf(() => large.sign({ x: '마'.repeat(400_000) }))).toBe('sign/over-budget x');
});

describe('what the options fill in', () => {
  test('issuer, audience, iat and exp, where the claims have none', () => {
    const filling = createJwtSigner({
      key,
      typ: 'at+jwt',
      issuer: 'i',
      audience: ['a', 'b'],
      lifetimeSeconds: 60,
      clock: () => now + 999,
    });
    const second = now / 1_000;
    expect({ ...decode(filling.sign({ sub: 's' })).claims }).toEqual({
      iss: 'i',
      aud: ['a', 'b'],
      iat: second,
      exp: second + 60,
      sub: 's',
    });
    expect(decode(filling.sign({ iss: 'j', iat: 5, aud: 'c' })).claims).toMatchObject({
      iss: 'j',
      iat: 5,
      exp: 65,
      aud: 'c',
    });
    expect(decode(filling.sign({ exp: 9 })).claims['exp']).toBe(9);
  });

  test.each([
    { typ: '' },
    { typ: undefined },
    { issuer: '' },
    { audience: '' },
    { audience: [] },
    { lifetimeSeconds: 0 },
    { lifetimeSeconds: 1.5 },
    { lifetimeSeconds: '60' },
    { lifetimeSeconds: Number.NaN },
    { lifetimeSeconds: Number.POSITIVE_INFINITY },
    { budgetBytes: 63 },
    { budgetBytes: 65_537 },
    { clock: 1 },
    { claims: {} },
    { allowReadableClaims: 'email' },
    { expiresIn: '1h' },
    { algorithm: 'none' },
    { key: undefined },
    { key: publicKeyOf(key) },
    { key: 'secret' },
  ])('an option that is wrong is a TypeError at construction: %o', (wrong) => {
    expect(() => createJwtSigner({ key, typ: 'at+jwt', ...wrong } as never)).toThrow(TypeError);
  });
});

test('one-shot sign and verify are the factories in one call', () => {
  const options = { issuer: 'i', audience: 'a', typ: 'JWT', clock: () => now };
  const token = sign({ sub: 's' }, { key, ...options, lifetimeSeconds: 60 });
  expect(verify(token, { keys: publicKeyOf(key), ...options }).sub).toBe('s');
  expect(() => verify(token, { keys: publicKeyOf(key), ...options, audience: 'b' })).toThrow(TokenRejected);
});

describe('one Standard Schema types and checks what is signed and what is verified', () => {
  const claims = z.object({ role: z.enum(['reader', 'writer']), teams: z.array(z.string()).default([]) });
  const options = { issuer: 'i', audience: 'a', typ: 'at+jwt', claims, clock: () => now };
  const typed = createJwtSigner({ key, ...options, lifetimeSeconds: 60 });
  const verifier = createJwtVerifier({ keys: publicKeyOf(key), ...options });

  test('the registered claims come beside it, defaults are filled in when it is verified', () => {
    const verified = verifier.verify(typed.sign({ role: 'reader', sub: 's' }));
    const role: 'reader' | 'writer' = verified.role;
    const teams: string[] = verified.teams;
    const subject: string | undefined = verified.sub;
    expect([role, teams, subject, verified.iss]).toEqual(['reader', [], 's', 'i']);
    expect(Object.getPrototypeOf(verified)).toBeNull();
  });

  test('what doesn’t fit is neither signed nor accepted, and the claim is named', () => {
    // @ts-expect-error: there is no such role
    expect(refusalOf(() => typed.sign({ role: 'admin' }))).toBe('sign/claim role');
    // @ts-expect-error: the role is missing
    expect(refusalOf(() => typed.sign({ sub: 's' }))).toBe('sign/claim role');
    const loose = createJwtSigner({ key, typ: 'at+jwt' });
    const token = loose.sign({ iss: 'i', aud: 'a', exp: now / 1_000 + 60, role: 'admin' });
    expect(() => verifier.verify(token)).toThrow(expect.objectContaining({ code: 'token/claim', claim: 'role' }));
  });

  test('a schema that answers later, or makes no object, is the programmer’s mistake', () => {
    const later = claims.refine(() => Promise.resolve(true));
    expect(() =>
      createJwtVerifier({ keys: publicKeyOf(key), ...options, claims: later }).verify(typed.sign({ role: 'reader' })),
    ).toThrow(TypeError);
    const text = z.any().transform(() => 'text');
    expect(() =>
      createJwtVerifier({ keys: publicKeyOf(key), ...options, claims: text }).verify(typed.sign({ role: 'reader' })),
    ).toThrow(TypeError);
  });
});

const pairs = ALGORITHMS.filter((alg): alg is KeyPairAlgorithm => !alg.startsWith('HS') && !alg.startsWith('ML'));

test.each(pairs)('%s: on the thread pool a signature is as good, many at once', async (alg) => {
  const pair = generatePrivateKey(alg);
  const one = createJwtSigner({
    key: pair,
    typ: 'JWT',
    issuer: 'i',
    audience: 'a',
    lifetimeSeconds: 60,
    clock: () => now,
  });
  const verifier = createJwtVerifier({
    keys: publicKeyOf(pair),
    issuer: 'i',
    audience: 'a',
    typ: 'JWT',
    clock: () => now,
  });
  const tokens = await Promise.all(Array.from({ length: 8 }, (_, at) => one.signAsync({ sub: `s${at}` })));
  const subjects = await Promise.all([...tokens, one.sign({ sub: 's8' })].map((token) => verifier.verifyAsync(token)));
  expect(subjects.map(({ sub }) => sub)).toEqual(Array.from({ length: 9 }, (_, at) => `s${at}`));
  expect(tokens.map((token) => verifier.verify(token).sub)).toEqual(subjects.slice(0, 8).map(({ sub }) => sub));
});

test('an HMAC on the thread pool is done at once and is as good', async () => {
  const secret = generateSecretKey('HS512');
  const token = await createJwtSigner({ key: secret, typ: 'JWT' }).signAsync({ iss: 'i', aud: 'a', exp: 9e9 });
  const verifier = createJwtVerifier({ keys: secret, issuer: 'i', audience: 'a', typ: 'JWT' });
  expect((await verifier.verifyAsync(token)).exp).toBe(9e9);
  await expect(verifier.verifyAsync(`${token.slice(0, -2)}AA`)).rejects.toMatchObject({ name: 'TokenRejected' });
});

describe('a key that lives in another process', () => {
  let service: ChildProcess;
  let publicKey: PublicKey;
  let asked = 0;
  const answers = new Map<number, { resolve: (value: Uint8Array) => void; reject: (error: Error) => void }>();

  /** Asks the process for a signature. */
  function ask(data: Uint8Array, how: string): Promise<Uint8Array> {
    const id = ++asked;
    return new Promise((resolve, reject) => {
      answers.set(id, { resolve, reject });
      service.send({ id, how, data: Buffer.from(data).toString('base64') });
    });
  }

  beforeAll(async () => {
    service = fork(fileURLToPath(new URL('./key-service.ts', import.meta.url)), {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    const pem = await new Promise<string>((resolve, reject) => {
      service.once('message', (message) => resolve((message as { pem: string }).pem));
      service.once('error', reject);
    });
    service.on('message', (message) => {
      const { id, signature, error } = message as { id: number; signature?: string; error?: string };
      const waiting = answers.get(id);
      if (signature === undefined) waiting?.reject(new Error(error));
      else waiting?.resolve(Buffer.from(signature, 'base64'));
    });
    publicKey = importPublicPem(pem, { alg: 'ES256', kid: 'far-away' });
  });
  afterAll(() => service.kill());

  const options = { typ: 'at+jwt', issuer: 'i', audience: 'a', lifetimeSeconds: 60, clock: () => now };
  const make = (how: string, ecdsaFormat?: 'jose' | 'der') =>
    createExternalJwtSigner({
      ...options,
      key: { publicKey, sign: (data) => ask(data, how), ...(ecdsaFormat === undefined ? {} : { ecdsaFormat }) },
    });

  test('RFC 7515 §5.1: its tokens verify, whichever of the two forms its signatures have', async () => {
    const tokens = await Promise.all([
      ...Array.from({ length: 20 }, () => make('der', 'der').signAsync({ sub: 's' })),
      ...Array.from({ length: 20 }, () => make('jose').signAsync({ sub: 's' })),
    ]);
    for (const token of tokens) {
      expect(decode(token).header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: 'far-away' });
      expect(
        createJwtVerifier({ keys: publicKey, issuer: 'i', audience: 'a', typ: 'at+jwt', clock: () => now }).verify(
          token,
        ).sub,
      ).toBe('s');
    }
  });

  test.each([
    ['another key', 'other', 'der'],
    ['DER where r || s was announced', 'der', 'jose'],
    ['r || s where DER was announced', 'jose', 'der'],
    ['nothing', 'empty', 'jose'],
    ['rubbish', 'rubbish', 'der'],
  ] as const)('a signature of %s never leaves in a token', async (_title, how, form) => {
    await expect(make(how, form).signAsync({ sub: 's' })).rejects.toMatchObject({ code: 'sign/external' });
  });

  test('what the service rejects with reaches the caller as it is', async () => {
    await expect(make('fail').signAsync({ sub: 's' })).rejects.toThrow('the key service is away');
  });

  test('an answer that is no bytes is refused', async () => {
    const wrong = createExternalJwtSigner({
      ...options,
      key: { publicKey, sign: async () => 'text' as unknown as Uint8Array },
    });
    await expect(wrong.signAsync({})).rejects.toMatchObject({ code: 'sign/external' });
  });

  test('options that are wrong are a TypeError', () => {
    const good = { publicKey, sign: (data: Uint8Array) => Promise.resolve(data) };
    for (const wrong of [
      { ...good, publicKey: key as PrivateKey },
      { ...good, sign: 1 },
      { ...good, ecdsaFormat: 'p1363' },
    ]) {
      expect(() => createExternalJwtSigner({ ...options, key: wrong as never })).toThrow(TypeError);
    }
  });
});

test('the exported PEM of a public key names no private member', () => {
  expect(exportPublicPem(key)).toContain('BEGIN PUBLIC KEY');
});
