import { importJwkSet, type JwkSet, type KeySet } from '@mapae/jwt';
import type { RemoteKeySet } from './remote-key-set.ts';

/** The keys of an issuer that were given: they are there at once and never change but by being taken out of force. */
export function fixedKeySet(jwks: JwkSet): RemoteKeySet {
  const keys = importJwkSet(jwks);
  const removed = new Set<string>();
  let generation = 0;
  const inForce: KeySet = {
    find: (kid) => (removed.has(kid) ? undefined : keys.find(kid)),
    get kids() {
      return keys.kids.filter((kid) => !removed.has(kid));
    },
  };
  return {
    current: inForce,
    get generation() {
      return generation;
    },
    // what was given is all there is
    mayLack: () => false,
    refresh: () => Promise.resolve(),
    remove(kids) {
      const there = kids.filter((kid) => inForce.find(kid) !== undefined);
      // of keys that were never given nothing needs to be remembered
      for (const kid of there) removed.add(kid);
      if (there.length > 0) generation++;
      return there.length > 0;
    },
  };
}
