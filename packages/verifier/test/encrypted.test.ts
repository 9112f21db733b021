import { createJwtSigner, exportPublicJwk, generatePrivateKey, publicKeyOf } from '@mapae/jwt';
import {
  createDecryptionKeySet,
  createEncryptedJwtSigner,
  createJweEncrypter,
  type DecryptionKey,
  encryptionKeyOf,
  generateDecryptionKey,
} from '@mapae/jwt/jwe';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { badTokens } from '../../jwt/test/bad-tokens.ts';
import { goodContext } from '../../jwt/test/good-claims.ts';
import { createVerifier, RequestRefused, type Verifier, type VerifierOptions } from '../src/index.ts';
import { decryptWith } from '../src/jwe.ts';
import { AUDIENCE, type ScriptedIssuer, startScriptedIssuer, until } from './scripted-issuer.ts';

// RFC 7519 §11.2: a signed token in an encrypted cover is judged as if it had none.

const key = await generateDecryptionKey('ECDH-ES');

/** Anyone can do this: who encrypts proves nothing. */
const cover = (token: string, to: DecryptionKey = key, cty = 'JWT'): Promise<string> =>
  createJweEncrypter({ key: encryptionKeyOf(to), cty, budgetBytes: 65_536 }).encrypt(Buffer.from(token, 'latin1'));

async function outcome(verifier: Verifier, token: string): Promise<string> {
  try {
    await verifier.authenticate({ headers: { authorization: `Bearer ${token}` } });
    return 'accepted';
  } catch (error) {
    if (error instanceof RequestRefused) return error.code;
    throw error;
  }
}

describe('the catalogue of bad tokens', () => {
  const now = Date.UTC(2026, 10, 23);
  const context = goodContext(now);
  const options: VerifierOptions = {
    issuer: context.issuer,
    audience: context.audience,
    keys: { keys: [exportPublicJwk(publicKeyOf(context.key))] },
    clock: () => now,
    feed: false,
    decryptionKeys: decryptWith(key),
  };
  const verifier = createVerifier(options);
  const sign = (change: object = {}): string =>
    createJwtSigner({ key: context.key, typ: 'at+jwt' }).sign({ ...context.claims, ...change });

  test('each row has the same code inside of a cover, and bare', async () => {
    const rows = badTokens(context).filter(({ token }) => typeof token === 'string' && token !== '');
    let covered = 0;
    for (const { id, title, token, code } of rows) {
      // what is no header value does not reach a verifier bare
      if (/^[\x21-\x7e]+$/.test(token) && !token.includes(','))
        expect([id, title, await outcome(verifier, token)]).toEqual([id, title, await bareCode(token, code)]);
      if (token.length > 5_000) continue;
      covered++;
      const got = await outcome(verifier, await cover(token));
      // an encrypted token is no token inside of another one
      const expected = code;
      expect([id, title, got]).toEqual([id, title, expected]);
    }
    expect(covered).toBeGreaterThan(50);
  });

  /** A verifier that opens covers sees a foreign one for what it is; everything else has the code of the catalogue. */
  async function bareCode(token: string, code: string): Promise<string> {
    return token.split('.').length === 5 ? outcome(verifier, token) : code;
  }

  test.each([
    ['for another key', async () => cover(sign(), await generateDecryptionKey('ECDH-ES')), 'token/unknown-key'],
    ['of no token', () => cover(sign(), key, 'text'), 'token/nested'],
    ['of claims that nobody signed', () => cover(JSON.stringify(context.claims)), 'token/malformed'],
    ['in a cover of its own', async () => cover(await cover(sign())), 'token/encrypted'],
    ['changed in one place', async () => changed(await cover(sign())), 'token/decryption'],
    ['of another issuer key', () => cover(signedBy(generatePrivateKey('ES256'))), 'token/unknown-key'],
  ])('a cover %s is refused', async (_title, make, code) => {
    expect(await outcome(verifier, await make())).toBe(code);
  });

  test('without decryptionKeys a cover is refused unopened', async () => {
    const { decryptionKeys: _none, ...rest } = options as VerifierOptions & { decryptionKeys: unknown };
    expect(await outcome(createVerifier(rest as VerifierOptions), await cover(sign()))).toBe('token/encrypted');
    expect(() => createVerifier({ ...options, decryptionKeys: key as never })).toThrow(/decryptWith/);
  });

  test('the same token again is not decrypted again, and verifySync knows it then', async () => {
    let opened = 0;
    const opener = decryptWith(key);
    const counting = createVerifier({
      ...options,
      decryptionKeys: {
        open(token) {
          opened++;
          return opener.open(token);
        },
      },
    });
    const token = await cover(sign());
    expect(() => counting.verifySync(token)).toThrow('can not wait');
    for (let n = 0; n < 5; n++) expect(await outcome(counting, token)).toBe('accepted');
    expect(opened).toBe(1);
    expect(counting.verifySync(token).subject).toBe(context.claims.sub);
  });

  test('RFC 7516 §4.1.6: while a key takes the place of another, both open', async () => {
    const [next, old] = [await generateDecryptionKey('ECDH-ES'), key];
    let keys = createDecryptionKeySet([next, old]);
    const rotating = createVerifier({ ...options, decryptionKeys: decryptWith(() => keys) });
    const [first, second, third] = [await cover(sign(), old), await cover(sign(), next), await cover(sign(), old)];
    expect([await outcome(rotating, first), await outcome(rotating, second)]).toEqual(['accepted', 'accepted']);
    keys = createDecryptionKeySet([next]);
    expect(await outcome(rotating, third)).toBe('token/unknown-key');
  });

  function signedBy(other: ReturnType<typeof generatePrivateKey>): string {
    return createJwtSigner({ key: other, typ: 'at+jwt' }).sign(context.claims);
  }

  test('confidential claims reach the principal and nobody else', async () => {
    const signer = createJwtSigner({ key: context.key, typ: 'at+jwt', allowReadableClaims: ['email'] });
    const encrypted = createEncryptedJwtSigner({ signer, encryptionKey: encryptionKeyOf(key) });
    const token = await encrypted.sign({ ...context.claims, email: 'kim@example.test' });
    expect(Buffer.from(token.replaceAll('.', ''), 'base64url').toString('latin1')).not.toContain('kim');
    const principal = await verifier.authenticate({ headers: { authorization: `Bearer ${token}` } });
    expect(principal.claims).toMatchObject({ email: 'kim@example.test' });
  });
});

function changed(token: string): string {
  const [header, key_ = '', iv, ciphertext = '', tag] = token.split('.');
  const other = ciphertext.startsWith('A') ? 'B' : 'A';
  return [header, key_, iv, other + ciphertext.slice(1), tag].join('.');
}

describe('with a feed', () => {
  let issuer: ScriptedIssuer;
  let verifier: Verifier;
  beforeEach(async () => {
    issuer = await startScriptedIssuer();
    verifier = createVerifier({
      issuer: issuer.issuer,
      audience: AUDIENCE,
      jitter: () => 0,
      decryptionKeys: decryptWith(key),
    });
    await verifier.ready();
    await until(() => issuer.connections > 0);
  });
  afterEach(async () => {
    verifier.close();
    await issuer.close();
  });

  test('a sign-out is felt by a remembered one; a rotated signing key is looked for; a removed one ends it, watched ones too', async () => {
    const [mine, other] = [issuer.token(), issuer.token()];
    const [first, second] = [await cover(mine), await cover(other)];
    expect([await outcome(verifier, first), await outcome(verifier, second)]).toEqual(['accepted', 'accepted']);
    const { sid } = JSON.parse(Buffer.from(mine.split('.')[1] ?? '', 'base64url').toString()) as { sid: string };
    issuer.send(issuer.revoke(issuer.row(1, sid)));
    await until(() => verifier.status.revocations === 1);
    expect([await outcome(verifier, first), await outcome(verifier, second)]).toEqual(['token/revoked', 'accepted']);

    const principal = await verifier.authenticate({ headers: { authorization: `Bearer ${second}` } });
    const ended = new Promise<string>((resolve) => verifier.watch(principal, ({ code }) => resolve(code)));
    const next = generatePrivateKey('ES256');
    issuer.publish([exportPublicJwk(issuer.key), exportPublicJwk(next)]);
    expect(await outcome(verifier, await cover(issuer.token({}, next)))).toBe('accepted');
    // the keys are others now: judged again, signature included, and the watched one with them
    expect(await outcome(verifier, second)).toBe('accepted');
    issuer.publish([exportPublicJwk(next)]);
    issuer.send(issuer.frame('keys', { removed: [issuer.key.kid] }, { key: next }));
    expect(await ended).toBe('token/unknown-key');
    expect(await outcome(verifier, second)).toBe('token/unknown-key');
  });
});
