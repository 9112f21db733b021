import {
  createKeySet,
  exportPrivateJwk,
  exportPublicJwk,
  generatePrivateKeyAsync,
  importPrivateJwk,
  importPublicJwk,
  type Jwk,
  type KeyPairAlgorithm,
  type KeySet,
  type PrivateKey,
} from '@mapae/jwt';
import { type Secrets, seal, unseal } from '../secrets/secrets.ts';
import type { SigningKeyRow } from '../stores/signing-key-store.ts';
import { type Store, StoreFailed } from '../stores/store.ts';

/** The keys that this server signs with and publishes, as the database has them. */
export interface SigningKeys {
  /** The key that signs now. @throws {StoreFailed} where there is none of this algorithm yet, or the keys were not read for a minute */
  active(alg: KeyPairAlgorithm): PrivateKey;
  /** Public halves of all that are next, active or retiring, as they are published. */
  readonly published: readonly Jwk[];
  readonly keySet: KeySet;
  /** Reads them again, and those that are sealed under another secret are sealed anew. @throws {StoreFailed} */
  reload(): Promise<readonly SigningKeyRow[]>;
}

/** Signing with what was read longer ago could use a key that others have stopped publishing. */
const STALE_MS = 60_000;

interface Loaded {
  readonly rows: readonly SigningKeyRow[];
  readonly active: ReadonlyMap<string, PrivateKey>;
  readonly published: readonly Jwk[];
  readonly keySet: KeySet;
  readonly at: number;
}

/**
 * Loads the signing keys, made at the first start: one active and one next of each algorithm. Of several servers that start at once on
 * an empty database, one makes them.
 *
 * @param algs  Algorithms that the start waits for.
 * @throws {TypeError} when they were sealed under a secret that isn't given.
 */
export async function loadSigningKeys(
  store: Store,
  secrets: Secrets,
  algs: readonly KeyPairAlgorithm[],
): Promise<SigningKeys> {
  await ensureKeys(store, secrets, algs);
  const opened = new Map<string, PrivateKey>();

  async function read(): Promise<Loaded> {
    const rows = await store.listSigningKeys();
    for (const row of rows) if (!opened.has(row.kid)) opened.set(row.kid, open(row, secrets));
    for (const kid of opened.keys()) if (!rows.some((row) => row.kid === kid)) opened.delete(kid);
    await reseal(store, secrets, rows, opened);
    const published = rows.map((row) => JSON.parse(row.publicJwk) as Jwk);
    const active = new Map(
      rows.flatMap(({ alg, state, kid }) => {
        const key = state === 'active' ? opened.get(kid) : undefined;
        return key === undefined ? [] : [[alg, key] as const];
      }),
    );
    return {
      rows,
      active,
      published,
      keySet: createKeySet(published.map((jwk) => importPublicJwk(jwk))),
      at: performance.now(),
    };
  }

  let loaded = await read();
  return {
    active(alg) {
      if (performance.now() - loaded.at > STALE_MS)
        throw new StoreFailed('the signing keys were not read for a minute');
      const key = loaded.active.get(alg);
      if (key === undefined) throw new StoreFailed(`there is no ${alg} key yet`);
      return key;
    },
    get published() {
      return loaded.published;
    },
    keySet: {
      find: (kid) => loaded.keySet.find(kid),
      get kids() {
        return loaded.keySet.kids;
      },
    },
    async reload() {
      loaded = await read();
      return loaded.rows;
    },
  };
}

/** Makes one active and one next key of each algorithm that has none. */
export async function ensureKeys(store: Store, secrets: Secrets, algs: readonly KeyPairAlgorithm[]): Promise<void> {
  const there = new Set((await store.listSigningKeys()).map(({ alg }) => alg));
  for (const alg of algs) {
    if (there.has(alg)) continue;
    const { now } = await store.readState();
    const made = [await makeKey(alg, secrets), await makeKey(alg, secrets)];
    await store.ensureSigningKeys(
      made.map((row, i) => ({ ...row, state: i === 0 ? 'active' : 'next', createdAt: now, since: now })),
    );
  }
}

/** A key that waits to be given its place. */
export async function makeKey(alg: KeyPairAlgorithm, secrets: Secrets): Promise<SigningKeyRow> {
  const key = await generatePrivateKeyAsync(alg);
  return {
    kid: key.kid,
    alg,
    publicJwk: JSON.stringify(exportPublicJwk(key)),
    sealedPrivateJwk: seal(secrets.current, JSON.stringify(exportPrivateJwk(key)), key.kid),
    secretId: secrets.current.id,
    state: 'next',
    createdAt: 0,
    since: 0,
  };
}

async function reseal(
  store: Store,
  secrets: Secrets,
  rows: readonly SigningKeyRow[],
  opened: ReadonlyMap<string, PrivateKey>,
): Promise<void> {
  const { current } = secrets;
  const anew = rows.flatMap((row) => {
    const key = row.secretId === current.id ? undefined : opened.get(row.kid);
    if (key === undefined) return [];
    const sealedPrivateJwk = seal(current, JSON.stringify(exportPrivateJwk(key)), row.kid);
    return [{ ...row, sealedPrivateJwk, secretId: current.id }];
  });
  if (anew.length > 0) await store.resealSigningKeys(anew);
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
