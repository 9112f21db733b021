import type { LogEntry } from './options.ts';
import type { Store } from './stores/store.ts';

/** Removes what is over, in the background. */
export interface CleanUp {
  close(): void;
}

const STEP_MS = 2_000;
/** Rows looked at in one step: a millisecond or two of the database. */
const PAGE = 200;
/** Records of opaque tokens: short lives, many of them. */
const TOKENS = 1_000;

/** Events are told within a minute or two of the first refusal that they count. */
const REFUSALS_TOLD_AFTER_SECONDS = 60;
const REFUSALS_AT_ONCE = 100;
/** Old events are looked for each so many steps: once a minute. */
const AUDIT_EVERY = 30;

export interface CleanUpOptions {
  readonly store: Pick<
    Store,
    'removeOverSessions' | 'removeOverGrants' | 'pruneAccessTokens' | 'settleRefusals' | 'pruneAudit'
  >;
  readonly log: (entry: LogEntry) => void;
  /** Events are kept for so long. */
  readonly auditSeconds: number;
  readonly stepMs?: number;
}

/**
 * Walks through sessions and grants a page at a time, over and over; makes events of what was counted, and removes old ones. A step that fails is
 * tried again later: nothing depends on it but the size of the tables.
 */
export function startCleanUp({ store, log, auditSeconds, stepMs = STEP_MS }: CleanUpOptions): CleanUp {
  const walkSessions = createWalk('clean-up.sessions', (after) => store.removeOverSessions(after, PAGE), log);
  const walkGrants = createWalk('clean-up.grants', (after) => store.removeOverGrants(after, PAGE), log);
  let steps = 0;
  let busy = false;

  async function pruneAudit(): Promise<void> {
    let pruned = 0;
    for (let page = PAGE; page === PAGE; pruned += page) page = await store.pruneAudit(auditSeconds, PAGE);
    if (pruned > 0) log({ level: 'info', event: 'clean-up.audit', removed: pruned });
  }

  async function step(): Promise<void> {
    await store.settleRefusals(REFUSALS_TOLD_AFTER_SECONDS, REFUSALS_AT_ONCE);
    if (steps++ % AUDIT_EVERY === 0) await pruneAudit();
    await store.pruneAccessTokens(TOKENS);
    await walkSessions();
    await walkGrants();
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

type Page = Awaited<ReturnType<Store['removeOverSessions']>>;

/** One page at each call, from the start again after the last one. */
function createWalk(
  event: string,
  removePage: (after: string | undefined) => Promise<Page>,
  log: CleanUpOptions['log'],
): () => Promise<void> {
  let after: string | undefined;
  let removed = 0;
  return async () => {
    const page = await removePage(after);
    removed += page.removed;
    after = page.next;
    if (after !== undefined || removed === 0) return;
    log({ level: 'info', event, removed });
    removed = 0;
  };
}
