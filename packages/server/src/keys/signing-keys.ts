import {
  createKeySet,
  exportPrivateJwk,
  exportPublicJwk,
  generatePrivateKey,
  importPrivateJwk,
  importPublicJwk,
  type Jwk,
  type KeySet,
  type PrivateKey,
} from '@mapae/jwt';
import { type Secrets, seal, unseal } from '../secrets/secrets.ts';
import type { SigningKeyRow, Store } from '../stores/store.ts';

/** The keys that this server signs with and publishes. */
export interface SigningKeys {
  readonly active: PrivateKey;
  /** Public halves of the active and the next key, as they are published. */
  readonly published: readonly Jwk[];
  readonly keySet: KeySet;
}

const ALG = 'ES256';

/**
 * Loads the signing keys, made at the first start: one active and one next, so that the next one has been published long
 * before it signs. Of several servers that start at once on an empty database, one makes them.
 *
 * @throws {TypeError} when they were sealed under a secret that isn't given.
 */
export async function loadSigningKeys(store: Store, secrets: Secrets, now: number): Promise<SigningKeys> {
  const found = await store.listSigningKeys();
  const rows = found.some((row) => row.alg === ALG)
    ? found
    : await store.ensureSigningKeys([makeRow('active', secrets, now), makeRow('next', secrets, now)]);
  const published = rows
    .filter((row) => row.state !== 'retiring' || row.alg === ALG)
    .map((row) => JSON.parse(row.publicJwk) as Jwk);
  const active = rows.find((row) => row.alg === ALG && row.state === 'active');
  if (active === undefined) throw new Error('unreachable: there is an active signing key');
  return {
    active: open(active, secrets),
    published,
    keySet: createKeySet(published.map((jwk) => importPublicJwk(jwk))),
  };
}

function makeRow(state: 'active' | 'next', secrets: Secrets, createdAt: number): SigningKeyRow {
  const key = generatePrivateKey(ALG);
  return {
    kid: key.kid,
    alg: key.alg,
    publicJwk: JSON.stringify(exportPublicJwk(key)),
    sealedPrivateJwk: seal(secrets.current, JSON.stringify(exportPrivateJwk(key)), key.kid),
    secretId: secrets.current.id,
    state,
    createdAt,
  };
}

function open(row: SigningKeyRow, secrets: Secrets): PrivateKey {
  const secret = secrets.find(row.secretId);
  const jwk = secret === undefined ? undefined : unseal(secret, row.sealedPrivateJwk, row.kid);
  if (jwk === undefined) {
    throw new TypeError(
      'secrets: the signing keys in the database were sealed under another secret; give the old one too, behind the new one, or start on an empty database',
    );
  }
  return importPrivateJwk(JSON.parse(jwk));
}
