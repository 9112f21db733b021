import type { JwkSet, JwtSigner } from '@mapae/jwt';
import type { EncryptedJwtSigner, EncryptionKey } from '@mapae/jwt/jwe';
import type { LogEntry } from '../options.ts';
import { Problem } from '../problem.ts';
import type { ResourceSettings } from '../resource-options.ts';
import { fetchJwkSet } from './fetch-jwk-set.ts';

/** Encrypts signed tokens for one API. docs/adr/0028 */
export interface TokenEncrypter {
  /** @throws {Problem} `server/unavailable` where the API's key can't be had. @throws {SigningRefused} */
  sign(signer: Pick<JwtSigner, 'signAsync'>, claims: Readonly<Record<string, unknown>>): Promise<string>;
}

export interface TokenEncrypterOptions {
  readonly encryption: NonNullable<ResourceSettings['encryption']>;
  readonly audience: string;
  readonly log: (entry: LogEntry) => void;
}

/** A set is read again after this long; the old one serves meanwhile, and while it can't be read. */
const FRESH_MS = 10 * 60_000;
const USABLE_MS = 24 * 3_600_000;
/** After a failure nothing is asked for so long. */
const COOLDOWN_MS = 5_000;

type Jwe = typeof import('@mapae/jwt/jwe');

/**
 * Loads what encrypts, and the key where it was given.
 *
 * @throws {TypeError} where `jose` isn't installed, or there is no key for encryption among those that were given.
 */
export async function createTokenEncrypter(options: TokenEncrypterOptions): Promise<TokenEncrypter> {
  const jwe = await loadJwe();
  const findKey = await keySource(jwe, options);
  let made: { readonly key: EncryptionKey; readonly signers: WeakMap<object, EncryptedJwtSigner> } | undefined;
  return {
    async sign(signer, claims) {
      const encryptionKey = await findKey();
      if (made?.key !== encryptionKey) made = { key: encryptionKey, signers: new WeakMap() };
      const { signers } = made;
      const known = signers.get(signer) ?? jwe.createEncryptedJwtSigner({ signer, encryptionKey });
      signers.set(signer, known);
      return known.sign(claims);
    },
  };
}

async function loadJwe(): Promise<Jwe> {
  try {
    return await import('@mapae/jwt/jwe');
  } catch (cause) {
    throw new TypeError('resources: encryption needs the package jose: npm i jose', { cause });
  }
}

async function keySource(jwe: Jwe, options: TokenEncrypterOptions): Promise<() => Promise<EncryptionKey>> {
  const { encryption, audience, log } = options;
  const { keys, jwksUri } = encryption;
  if (jwksUri === undefined) {
    const key = firstEncryptionKey(jwe, keys ?? { keys: [] });
    if (key === undefined) throw new TypeError('resources: encryption.keys holds no key for encryption');
    return () => Promise.resolve(key);
  }
  let current: { readonly key: EncryptionKey; readonly at: number } | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;

  async function read(address: string): Promise<void> {
    triedAt = performance.now();
    try {
      const key = firstEncryptionKey(jwe, await fetchJwkSet(address));
      if (key === undefined) throw new TypeError('no key for encryption');
      current = { key: current?.key.kid === key.kid ? current.key : key, at: performance.now() };
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      log({ level: 'error', event: 'encryption.no-key', resource: audience, reason });
    }
  }

  const refresh = (): Promise<void> => {
    if (performance.now() - triedAt < COOLDOWN_MS && running === undefined) return Promise.resolve();
    running ??= read(jwksUri).finally(() => {
      running = undefined;
    });
    return running;
  };

  return async () => {
    const age = current === undefined ? Number.POSITIVE_INFINITY : performance.now() - current.at;
    // renewed in the background
    if (age > USABLE_MS) await refresh();
    else if (age > FRESH_MS) void refresh();
    if (current === undefined || performance.now() - current.at > USABLE_MS)
      // never signed only: who reads it is the API's choice and not the network's
      throw new Problem('server/unavailable', { detail: 'the key of the API can not be had right now' });
    return current.key;
  };
}

/** RFC 7517 §5: keys that aren't understood are passed over. */
function firstEncryptionKey(jwe: Jwe, { keys }: JwkSet): EncryptionKey | undefined {
  for (const jwk of keys) {
    if (jwk.use !== 'enc') continue;
    try {
      return jwe.importEncryptionJwk(jwk, jwk.alg === undefined ? { alg: 'ECDH-ES' } : {});
    } catch {
      // the next one may be
    }
  }
  return undefined;
}
