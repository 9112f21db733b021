import * as crypto from 'node:crypto';
import * as jose from 'jose';
import { expect, test } from 'vitest';
import {
  createJwtSigner,
  createJwtVerifier,
  exportPrivateJwk,
  exportPrivatePem,
  exportPublicJwk,
  exportPublicPem,
  exportSecret,
  exportSecretJwk,
  generatePrivateKey,
  generateSecretKey,
  importPrivateJwk,
  importPrivatePem,
  importPublicJwk,
  importPublicPem,
  importSecretJwk,
  publicKeyOf,
  thumbprint,
} from '../../src/index.ts';

const now = Math.floor(Date.now() / 1_000);
const claims = { iss: 'https://a.example', aud: 'b', sub: 'c', iat: now, exp: now + 60 };

const ALGS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

/** jose has ML-DSA through Web Crypto, where the runtime has that. */
const ML_DSA =
  Number(process.versions.node.split('.')[0]) >= 26 ? (['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const) : [];

test.each([...ALGS, ...ML_DSA])('%s: jose takes our tokens, and we take those of jose', async (alg) => {
  const key = generatePrivateKey(alg);
  const jwk = exportPublicJwk(publicKeyOf(key)) as jose.JWK;
  const token = createJwtSigner({ key, typ: 'at+jwt', budgetBytes: 16_384 }).sign(claims);
  const verified = await jose.jwtVerify(token, await jose.importJWK(jwk, alg), {
    issuer: claims.iss,
    audience: claims.aud,
    typ: 'at+jwt',
  });
  expect(verified.payload).toEqual(claims);

  const theirs = await jose.generateKeyPair(alg, { extractable: true });
  const signed = await new jose.SignJWT(claims)
    .setProtectedHeader({ alg, typ: 'at+jwt', kid: 'k' })
    .sign(theirs.privateKey);
  const publicKey = importPublicJwk({ ...(await jose.exportJWK(theirs.publicKey)), alg, kid: 'k' });
  expect(
    createJwtVerifier({
      keys: publicKey,
      issuer: claims.iss,
      audience: claims.aud,
      typ: 'at+jwt',
      maxTokenBytes: 16_384,
    }).verify(signed),
  ).toEqual(claims);
  // their private key signs here as well
  const privateKey = importPrivateJwk({ ...(await jose.exportJWK(theirs.privateKey)), alg, kid: 'k' });
  await jose.jwtVerify(
    createJwtSigner({ key: privateKey, typ: 'x', budgetBytes: 16_384 }).sign(claims),
    theirs.publicKey,
  );
  expect(exportPrivateJwk(privateKey)).toMatchObject({ alg, kid: 'k' });
});

test.each(['ES256', 'RS256', 'EdDSA', 'ES512', ...ML_DSA] as const)(
  'RFC 7638: the thumbprint of an %s key is that of jose',
  async (alg) => {
    const key = publicKeyOf(generatePrivateKey(alg));
    expect(thumbprint(key)).toBe(await jose.calculateJwkThumbprint(exportPublicJwk(key) as jose.JWK));
    expect(key.kid).toBe(thumbprint(key).slice(0, 8));
  },
);

test.each(ALGS)('%s: PEMs of each are taken by the other', async (alg) => {
  const key = generatePrivateKey(alg);
  const token = createJwtSigner({ key, typ: 'JWT' }).sign(claims);
  await jose.jwtVerify(token, await jose.importSPKI(exportPublicPem(key), alg));
  const theirs = await jose.generateKeyPair(alg, { extractable: true });
  const privateKey = importPrivatePem(await jose.exportPKCS8(theirs.privateKey), { alg });
  const publicKey = importPublicPem(await jose.exportSPKI(theirs.publicKey), { alg, kid: privateKey.kid });
  const signed = createJwtSigner({ key: privateKey, typ: 'JWT' }).sign(claims);
  const options = { issuer: claims.iss, audience: claims.aud, typ: 'JWT' };
  expect(createJwtVerifier({ keys: publicKey, ...options }).verify(signed)).toEqual(claims);
  await jose.jwtVerify(signed, theirs.publicKey);
});

test.each(['HS256', 'HS384', 'HS512'] as const)('%s: secrets and tokens go both ways', async (alg) => {
  const key = generateSecretKey(alg);
  const bytes = exportSecret(key);
  await jose.jwtVerify(createJwtSigner({ key, typ: 'JWT' }).sign(claims), bytes);
  const signed = await new jose.SignJWT(claims).setProtectedHeader({ alg, typ: 'JWT', kid: key.kid }).sign(bytes);
  const options = { issuer: claims.iss, audience: claims.aud, typ: 'JWT' };
  expect(createJwtVerifier({ keys: importSecretJwk(exportSecretJwk(key)), ...options }).verify(signed)).toEqual(claims);
  const jwk = { ...(await jose.exportJWK(bytes)), alg };
  expect(thumbprint(importSecretJwk(jwk))).toBe(await jose.calculateJwkThumbprint(jwk as jose.JWK));
});

test('ES256K and Ed448, which jose has not, verify with node:crypto itself and the other way', () => {
  for (const [alg, hash] of [
    ['ES256K', 'sha256'],
    ['Ed448', null],
  ] as const) {
    const key = generatePrivateKey(alg);
    const token = createJwtSigner({ key, typ: 'JWT' }).sign(claims);
    const dot = token.lastIndexOf('.');
    const signature = Buffer.from(token.slice(dot + 1), 'base64url');
    const object = { key: exportPublicPem(key), dsaEncoding: 'ieee-p1363' as const };
    expect(crypto.verify(hash, Buffer.from(token.slice(0, dot)), object, signature)).toBe(true);
    const made = crypto.sign(hash, Buffer.from(token.slice(0, dot)), { ...object, key: exportPrivatePem(key) });
    const again = `${token.slice(0, dot)}.${made.toString('base64url')}`;
    const options = { issuer: claims.iss, audience: claims.aud, typ: 'JWT' };
    expect(createJwtVerifier({ keys: publicKeyOf(key), ...options }).verify(again)).toEqual(claims);
  }
});
