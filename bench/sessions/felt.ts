import { setTimeout as pause } from 'node:timers/promises';
import { median } from '../harness/statistics.ts';
import { type Api, askRole, askStatus } from './api-processes.ts';
import type { Contestant, Person } from './contestant.ts';

/** Until every process felt it, ms; undefined where that never came within the limit. */
export interface FeltFigures {
  readonly signOutMs: number | undefined;
  readonly roleMs: number | undefined;
}

/** Asked again and again. */
const AT_ONCE = { limitMs: 10_000, pauseMs: 0 };
const SLOW_PAUSE_MS = 1_000;
/** How much longer than its settings say is waited for. */
const SLACK_MS = 5_000;

/** A sign-out and a changed role, each several times; what is slow by its settings is left to {@link followSlow}. */
export async function measureFelt(contestant: Contestant, apis: readonly Api[], times: number): Promise<FeltFigures> {
  const { slow = {} } = contestant;
  const signOut: (number | undefined)[] = [];
  const role: (number | undefined)[] = [];
  for (let time = 0; time < times; time++) {
    if (slow.signOut === undefined) signOut.push(await signOutFelt(contestant, apis, AT_ONCE));
    if (slow.role === undefined) role.push(await roleFelt(contestant, apis, AT_ONCE));
  }
  return { signOutMs: middle(signOut), roleMs: middle(role) };
}

/** What takes as long as a setting says, followed from now on: an answer each second. Resolves when it was felt. */
export async function followSlow(contestant: Contestant, apis: readonly Api[]): Promise<FeltFigures> {
  const { slow = {} } = contestant;
  const follow = (measure: typeof signOutFelt, seconds: number | undefined): Promise<number | undefined> | undefined =>
    seconds === undefined
      ? undefined
      : measure(contestant, apis, { limitMs: seconds * 1_000 + SLACK_MS, pauseMs: SLOW_PAUSE_MS });
  const [signOutMs, roleMs] = await Promise.all([follow(signOutFelt, slow.signOut), follow(roleFelt, slow.role)]);
  return { signOutMs, roleMs };
}

function middle(values: readonly (number | undefined)[]): number | undefined {
  const felt = values.filter((value) => value !== undefined);
  return felt.length < values.length || felt.length === 0 ? undefined : median(felt);
}

type IsFelt = (port: number) => Promise<boolean>;

/** How long it is waited for, and how often every process is asked. */
interface Patience {
  readonly limitMs: number;
  readonly pauseMs: number;
}

/**
 * Makes a change to somebody who is signed in.
 *
 * @param ready  Readies the change, and what it is felt by.
 * @returns Milliseconds until every process felt it; undefined where that never came within the limit.
 */
async function felt(
  contestant: Contestant,
  apis: readonly Api[],
  { limitMs, pauseMs }: Patience,
  ready: (person: Person) => { readonly change: () => Promise<void>; readonly isFelt: IsFelt },
): Promise<number | undefined> {
  const person = await signedIn(contestant, apis);
  const { change, isFelt } = ready(person);
  const began = performance.now();
  await change();
  return (await untilAll(apis, began + limitMs, pauseMs, isFelt)) ? performance.now() - began : undefined;
}

function signOutFelt(contestant: Contestant, apis: readonly Api[], patience: Patience): Promise<number | undefined> {
  return felt(contestant, apis, patience, (person) => {
    const headers = person.headers();
    return {
      change: () => person.signOut(),
      isFelt: async (port) => (await askStatus(port, headers)) === 401,
    };
  });
}

let made = 0;

function roleFelt(contestant: Contestant, apis: readonly Api[], patience: Patience): Promise<number | undefined> {
  return felt(contestant, apis, patience, (person) => {
    const role = `role-${made++}`;
    return {
      change: () => person.promote(role),
      async isFelt(port) {
        const answer = await askRole(port, person.headers());
        // a token that is over: a client refreshes, and has the role in the next one
        if (answer.status === 401 && person.renew !== undefined) await person.renew();
        // where nothing can be renewed, the old role is over when the credential is
        return answer.role === role || (answer.status === 401 && person.renew === undefined);
      },
    };
  });
}

/** Somebody whom every process lets in. */
async function signedIn(contestant: Contestant, apis: readonly Api[]): Promise<Person> {
  const person = await contestant.signIn(apis[0]?.ready.port ?? 0);
  for (const { ready } of apis) {
    const status = await askStatus(ready.port, person.headers());
    if (status !== 200) throw new Error(`${contestant.title}: a process answered ${status} to somebody who signed in`);
  }
  return person;
}

async function untilAll(apis: readonly Api[], until: number, pauseMs: number, isFelt: IsFelt): Promise<boolean> {
  for (const { ready } of apis) {
    while (!(await isFelt(ready.port))) {
      if (performance.now() > until) return false;
      if (pauseMs > 0) await pause(pauseMs);
    }
  }
  return true;
}
