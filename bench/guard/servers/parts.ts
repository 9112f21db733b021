// What the guarded servers have in common.
import type { KeyObject } from 'node:crypto';
import * as crypto from 'node:crypto';
import { createVerifier, type Verifier } from '@mapae/verifier';
import { peer } from '../../harness/peers.ts';
import { readSettings } from '../../harness/serving.ts';
import type { GuardAlgorithm, GuardSettings } from '../settings.ts';

export const settings: GuardSettings = readSettings<GuardSettings>();

/** Ours: it follows the feed of a real server, and remembers as many tokens as it was told. */
export async function followingVerifier(): Promise<Verifier> {
  const { issuer, api, cacheEntries } = settings.mapae;
  const verifier = createVerifier({
    issuer,
    audience: api,
    cache: { maxEntries: cacheEntries, maxBytes: 64 * 1_048_576 },
  });
  await verifier.ready();
  if (verifier.status.stale || verifier.status.revocations === 0)
    throw new Error('the verifier does not follow the feed');
  return verifier;
}

/** One ES256 signature check of a token's size, and nothing else: the floor under every guard without a cache. */
export function rawCheck(): () => void {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const data = crypto.randomBytes(400);
  const signature = crypto.sign('sha256', data, privateKey);
  return () => {
    if (!crypto.verify('sha256', data, publicKey, signature)) throw new Error('refused');
  };
}

/** A key for a library that takes key objects. */
export function keyObject(alg: GuardAlgorithm): KeyObject {
  const jwk = settings.keys[alg];
  if (alg === 'HS256') return crypto.createSecretKey(Buffer.from(String(jwk['k']), 'base64url'));
  return crypto.createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
}

/** A key for a library that takes text. */
export function keyText(alg: GuardAlgorithm): string | Buffer {
  const key = keyObject(alg);
  return key.type === 'secret' ? key.export() : key.export({ format: 'pem', type: 'spki' });
}

interface Jose {
  importJWK(jwk: object, alg: string): Promise<unknown>;
  jwtVerify(token: string, key: unknown, options: object): Promise<{ readonly payload: object }>;
}

/** jose by hand, as its documentation shows: the key imported once, issuer, audience and type named. */
export async function joseByHand(): Promise<(authorization: string | undefined) => Promise<object | undefined>> {
  const { importJWK, jwtVerify } = await peer<Jose>('jose');
  const key = await importJWK(settings.keys.ES256, 'ES256');
  const options = {
    issuer: settings.issuer,
    audience: settings.audience,
    typ: 'at+jwt',
    algorithms: ['ES256'],
  };
  return async (authorization) => {
    if (authorization?.startsWith('Bearer ') !== true) return undefined;
    return jwtVerify(authorization.slice(7), key, options).then(
      ({ payload }) => payload,
      () => undefined,
    );
  };
}
