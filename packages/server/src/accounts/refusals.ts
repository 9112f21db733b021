import { setTimeout as sleep } from 'node:timers/promises';
import { TooMany } from '../limits/limits.ts';
import { networkName } from '../limits/network.ts';
import type { LogEntry } from '../options.ts';
import { Problem } from '../problem.ts';
import type { AuditEventName, Refusal } from '../stores/account-store.ts';
import type { Store } from '../stores/store.ts';

/** Who was refused, in the audit log: each once, and a flood of them as a few numbers. docs/adr/0042 */
export interface Refusals {
  /** Keeps one that was judged. Resolves when it is durable: what can't be kept is not answered. @throws {StoreFailed} */
  keep(attempt: Attempt & { readonly userId: string | undefined; readonly reason: string }): Promise<void>;
  /**
   * Runs what is limited, and counts it where the limit is reached. That reaches the database within a second and not at once: the limits are
   * there so that a flood does not.
   */
  counting<T>(attempt: Attempt & Subject, limited: () => Promise<T>): Promise<T>;
  /** Writes what is still counted here. */
  close(): Promise<void>;
}

export interface Attempt {
  readonly event: AuditEventName;
  readonly ip: string | undefined;
}

/** Whose account it is about, where that is known or can be asked. An address without an account is written nowhere. */
export interface Subject {
  readonly userId?: string;
  readonly email?: string;
}

export interface RefusalsOptions {
  readonly store: Pick<Store, 'countRefusals' | 'findUserByEmail'>;
  /** Milliseconds of a clock that only moves forward. */
  readonly monotonic: () => number;
  readonly log: (entry: LogEntry) => void;
}

const FLUSH_MS = 1_000;
/** Those judged within this share a write: each is a wait for the disk, in an embedded database of the whole process. */
const TOGETHER_MS = 50;
const MINUTE_MS = 60_000;
/** So many that differ are told apart in a minute; of more the network is not kept, and then not the account either. */
const TOLD_APART = 100;
/** Limits that are about one account; the others are reached by whoever is on a network, or types a password. */
const OF_ACCOUNT = new Set(['sign-in:account', 'sign-in:device', 'mail:address']);

interface Pending {
  readonly refusal: Omit<Refusal, 'count'>;
  /** Whose account it is, is asked when it is written. */
  readonly email: string | undefined;
  count: number;
}

export function createRefusals({ store, monotonic, log }: RefusalsOptions): Refusals {
  let pending = new Map<string, Pending>();
  let minuteBegan = monotonic();
  const told = { exactly: new Set<string>(), roughly: new Set<string>() };

  /** As exact as there is room for in this minute. */
  function bound(one: Pending): Pending {
    if (monotonic() - minuteBegan >= MINUTE_MS) {
      minuteBegan = monotonic();
      told.exactly.clear();
      told.roughly.clear();
    }
    if (fits(told.exactly, nameOf(one))) return one;
    const rough = { ...one, refusal: { ...one.refusal, ip: undefined } };
    if (fits(told.roughly, nameOf(rough))) return rough;
    return { ...rough, refusal: { ...rough.refusal, userId: undefined }, email: undefined };
  }

  function add(one: Pending): void {
    const name = nameOf(one);
    const known = pending.get(name);
    if (known === undefined) pending.set(name, one);
    else known.count += one.count;
  }

  async function flush(): Promise<void> {
    if (pending.size === 0) return;
    const taken = [...pending.values()];
    pending = new Map();
    try {
      const counted: Refusal[] = [];
      for (const one of taken) counted.push({ ...(await attribute(one)), count: one.count });
      await store.countRefusals(mergeAlike(counted));
    } catch (error) {
      // they are told the next time
      taken.forEach(add);
      log({ level: 'warn', event: 'audit.deferred', reason: error instanceof Error ? error.name : 'unknown' });
    }
  }

  async function attribute({ refusal, email }: Pending): Promise<Omit<Refusal, 'count'>> {
    if (email === undefined) return refusal;
    return { ...refusal, userId: (await store.findUserByEmail(email))?.id };
  }

  const write = shareWrites((refusals) => store.countRefusals(mergeAlike(refusals)), monotonic);
  let flushing = Promise.resolve();
  const timer = setInterval(() => {
    flushing = flushing.then(flush);
  }, FLUSH_MS).unref();

  return {
    async keep({ event, userId, ip, reason }) {
      const refusal = { event, userId, ip: networkName(ip), reason };
      const { refusal: kept } = bound({ refusal, email: undefined, count: 1 });
      await write({ ...kept, count: 1 });
    },
    async counting({ event, ip, userId, email }, limited) {
      try {
        return await limited();
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'request/too-many') throw error;
        const reason = error instanceof TooMany ? error.limit : 'busy';
        const refusal = { event, userId, ip: networkName(ip), reason };
        add(bound({ refusal, email: OF_ACCOUNT.has(reason) ? email : undefined, count: 1 }));
        throw error;
      }
    },
    async close() {
      clearInterval(timer);
      await flushing;
      await flush();
    },
  };
}

/** Writes the first of a calm at once, and those that come soon after it together. Each call resolves when its own is written. */
function shareWrites(
  writeAll: (refusals: readonly Refusal[]) => Promise<void>,
  monotonic: () => number,
): (refusal: Refusal) => Promise<void> {
  let lastAt = Number.NEGATIVE_INFINITY;
  let next: { readonly refusals: Refusal[]; readonly written: Promise<void> } | undefined;
  async function write(refusals: readonly Refusal[]): Promise<void> {
    await sleep(Math.max(0, lastAt + TOGETHER_MS - monotonic()));
    next = undefined;
    lastAt = monotonic();
    await writeAll(refusals);
  }
  return (refusal) => {
    if (next === undefined) {
      const refusals: Refusal[] = [];
      next = { refusals, written: write(refusals) };
    }
    next.refusals.push(refusal);
    return next.written;
  };
}

function fits(told: Set<string>, name: string): boolean {
  if (told.size < TOLD_APART) told.add(name);
  return told.has(name);
}

function nameOf({ refusal: { event, userId, ip, reason }, email }: Pending): string {
  return JSON.stringify([event, userId, email, ip, reason]);
}

/** Two addresses without an account are alike, once that is known; one statement must not count into a row twice. */
function mergeAlike(refusals: readonly Refusal[]): readonly Refusal[] {
  const merged = new Map<string, Refusal>();
  for (const { count, ...one } of refusals) {
    const name = JSON.stringify([one.event, one.userId, one.ip, one.reason]);
    merged.set(name, { ...one, count: count + (merged.get(name)?.count ?? 0) });
  }
  return [...merged.values()];
}
