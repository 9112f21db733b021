import { setTimeout as pause } from 'node:timers/promises';
import { median } from '../harness/statistics.ts';
import { type Api, askRole, askStatus } from './api-processes.ts';
import type { Contestant, Person } from './contestant.ts';

/** Until every process felt it, ms; undefined where that never came within the limit. */
export interface FeltFigures {
  readonly signOutMs: number | undefined;
  readonly roleMs: number | undefined;
}

const LIMIT_MS = 10_000;
const SLOW_PAUSE_MS = 1_000;
/** How much longer than its settings say is waited for. */
const SLACK_MS = 5_000;

/** A sign-out and a changed role, each several times; what is slow by its settings is left to {@link followSlow}. */
export async function measureFelt(contestant: Contestant, apis: readonly Api[], times: number): Promise<FeltFigures> {
  const { slow = {} } = contestant;
  const signOut: (number | undefined)[] = [];
  const role: (number | undefined)[] = [];
  for (let time = 0; time < times; time++) {
    if (slow.signOut === undefined) signOut.push(await signOutFelt(contestant, apis, LIMIT_MS, 0));
    if (slow.role === undefined) role.push(await roleFelt(contestant, apis, LIMIT_MS, 0));
  }
  return { signOutMs: middle(signOut), roleMs: middle(role) };
}

/** What takes as long as a setting says, followed from now on: an answer each second. Resolves when it was felt. */
export async function followSlow(contestant: Contestant, apis: readonly Api[]): Promise<FeltFigures> {
  const { slow = {} } = contestant;
  const follow = (measure: typeof signOutFelt, seconds: number | undefined): Promise<number | undefined> | undefined =>
    seconds === undefined ? undefined : measure(contestant, apis, seconds * 1_000 + SLACK_MS, SLOW_PAUSE_MS);
  const [signOutMs, roleMs] = await Promise.all([follow(signOutFelt, slow.signOut), follow(roleFelt, slow.role)]);
  return { signOutMs, roleMs };
}

function middle(values: readonly (number | undefined)[]): number | undefined {
  const felt = values.filter((value) => value !== undefined);
  return felt.length < values.length || felt.length === 0 ? undefined : median(felt);
}

async function signOutFelt(
  contestant: Contestant,
  apis: readonly Api[],
  limitMs: number,
  pauseMs: number,
): Promise<number | undefined> {
  const person = await signedIn(contestant, apis);
  const headers = person.headers();
  const began = performance.now();
  await person.signOut();
  return untilAll(apis, began + limitMs, pauseMs, async (port) => (await askStatus(port, headers)) === 401).then(
    (felt) => (felt ? performance.now() - began : undefined),
  );
}

let made = 0;

async function roleFelt(
  contestant: Contestant,
  apis: readonly Api[],
  limitMs: number,
  pauseMs: number,
): Promise<number | undefined> {
  const person = await signedIn(contestant, apis);
  const role = `role-${made++}`;
  const began = performance.now();
  await person.promote(role);
  const felt = await untilAll(apis, began + limitMs, pauseMs, async (port) => {
    const answer = await askRole(port, person.headers());
    // a token that is over: a client refreshes, and has the role in the next one
    if (answer.status === 401 && person.renew !== undefined) await person.renew();
    // where nothing can be renewed, the old role is over when the credential is
    return answer.role === role || (answer.status === 401 && person.renew === undefined);
  });
  return felt ? performance.now() - began : undefined;
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

async function untilAll(
  apis: readonly Api[],
  until: number,
  pauseMs: number,
  isFelt: (port: number) => Promise<boolean>,
): Promise<boolean> {
  for (const { ready } of apis) {
    while (!(await isFelt(ready.port))) {
      if (performance.now() > until) return false;
      if (pauseMs > 0) await pause(pauseMs);
    }
  }
  return true;
}
