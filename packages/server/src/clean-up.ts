import type { LogEntry } from './options.ts';
import type { Store } from './stores/store.ts';

/** Removes what is over, in the background. */
export interface CleanUp {
  close(): void;
}

const STEP_MS = 2_000;
/** Rows looked at in one step: a millisecond or two of the database. */
const PAGE = 200;

/**
 * Walks through the database a page at a time, over and over. A step that fails is tried again later: nothing
 * depends on it but the size of the tables.
 */
export function startCleanUp(store: Store, log: (entry: LogEntry) => void, stepMs: number = STEP_MS): CleanUp {
  let after: string | undefined;
  let removed = 0;
  let busy = false;

  async function step(): Promise<void> {
    const page = await store.removeOverSessions(after, PAGE);
    removed += page.removed;
    after = page.next;
    if (after !== undefined || removed === 0) return;
    log({ level: 'info', event: 'clean-up.sessions', removed });
    removed = 0;
  }

  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    step()
      .catch((error: unknown) =>
        log({ level: 'debug', event: 'clean-up.failed', reason: error instanceof Error ? error.name : 'unknown' }),
      )
      .finally(() => {
        busy = false;
      });
  }, stepMs).unref();
  return { close: () => clearInterval(timer) };
}
