import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  createJwtSigner,
  createJwtVerifier,
  createKeySet,
  exportSecret,
  generatePrivateKey,
  generateSecretKey,
  importSecret,
  type JwtVerifierOptions,
  publicKeyOf,
  rememberTokens,
  TokenRejected,
  verify,
} from '../src/index.ts';

const key = generateSecretKey('HS256', { kid: 'k' });
const now = Date.UTC(2026, 10, 24);
const iat = now / 1_000;
const claims = { iss: 'a', aud: 'b', sub: 'c', jti: 'j', iat, nbf: iat, exp: iat + 60, deep: { list: [1] } };
const base = { keys: key, issuer: 'a', audience: 'b', typ: 'JWT', clock: () => now } as const;
const token = createJwtSigner({ key, typ: 'JWT' }).sign(claims);
const [headerText = '', payloadText = '', signatureText = ''] = token.split('.');
const memory = () => rememberTokens({ maxEntries: 10, maxBytes: 10_000 });

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'accepted';
  } catch (error) {
    if (error instanceof TokenRejected) return error.claim === undefined ? error.code : `${error.code} ${error.claim}`;
    throw error;
  }
}

async function codeOfAsync(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return 'accepted';
  } catch (error) {
    return codeOf(() => {
      throw error;
    });
  }
}

/** What each way of asking says of a token, which is one and the same. */
async function verdict(text: string, options: Partial<JwtVerifierOptions> = {}): Promise<string> {
  const all = { ...base, ...options } as JwtVerifierOptions;
  const verifier = createJwtVerifier(all);
  const caching = createJwtVerifier({ ...all, cache: memory() });
  const codes = new Set([
    codeOf(() => verifier.verify(text)),
    codeOf(() => verifier.verify(text)),
    await codeOfAsync(() => verifier.verifyAsync(text)),
    codeOf(() => caching.verify(text)),
    codeOf(() => caching.verify(text)),
    await codeOfAsync(() => caching.verifyAsync(text)),
    codeOf(() => verify(text, all)),
  ]);
  expect(codes.size).toBe(1);
  return [...codes].join();
}

/** Signed with the right secret whatever stands in it. */
function signed(text: string): string {
  return `${text}.${createHmac('sha256', exportSecret(key)).update(text, 'latin1').digest('base64url')}`;
}
const segment = (text: string | Buffer): string => Buffer.from(text).toString('base64url');

test('the token that the tests below change is accepted, in every way of asking', async () => {
  expect(await verdict(token)).toBe('accepted');
  expect(createJwtVerifier(base).verify(token)).toEqual(claims);
  expect(await createJwtVerifier(base).verifyAsync(token)).toEqual(claims);
  expect(verify(token, base)).toEqual(claims);
});

test.each([
  ['no dot', headerText],
  ['one dot', `${headerText}.${payloadText}`],
  ['three dots', `${token}.`],
  ['three dots in front', `.${token}`],
  ['an empty header', `.${payloadText}.${signatureText}`],
  ['an empty payload', `${headerText}..${signatureText}`],
  ['only dots', '..'],
  ['nothing', ''],
])('RFC 7515 §7.1: %s is no signed token', async (_, text) => {
  expect(await verdict(text)).toBe('token/malformed');
});

test('RFC 7515 §7.1: a token of one character each is taken apart, and refused for what it holds', async () => {
  expect(await verdict('e.e.A')).toBe('token/malformed');
  expect(await verdict(`${headerText}.e.${signatureText}`)).toBe('token/malformed');
  expect(await verdict(`${headerText}.ee.${signatureText}`)).toBe('token/malformed');
  expect(await verdict(`${headerText}.eQ.${signatureText}`)).toBe('token/signature');
});

test('an empty signature, or one of another length, is a signature that does not fit', async () => {
  const bytes = Buffer.from(signatureText, 'base64url');
  for (const text of ['', 'AA', segment(bytes.subarray(0, -1)), segment(Buffer.concat([bytes, bytes]))])
    expect(await verdict(`${headerText}.${payloadText}.${text}`)).toBe('token/signature');
});

test('RFC 7515 §2: a signature that is spelled otherwise is malformed, seen before or not', async () => {
  for (const text of [
    `${signatureText}=`,
    `${signatureText} `,
    `${signatureText}\n`,
    signatureText.replace(/.$/, '\u0141'),
    'A',
  ])
    expect(await verdict(`${headerText}.${payloadText}.${text}`)).toBe('token/malformed');
  const verifier = createJwtVerifier(base);
  verifier.verify(token);
  // its header is known by now
  expect(codeOf(() => verifier.verify(`${token}=`))).toBe('token/malformed');
  expect(await codeOfAsync(() => verifier.verifyAsync(`${token}=`))).toBe('token/malformed');
  expect(codeOf(() => verifier.verifySignature(`${token}=`))).toBe('token/malformed');
  expect(codeOf(() => verifier.verifySignature(`${headerText}.${payloadText}.AAAA`))).toBe('token/signature');
  expect(codeOf(() => verifier.verify(`${headerText}.${payloadText}`))).toBe('token/malformed');
  expect(codeOf(() => verifier.verify(`${headerText}..${signatureText}`))).toBe('token/malformed');
  expect(codeOf(() => verifier.verify(`${headerText}.${payloadText}.${signatureText}.`))).toBe('token/malformed');
});

test.each([
  ['white space', `${segment('{"alg":"HS256","typ":"JWT","kid":"k"}')}.${payloadText} `],
  ['no JSON', `${headerText}.${segment('x')}`],
  ['a list', `${headerText}.${segment('[]')}`],
  ['a text', `${headerText}.${segment('"x"')}`],
  ['null', `${headerText}.${segment('null')}`],
  ['a name that comes twice', `${headerText}.${segment('{"sub":"a","sub":"b"}')}`],
  ['bytes that are not UTF-8', `${headerText}.${segment(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))}`],
  ['padding', `${headerText}.${payloadText}=`],
])('RFC 7519 §7.2: a payload with %s is refused, though its signature holds', async (_, text) => {
  expect(await verdict(signed(text))).toBe('token/malformed');
});

test('what is no text at all is refused, by every way of asking', async () => {
  for (const wrong of [undefined, null, 1, {}, [], Buffer.from(token), { toString: () => token }, [token]])
    expect(await verdict(wrong as unknown as string)).toBe('token/malformed');
});

test('the size limit is the last size that is taken', async () => {
  expect(await verdict(token, { maxTokenBytes: token.length })).toBe('accepted');
  expect(await verdict(token, { maxTokenBytes: token.length - 1 })).toBe('token/too-long');
});

test('RFC 8725 §3.1: the header has to say what the key is for; a key of the same secret for another algorithm is another key', async () => {
  const longer = importSecret(Buffer.alloc(64, 7), { alg: 'HS512', kid: 'k' });
  const shorter = importSecret(Buffer.alloc(64, 7), { alg: 'HS256', kid: 'k' });
  const other = createJwtSigner({ key: longer, typ: 'JWT' }).sign(claims);
  expect(await verdict(other, { keys: longer })).toBe('accepted');
  expect(await verdict(other, { keys: shorter })).toBe('token/algorithm alg');
});

test('RFC 7515 §4.1.4: an unknown kid is refused by its name, and so is none where there is more than one key', async () => {
  const other = createJwtSigner({ key: generateSecretKey('HS256', { kid: 'other' }), typ: 'JWT' }).sign(claims);
  expect(await verdict(other)).toBe('token/unknown-key kid');
  expect(await verdict(token, { keys: createKeySet([]) })).toBe('token/unknown-key kid');
  const unnamed = signed(`${segment('{"alg":"HS256","typ":"JWT"}')}.${payloadText}`);
  expect(await verdict(unnamed)).toBe('accepted');
  expect(await verdict(unnamed, { keys: createKeySet([key]) })).toBe('token/unknown-key kid');
});

test('verifySignature says which key it was and what the header and the claims hold, frozen, and judges no claim', () => {
  const old = createJwtSigner({ key, typ: 'JWT' }).sign({ ...claims, iss: 'x', aud: 'y', exp: 1 });
  const opened = createJwtVerifier(base).verifySignature(old);
  expect(opened).toEqual({
    kid: 'k',
    header: { alg: 'HS256', typ: 'JWT', kid: 'k' },
    claims: { ...claims, iss: 'x', aud: 'y', exp: 1 },
  });
  for (const part of [opened.header, opened.claims, opened.claims['deep']]) expect(Object.isFrozen(part)).toBe(true);
  expect(() => createJwtVerifier(base).checkClaims(opened.claims)).toThrow(
    expect.objectContaining({ code: 'token/issuer' }),
  );
  expect(createJwtVerifier(base).checkClaims(claims)).toBeUndefined();
});

test('a remembered token is judged by the clock of the moment, and its verdict is the one object', () => {
  let at = now;
  const caching = createJwtVerifier({ ...base, clock: () => at, cache: memory() });
  const first = caching.verify(token);
  expect(caching.verify(token)).toBe(first);
  at = (iat + 60) * 1_000 - 1;
  expect(caching.verify(token)).toBe(first);
  at++;
  expect(codeOf(() => caching.verify(token))).toBe('token/expired exp');
  at = now - 1;
  expect(codeOf(() => caching.verify(token))).toBe('token/not-yet-valid nbf');
  at = now;
  expect(caching.verify(token)).toBe(first);
  // without a memory each verdict is made anew
  const plain = createJwtVerifier(base);
  expect(plain.verify(token)).not.toBe(plain.verify(token));
});

test('a remembered token is judged anew once its key is gone or replaced, and by the same key again it is taken', async () => {
  let keys = createKeySet([key]);
  const caching = createJwtVerifier({ ...base, keys: () => keys, cache: memory() });
  caching.verify(token);
  keys = createKeySet([]);
  expect(codeOf(() => caching.verify(token))).toBe('token/unknown-key kid');
  expect(await codeOfAsync(() => caching.verifyAsync(token))).toBe('token/unknown-key kid');
  keys = createKeySet([generateSecretKey('HS256', { kid: 'k' })]);
  expect(codeOf(() => caching.verify(token))).toBe('token/signature');
  keys = createKeySet([key]);
  expect(codeOf(() => caching.verify(token))).toBe('accepted');
});

test('what a verifier refused is not remembered', () => {
  const caching = createJwtVerifier({ ...base, audience: 'other', cache: memory() });
  for (let time = 0; time < 3; time++) expect(codeOf(() => caching.verify(token))).toBe('token/audience aud');
});

test('a verifier can not be changed after it was made', () => {
  const verifier = createJwtVerifier(base);
  expect(() => Object.assign(verifier, { verify: () => claims })).toThrow(TypeError);
});

const schemaOf = (validate: (value: unknown) => unknown) =>
  ({ '~standard': { version: 1, vendor: 'test', validate } }) as NonNullable<JwtVerifierOptions['claims']>;

test('a schema refuses by the name of the member, if it says one, and makes what is handed out, beside the registered claims', async () => {
  const issue = (path?: readonly unknown[]) => schemaOf(() => ({ issues: [{ message: 'no', path }] }));
  expect(await verdict(token, { claims: issue(['deep', 'list']) })).toBe('token/claim deep');
  expect(await verdict(token, { claims: issue([{ key: 'deep' }]) })).toBe('token/claim deep');
  expect(await verdict(token, { claims: issue([0]) })).toBe('token/claim');
  expect(await verdict(token, { claims: issue() })).toBe('token/claim');
  expect(await verdict(token, { claims: schemaOf(() => ({ issues: [] })) })).toBe('token/claim');
  const typed = createJwtVerifier({ ...base, claims: schemaOf(() => ({ value: { level: [3], sub: 'made' } })) });
  const accepted = typed.verify(token) as object;
  expect(accepted).toEqual({ iss: 'a', aud: 'b', sub: 'made', jti: 'j', iat, nbf: iat, exp: iat + 60, level: [3] });
  expect(Object.getPrototypeOf(accepted)).toBeNull();
  expect(Object.isFrozen(accepted)).toBe(true);
  expect(Object.isFrozen((accepted as { level: object }).level)).toBe(true);
  const few = createJwtSigner({ key, typ: 'JWT' }).sign({ iss: 'a', aud: 'b', exp: iat + 60 });
  expect(Object.keys(typed.verify(few) as object).toSorted()).toEqual(['aud', 'exp', 'iss', 'level', 'sub']);
});

test('a schema that answers later, or makes no object, is the programmer’s mistake', () => {
  for (const answer of [Promise.resolve({ value: {} }), { value: 1 }, { value: null }, { value: 'x' }])
    expect(() => createJwtVerifier({ ...base, claims: schemaOf(() => answer) }).verify(token)).toThrow(
      /claims must be a schema/,
    );
  expect(() => createJwtVerifier({ ...base, claims: {} as never })).toThrow(TypeError);
});

test('a slow key is checked on the thread pool with the same verdict', async () => {
  const rsa = generatePrivateKey('RS256');
  const keys = publicKeyOf(rsa);
  const text = createJwtSigner({ key: rsa, typ: 'JWT' }).sign(claims);
  expect(await verdict(text, { keys })).toBe('accepted');
  const at = text.length - 20;
  const changed = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
  expect(await verdict(changed, { keys })).toBe('token/signature');
});
