import { type Algorithm, importJwkSet, KeyRejected, type KeySet } from '@mapae/jwt';
import { SocialFailed } from './failure.ts';
import { type ProviderFetch, readJson } from './provider-fetch.ts';

/** Keys of a provider's ID tokens, fetched when one is needed. RFC 7517 §5 */
export interface ProviderKeys {
  /**
   * Keys among which `kid` is, if the provider has it.
   *
   * @param trusted  The token came from the provider itself: a key that isn't known was made a moment ago. From anybody else it may be
   *   one of a flood, and the keys are fetched again at most once in ten seconds.
   * @throws {SocialFailed}
   */
  find(jwksUri: string, kid: string | undefined, trusted: boolean): Promise<KeySet>;
  /** They are fetched again when one is needed next: one of them is not what it was. */
  forget(): void;
}

export interface ProviderKeysOptions {
  readonly fetch: ProviderFetch;
  readonly algorithms: readonly Algorithm[];
  /** Milliseconds of a clock that only moves forward. */
  readonly monotonic: () => number;
}

const MAX_AGE_MS = 10 * 60_000;
const COOLDOWN_MS = 10_000;
const MOST_KEYS = 100;

export function createProviderKeys({ fetch, algorithms, monotonic }: ProviderKeysOptions): ProviderKeys {
  let known: { readonly keys: KeySet; readonly at: number; readonly uri: string } | undefined;
  let running: Promise<KeySet> | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;

  async function fetchKeys(uri: string): Promise<KeySet> {
    const response = await fetch(uri, { headers: { accept: 'application/json' } });
    if (response.status !== 200) throw new SocialFailed('provider-answer', 'keys-status');
    const jwks = await readJson(response);
    const listed = typeof jwks === 'object' && jwks !== null && 'keys' in jwks ? jwks.keys : undefined;
    if (Array.isArray(listed) && listed.length > MOST_KEYS) throw new SocialFailed('provider-answer', 'keys-many');
    try {
      const keys = importJwkSet(jwks, { algorithms });
      known = { keys, at: monotonic(), uri };
      return keys;
    } catch (cause) {
      if (cause instanceof KeyRejected) throw new SocialFailed('provider-answer', 'keys-malformed', { cause });
      throw cause;
    }
  }

  function refresh(uri: string): Promise<KeySet> {
    triedAt = monotonic();
    running ??= fetchKeys(uri).finally(() => {
      running = undefined;
    });
    return running;
  }

  return {
    async find(uri, kid, trusted) {
      const fresh = known !== undefined && known.uri === uri && monotonic() - known.at < MAX_AGE_MS;
      if (known === undefined || !fresh) return refresh(uri);
      const isKnown = kid !== undefined && known.keys.find(kid) !== undefined;
      if (isKnown || (!trusted && monotonic() - triedAt < COOLDOWN_MS)) return known.keys;
      return refresh(uri);
    },
    forget() {
      known = undefined;
    },
  };
}
