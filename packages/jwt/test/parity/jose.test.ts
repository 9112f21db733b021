import * as jose from 'jose';
import { expect, test } from 'vitest';
import {
  createJwtSigner,
  createJwtVerifier,
  exportPrivateJwk,
  exportPublicJwk,
  generatePrivateKey,
  importPrivateJwk,
  importPublicJwk,
  publicKeyOf,
  thumbprint,
} from '../../src/index.ts';

const now = Math.floor(Date.now() / 1_000);
const claims = { iss: 'https://a.example', aud: 'b', sub: 'c', iat: now, exp: now + 60 };

test.each(['ES256', 'RS256', 'EdDSA'] as const)('%s: jose takes our tokens, and we take those of jose', async (alg) => {
  const key = generatePrivateKey(alg);
  const jwk = exportPublicJwk(publicKeyOf(key)) as jose.JWK;
  const token = createJwtSigner({ key, typ: 'at+jwt' }).sign(claims);
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
    createJwtVerifier({ keys: publicKey, issuer: claims.iss, audience: claims.aud, typ: 'at+jwt' }).verify(signed),
  ).toEqual(claims);
  // their private key signs here as well
  const privateKey = importPrivateJwk({ ...(await jose.exportJWK(theirs.privateKey)), alg, kid: 'k' });
  await jose.jwtVerify(createJwtSigner({ key: privateKey, typ: 'x' }).sign(claims), theirs.publicKey);
  expect(exportPrivateJwk(privateKey)).toMatchObject({ alg, kid: 'k' });
});

test.each(['ES256', 'RS256', 'EdDSA'] as const)(
  'RFC 7638: the thumbprint of an %s key is that of jose',
  async (alg) => {
    const key = publicKeyOf(generatePrivateKey(alg));
    expect(thumbprint(key)).toBe(await jose.calculateJwkThumbprint(exportPublicJwk(key) as jose.JWK));
    expect(key.kid).toBe(thumbprint(key).slice(0, 8));
  },
);
