import { randomBytes } from 'node:crypto';
import { deriveSecrets } from '../secrets/secrets.ts';
import { resealTokens } from '../social/upstream-tokens.ts';
import type { Database } from '../stores/database.ts';
import type { SecretStatus } from '../stores/secret-store.ts';
import { parseAlg } from './signing-algs.ts';
import { ensureKeys, makeKey } from './signing-keys.ts';

/** Secrets and signing keys as their operator sees them, beside the servers that run on the database. */
export interface Keyring {
  /** Ids of the secrets that were given, in their order. */
  readonly secretIds: readonly string[];
  secretStatus(): Promise<SecretStatus>;
  /**
   * Asks for a secret to be used for what is new. It is, once every live server has said that it accepts it.
   *
   * @throws {TypeError} for one that was not given or has been dropped.
   */
  useSecret(id: string): Promise<'in-use' | 'waiting'>;
  /**
   * A secret is known to a stranger: nothing made under it is accepted from now on. Another of those given takes its place at once, everyone has to
   * sign in again (a new epoch), and every signing key is replaced. Kept tokens of providers are sealed anew, if the secret itself is among those
   * given. Can be run again where it was interrupted.
   *
   * @throws {TypeError} where no other secret was given.
   */
  dropSecret(id: string): Promise<void>;
  /** Without private halves. */
  listKeys(): Promise<readonly KeyListing[]>;
  /** The next key signs from now on, if it has been published for the lead. @returns Whether it was. */
  rotateKeys(alg: string): Promise<boolean>;
  /** Takes keys out of force at once: what they signed is refused by every verifier within a second. @returns Those that were there. */
  removeKeys(kids: readonly string[]): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface KeyListing {
  readonly kid: string;
  readonly alg: string;
  readonly state: 'next' | 'active' | 'retiring';
  /** Milliseconds since 1970 at which it was made, and came to its state. */
  readonly createdAt: number;
  readonly since: number;
  readonly secretId: string;
}

export interface KeyringOptions {
  readonly issuer: string;
  readonly database: Database;
  readonly secrets: readonly string[];
  /** As the servers have it. Default: 1 day. */
  readonly keyLeadSeconds?: number;
  readonly clock?: () => number;
  readonly random?: (bytes: number) => Uint8Array;
}

const DAY_SECONDS = 86_400;

/**
 * Opens the keyring of a database, for commands.
 *
 * @throws {StoreFailed} where the database can't be reached.
 */
export async function openKeyring(options: KeyringOptions): Promise<Keyring> {
  const own = deriveSecrets(options.secrets);
  const store = await options.database.open({
    issuer: options.issuer,
    random: options.random ?? ((bytes) => randomBytes(bytes)),
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });

  /** New things are sealed under the secret in use, which a server may have moved meanwhile. */
  async function agreed() {
    const { inUse, dropped } = await store.readSecrets();
    const current = inUse === undefined ? own.current : own.find(inUse);
    if (current === undefined)
      throw new TypeError('secrets: the one that is in use on this database is not among those given');
    return { current, dropped, find: own.find, ids: own.ids };
  }

  async function removeKeys(kids: readonly string[]): Promise<readonly string[]> {
    const secrets = await agreed();
    const algs = new Set((await store.listSigningKeys()).filter(({ kid }) => kids.includes(kid)).map(({ alg }) => alg));
    const spares = [];
    for (const alg of algs) for (let i = 0; i < 2; i += 1) spares.push(await makeKey(parseAlg(alg), secrets));
    return store.removeSigningKeys(kids, spares);
  }

  return {
    secretIds: own.ids,
    secretStatus: () => store.readSecrets(),

    async useSecret(id) {
      const { dropped } = await store.readSecrets();
      if (own.find(id) === undefined || dropped.includes(id))
        throw new TypeError('secrets: there is no such secret among those given, or it has been dropped');
      return (await store.wantSecret(id)).inUse === id ? 'in-use' : 'waiting';
    },

    async dropSecret(id) {
      const { dropped, inUse } = await store.readSecrets();
      const isGood = (one: string): boolean => one !== id && !dropped.includes(one);
      const successor = inUse !== undefined && isGood(inUse) ? inUse : own.ids.find(isGood);
      if (successor === undefined)
        throw new TypeError('secrets: give a new one too; it takes the place of the one that is dropped');
      await store.dropSecret(id, successor);
      // no server seals anything under it from here on
      const [bad, good] = [own.find(id), own.find(successor)];
      if (bad !== undefined && good !== undefined) await resealTokens(store, good, [bad]);
      await store.changeEpoch((await store.readState()).epoch);
      const kids = (await store.listSigningKeys()).map(({ kid }) => kid);
      await removeKeys(kids);
    },

    async listKeys() {
      const rows = await store.listSigningKeys();
      return rows.map(({ kid, alg, state, createdAt, since, secretId }) => ({
        kid,
        alg,
        state,
        createdAt,
        since,
        secretId,
      }));
    },

    async rotateKeys(alg) {
      const secrets = await agreed();
      await ensureKeys(store, secrets, [parseAlg(alg)]);
      const { promoted } = await store.rotateSigningKeys({
        spare: await makeKey(parseAlg(alg), secrets),
        rotationMs: 0,
        leadMs: (options.keyLeadSeconds ?? DAY_SECONDS) * 1000,
        due: 'now',
      });
      return promoted;
    },

    removeKeys,
    close: () => store.close(),
  };
}
