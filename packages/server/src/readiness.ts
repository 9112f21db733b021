import type { SigningKeys } from './keys/signing-keys.ts';
import type { FeedPublisher } from './revocations/publisher.ts';
import { type Store, StoreFailed } from './stores/store.ts';

/** What a server is not ready for want of. */
export type Missing = 'draining' | 'database' | 'schema' | 'keys' | 'publisher';

/** Whether a balancer should send requests here. */
export interface Readiness {
  /** The first thing that is missing, or nothing. */
  find(): Promise<Missing | undefined>;
  /** From now on it is not ready, though it goes on answering what comes. */
  drain(): void;
}

/** As long as a verifier waits before it is stale: a publisher that was quiet for that long serves nobody. */
const QUIET_MS = 5_000;
const SCHEMA_EVERY_MS = 10_000;

export interface ReadinessOptions {
  readonly store: Store;
  readonly keys: SigningKeys;
  readonly feed: FeedPublisher;
}

export function createReadiness({ store, keys, feed }: ReadinessOptions): Readiness {
  let draining = false;
  // opening the store looked at it
  let schemaSeenAt = performance.now();
  let schemaUsable = true;

  async function lookAtSchema(): Promise<void> {
    const at = performance.now();
    if (at - schemaSeenAt < SCHEMA_EVERY_MS) return;
    schemaUsable = await store.isSchemaUsable();
    schemaSeenAt = at;
  }

  return {
    async find() {
      if (draining) return 'draining';
      try {
        await store.readState();
        await lookAtSchema();
      } catch (error) {
        if (error instanceof StoreFailed) return 'database';
        throw error;
      }
      if (!schemaUsable) return 'schema';
      if (keys.published.length === 0) return 'keys';
      return feed.quietMs > QUIET_MS ? 'publisher' : undefined;
    },
    drain() {
      draining = true;
    },
  };
}
