import { hash, verify } from '@node-rs/argon2';
import { Problem } from '../problem.ts';

/** Hashes and checks passwords; bounded, so that a flood of sign-ins can't take the memory or the thread pool. */
export interface PasswordHasher {
  /** @returns A PHC string. @throws {Problem} `request/too-many` */
  hash(password: string): Promise<string>;
  /** Takes as long without a hash as with one: the time doesn't tell whether an account exists. @throws {Problem} `request/too-many` */
  verify(password: string, stored: string | undefined): Promise<boolean>;
  /**
   * Takes a place among those who run and wait, before anything else is done for an attempt: what a flood has no room for costs nothing. To be
   * left in any case. @throws {Problem} `request/too-many`
   */
  enter(): Place;
  /** True when a stored hash was made with other parameters than today's. */
  isOutdated(stored: string): boolean;
  load(): HashingLoad;
}

export interface Place {
  /** As those of {@link PasswordHasher}, and never refused. */
  verify(password: string, stored: string | undefined): Promise<boolean>;
  hash(password: string): Promise<string>;
  leave(): void;
}

export interface HashingLoad {
  readonly running: number;
  readonly waiting: number;
}

/** OWASP's setting: Argon2id, 19 MiB, two passes, one lane. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const;
const CURRENT = `$argon2id$v=19$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}$`;
/** Bounds on what a stored hash may ask for: a row that was tampered with must not take the machine. */
const FORM = /^\$argon2id\$v=19\$m=(\d{1,6}),t=(\d{1,2}),p=(\d)\$[A-Za-z0-9+/]{16,86}\$[A-Za-z0-9+/]{16,86}$/;
const AT_ONCE = 2;
const WAITING = 32;

/** @param random Source of salts. */
export function createPasswordHasher(random: (bytes: number) => Uint8Array): PasswordHasher {
  const limit = createLimit(AT_ONCE, WAITING);
  const make = (password: string): Promise<string> => hash(password, { ...PARAMETERS, salt: random(16) });
  // of a password that nobody has; made at the first need
  let decoy: Promise<string> | undefined;
  async function matches(password: string, stored: string | undefined): Promise<boolean> {
    const usable = stored !== undefined && isBounded(stored);
    decoy ??= make(Buffer.from(random(32)).toString('hex'));
    const isMatch = await verify(usable ? stored : await decoy, password);
    return usable && isMatch;
  }
  async function inPlace<T>(work: () => Promise<T>): Promise<T> {
    const leave = limit.enter();
    try {
      return await limit.run(work);
    } finally {
      leave();
    }
  }
  return {
    hash: (password) => inPlace(() => make(password)),
    verify: (password, stored) => inPlace(() => matches(password, stored)),
    enter() {
      const leave = limit.enter();
      return {
        verify: (password, stored) => limit.run(() => matches(password, stored)),
        hash: (password) => limit.run(() => make(password)),
        leave,
      };
    },
    isOutdated: (stored) => !stored.startsWith(CURRENT),
    load: () => limit.load(),
  };
}

function isBounded(stored: string): boolean {
  const [, memory, time, lanes] = FORM.exec(stored) ?? [];
  return Number(memory) <= 262_144 && Number(time) <= 10 && Number(lanes) <= 8;
}

interface Limit {
  /** @returns Gives the place back. @throws {Problem} `request/too-many` */
  enter(): () => void;
  /** Runs when it is its turn, for whoever has a place. */
  run<T>(work: () => Promise<T>): Promise<T>;
  load(): HashingLoad;
}

function createLimit(atOnce: number, waiting: number): Limit {
  let inside = 0;
  let running = 0;
  const queue: (() => void)[] = [];
  function enter(): () => void {
    if (inside >= atOnce + waiting) throw new Problem('request/too-many');
    inside += 1;
    return () => {
      inside -= 1;
    };
  }
  async function run<T>(work: () => Promise<T>): Promise<T> {
    // whoever ends hands its turn over, so `running` doesn't change
    if (running >= atOnce) await new Promise<void>((resolve) => queue.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  }
  return { enter, run, load: () => ({ running, waiting: queue.length }) };
}
