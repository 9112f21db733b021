import { expect, test } from 'vitest';
import { bundle, gzippedBytes } from './bundle.ts';

const VERIFY_ONLY = "export { createJwtVerifier, importPublicJwk } from '../src/index.ts';";
const BUDGET = 8 * 1_024;

/** What a service that only checks tokens must not carry. */
const FOREIGN = [
  ['signing', /createJwtSigner|SigningRefused|bindSigner|sign\/over-budget|createSign\b|crypto\.sign\(/],
  ['making keys', /generatePrivateKey|generateSecretKey|promisify/],
  ['private keys', /createPrivateKey|importPrivateJwk|importPrivatePem|exportPrivateJwk/],
  ['encryption', /RSA-OAEP|A256GCM|ECDH-ES|compactDecrypt|createJweDecrypter|diffieHellman/],
] as const;

test('a program that only verifies carries at most 8 KiB of us, minified and gzipped', async () => {
  const bytes = gzippedBytes(await bundle({ entry: VERIFY_ONLY, platform: 'node' }));
  expect(bytes).toBeGreaterThan(1_024);
  expect(bytes).toBeLessThanOrEqual(BUDGET);
});

test.each(FOREIGN)('a program that only verifies carries nothing of %s', async (_, names) => {
  const everything = "export * from '../src/index.ts'; export * from '../src/jwe/index.ts';";
  // the names are the right ones: they are there in the whole of it
  expect(await bundle({ entry: everything, platform: 'node', mangle: false })).toMatch(names);
  expect(await bundle({ entry: VERIFY_ONLY, platform: 'node', mangle: false })).not.toMatch(names);
});

test('@mapae/jwt/decode carries nothing of node: and little of anything', async () => {
  const code = await bundle({ entry: "export * from '../src/decode.ts';", platform: 'browser' });
  expect(code).not.toMatch(/node:|\bBuffer\b|\bprocess\b/);
  expect(gzippedBytes(code)).toBeLessThanOrEqual(2_048);
});
