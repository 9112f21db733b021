import { createHmac } from 'node:crypto';
import { Problem } from '../problem.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { RateLimit } from '../stores/rate-limit-store.ts';
import type { Store } from '../stores/store.ts';
import type { KnownDevice } from './known-device.ts';
import { networksOf } from './network.ts';

/** How often the same may be tried. Judged before anything dear is done. docs/defaults.md */
export interface Limits {
  /** @throws {TooMany} the same for an address that has an account and one that hasn't. */
  beginSignIn(attempt: SignInAttempt): Promise<Counted>;
  /** @throws {TooMany} */
  countSignUp(ip: string | undefined): Promise<void>;
  /** Counts a step of a sign-in through a provider, each of which makes the server ask elsewhere. @throws {TooMany} */
  countSocial(ip: string | undefined): Promise<void>;
  /** Counts a mail to an address that somebody at `ip` asked for; undefined where the address alone counts. @throws {TooMany} */
  countMail(email: string, ip: string | undefined): Promise<void>;
  /** Counts a mail about a sign-in to a user; its own bucket, so that nobody stops it by asking for other mails. @throws {TooMany} */
  countSignInMail(userId: string): Promise<void>;
  /** Takes back the failed sign-ins at an address: whoever was locked out by them is let in. */
  forgive(email: string): Promise<void>;
}

export interface SignInAttempt {
  /** Normalised. */
  readonly email: string;
  readonly password: string;
  readonly ip: string | undefined;
  readonly device: KnownDevice | undefined;
}

/** A limit is reached: `request/too-many`, and which limit it was, for the audit log alone. RFC 6585 §4 */
export class TooMany extends Problem {
  /** `sign-in:account` and the like. */
  readonly limit: string;

  constructor(limit: string, retryAfterMs: number) {
    super('request/too-many', { headers: { 'retry-after': String(Math.ceil(retryAfterMs / SECOND)) } });
    this.limit = limit;
  }
}

export interface Counted {
  /** It was no failure: it doesn't count. */
  takeBack(): Promise<void>;
}

interface Rule {
  readonly burst: number;
  readonly everyMs: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** So many failures at once, then one more each so often. */
const RULES = {
  // guessing at one account, from wherever
  'sign-in:account': { burst: 10, everyMs: MINUTE },
  // the person's own device: what strangers do at the account doesn't count here
  'sign-in:device': { burst: 10, everyMs: 30 * SECOND },
  'sign-in:network': { burst: 50, everyMs: 5 * SECOND },
  'sign-in:wide-network': { burst: 200, everyMs: SECOND },
  // one password at many accounts, from many places
  'sign-in:password': { burst: 20, everyMs: MINUTE },
  'sign-up:network': { burst: 20, everyMs: MINUTE },
  'sign-up:wide-network': { burst: 100, everyMs: 10 * SECOND },
  'social:network': { burst: 60, everyMs: SECOND },
  'social:wide-network': { burst: 300, everyMs: 200 },
  // links to ever new addresses
  'mail:network': { burst: 30, everyMs: 30 * SECOND },
  'mail:wide-network': { burst: 150, everyMs: 5 * SECOND },
  'mail:address': { burst: 3, everyMs: 5 * MINUTE },
  'mail:sign-in': { burst: 5, everyMs: 10 * MINUTE },
} as const satisfies Record<string, Rule>;

type RuleName = keyof typeof RULES;
type Take = readonly [rule: RuleName, value: string];

interface NamedLimit extends RateLimit {
  readonly rule: RuleName;
}

const REFUSALS_KEPT = 10_000;
/** Each so many takes, more are removed than were added. */
const PRUNE_EVERY = 64;
const PRUNED = 256;

export interface LimitsOptions {
  readonly store: Pick<Store, 'takeRateLimit' | 'giveBackRateLimit' | 'pruneRateLimits'>;
  readonly secrets: Secrets;
  /** Milliseconds of a clock that only moves forward. */
  readonly monotonic: () => number;
}

export function createLimits({ store, secrets, monotonic }: LimitsOptions): Limits {
  /** What the store refused: until then it needn't be asked again, and a flood doesn't reach it. */
  const refusedUntil = new Map<string, number>();
  let takes = 0;

  function limitOf([rule, value]: Take): NamedLimit {
    const mac = createHmac('sha256', secrets.current.limitKey).update(rule).update('\0').update(value).digest();
    return { rule, key: new Uint8Array(mac.subarray(0, 16)), ...RULES[rule] };
  }

  function checkRefused(limit: NamedLimit): void {
    const name = nameOf(limit);
    const until = refusedUntil.get(name);
    if (until === undefined) return;
    const left = until - monotonic();
    if (left > 0) throw new TooMany(limit.rule, left);
    refusedUntil.delete(name);
  }

  async function take(limit: NamedLimit): Promise<void> {
    const verdict = await store.takeRateLimit(limit);
    if (verdict.taken) return;
    const [oldest] = refusedUntil.keys();
    if (refusedUntil.size >= REFUSALS_KEPT && oldest !== undefined) refusedUntil.delete(oldest);
    refusedUntil.set(nameOf(limit), monotonic() + verdict.retryAfterMs);
    throw new TooMany(limit.rule, verdict.retryAfterMs);
  }

  async function giveBack(taken: readonly RateLimit[]): Promise<void> {
    await Promise.all(taken.map((limit) => store.giveBackRateLimit(limit)));
  }

  /** Takes from every bucket, or from none: what is refused is judged by nobody, so it is no failure that counts elsewhere. */
  async function takeAll(all: readonly Take[]): Promise<readonly RateLimit[]> {
    takes += 1;
    // what can't be removed now is removed the next time
    if (takes % PRUNE_EVERY === 0) await store.pruneRateLimits(PRUNED).catch(() => {});
    const limits = all.map(limitOf);
    limits.forEach(checkRefused);
    const taken: RateLimit[] = [];
    try {
      for (const limit of limits) {
        await take(limit);
        taken.push(limit);
      }
    } catch (error) {
      await giveBack(taken);
      throw error;
    }
    return taken;
  }

  return {
    async beginSignIn({ email, password, ip, device }) {
      const own: readonly Take[] =
        device === undefined
          ? [
              ['sign-in:account', email],
              ['sign-in:password', password],
            ]
          : [['sign-in:device', device.id]];
      const taken = await takeAll([...networkTakes('sign-in', ip), ...own]);
      return {
        takeBack: () => giveBack(taken),
      };
    },
    async countSignUp(ip) {
      await takeAll(networkTakes('sign-up', ip));
    },
    async countSocial(ip) {
      await takeAll(networkTakes('social', ip));
    },
    async forgive(email) {
      const limit = limitOf(['sign-in:account', email]);
      refusedUntil.delete(nameOf(limit));
      for (let taken = 0; taken < limit.burst; taken += 1) await store.giveBackRateLimit(limit);
    },
    async countMail(email, ip) {
      await takeAll([...networkTakes('mail', ip), ['mail:address', email]]);
    },
    async countSignInMail(userId) {
      await takeAll([['mail:sign-in', userId]]);
    },
  };
}

function nameOf({ key }: RateLimit): string {
  return Buffer.from(key).toString('base64url');
}

function networkTakes(what: 'sign-in' | 'sign-up' | 'social' | 'mail', ip: string | undefined): readonly Take[] {
  const networks = networksOf(ip);
  if (networks === undefined) return [];
  const narrow: Take = [`${what}:network`, networks.narrow];
  return networks.wide === undefined ? [narrow] : [narrow, [`${what}:wide-network`, networks.wide]];
}
