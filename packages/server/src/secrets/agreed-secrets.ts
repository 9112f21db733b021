import { randomUUID } from 'node:crypto';
import type { SecretAgreement } from '../stores/secret-store.ts';
import { type Store, StoreFailed } from '../stores/store.ts';
import { deriveSecrets, type Secret, type Secrets } from './secrets.ts';

/** Secrets of this server, with what all servers on the database agree on: which one makes new things, which are dropped. */
export interface AgreedSecrets extends Secrets {
  /** Says that this server lives and which secrets it accepts, and hears which is in use. @throws {StoreFailed} */
  announce(): Promise<void>;
  /** This server is not waited for any more. */
  leave(): Promise<void>;
}

/**
 * Joins the servers on a database. The first secret given comes into use once every live server accepts it; until then the one in
 * use stays, so that no server hands out what another refuses.
 *
 * @throws {TypeError} where the secret in use is not among those given.
 */
export async function joinSecrets(store: Store, values: readonly string[], startedAt: number): Promise<AgreedSecrets> {
  const own = deriveSecrets(values);
  const me = { id: randomUUID(), secretIds: own.ids, startedAt };
  let agreement: SecretAgreement = await store.announceReplica(me);
  if (agreement.inUse === undefined || own.find(agreement.inUse) === undefined) {
    await store.forgetReplica(me.id);
    throw new TypeError(
      'secrets: the one that is in use on this database is not among those given; give it too, behind the new one, ' +
        'and take it away when `mapae secret status` says that nothing depends on it',
    );
  }
  if (own.current.id !== agreement.inUse && !agreement.dropped.includes(own.current.id))
    agreement = await store.wantSecret(own.current.id);

  const find = (id: string): Secret | undefined => (agreement.dropped.includes(id) ? undefined : own.find(id));
  return {
    ids: own.ids,
    get current() {
      const secret = find(agreement.inUse ?? '');
      // this server was away while the others agreed on a secret that it doesn't have
      if (secret === undefined) throw new StoreFailed('the secret in use is not known to this server');
      return secret;
    },
    find,
    async announce() {
      agreement = await store.announceReplica(me);
    },
    leave: () => store.forgetReplica(me.id),
  };
}
