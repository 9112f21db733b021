import type { LogEntry } from '../options.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Store } from '../stores/store.ts';
import { resealTokens } from './upstream-tokens.ts';

/** Sees to it, in the background, that tokens of providers rest under the secret in use. */
export interface Resealing {
  close(): Promise<void>;
}

const LOOK_MS = 1_000;
/** Another server may have sealed something under the old secret before it heard of the new one. */
const AGAIN_MS = 30_000;

export interface ResealingOptions {
  readonly store: Pick<Store, 'listTokensUnder' | 'resealTokens'>;
  readonly secrets: Secrets;
  readonly log: (entry: LogEntry) => void;
}

/** Only a server that was given several secrets has anything to look for: it looks when another one comes into use, and twice a minute. */
export function startResealing({ store, secrets, log }: ResealingOptions): Resealing {
  const last = { id: '', at: Number.NEGATIVE_INFINITY };
  let running: Promise<void> | undefined;

  async function look(): Promise<void> {
    const { current } = secrets;
    if (current.id === last.id && performance.now() - last.at < AGAIN_MS) return;
    const others = secrets.ids.filter((id) => id !== current.id).flatMap((id) => secrets.find(id) ?? []);
    const resealed = await resealTokens(store, current, others);
    Object.assign(last, { id: current.id, at: performance.now() });
    if (resealed > 0) log({ level: 'info', event: 'social.resealed', count: resealed });
  }

  if (secrets.ids.length < 2) return { close: async () => {} };
  const timer = setInterval(() => {
    running ??= look()
      .catch((error: unknown) =>
        log({ level: 'debug', event: 'social.not-resealed', reason: error instanceof Error ? error.name : 'unknown' }),
      )
      .finally(() => {
        running = undefined;
      });
  }, LOOK_MS).unref();
  return {
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}
