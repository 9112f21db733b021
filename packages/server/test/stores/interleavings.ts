import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Store } from '../../src/stores/store.ts';
import type { ParkingLot } from './parking-dialect.ts';

/** One process: a store of its own, whose statements can be held back. */
export interface Process {
  readonly store: Store;
  readonly lot: ParkingLot;
}

/** What a scenario does in each run: made anew, so that runs know nothing of each other. */
export interface Scenario {
  readonly requests: readonly ((store: Store) => Promise<unknown>)[];
  /** Judges what came of it, by the answers in the order of the requests. */
  check(answers: readonly unknown[], schedule: string): Promise<void>;
}

/** How a database holds statements up. */
export interface Holds {
  /** Where a step has the whole database to itself: nobody begins while another is inside. */
  readonly serial: boolean;
  /** Whether this many statements, which have not come back, wait for locks of others. */
  isBlocked(underWay: number): Promise<boolean>;
}

const MOST_RUNS = 2_000;

/**
 * Runs requests in every order in which their statements can follow one another. Which may go next is known, not raced: a statement
 * has come back, or the database says that it waits for a lock.
 *
 * @returns How many orders there are.
 */
export async function runEveryOrder(
  processes: readonly Process[],
  holds: Holds,
  prepare: () => Promise<Scenario>,
): Promise<number> {
  let path: number[] = [];
  for (let runs = 1; runs <= MOST_RUNS; runs += 1) {
    const scenario = await prepare();
    const taken = await runOnce(processes, { holds, scenario, path });
    const next = successor(taken);
    if (next === undefined) return runs;
    path = next;
  }
  throw new Error(`more than ${MOST_RUNS} orders`);
}

interface Choice {
  readonly chosen: number;
  readonly outOf: number;
}

interface Run {
  readonly holds: Holds;
  readonly scenario: Scenario;
  /** Choices to repeat; after them the first each time. */
  readonly path: readonly number[];
}

async function runOnce(processes: readonly Process[], { holds, scenario, path }: Run): Promise<readonly Choice[]> {
  const lots = processes.slice(0, scenario.requests.length).map(({ lot }) => lot);
  for (const lot of lots) lot.close();
  const done = new Set<number>();
  const answers = scenario.requests.map((request, i) => {
    const process = processes[i];
    if (process === undefined) throw new Error('more requests than processes');
    return request(process.store).finally(() => done.add(i));
  });
  const settled = Promise.allSettled(answers);
  const choices: Choice[] = [];
  const names: string[] = [];
  for (;;) {
    await settle(lots, done, holds);
    if (done.size === answers.length) break;
    // neither sees nor changes anything: its place in the order makes no difference
    const first = lots.find(({ parked }) => parked !== undefined && !inside(lots, holds) && isNeutral(parked.name));
    if (first?.parked !== undefined) {
      first.parked.go();
      continue;
    }
    const held = inside(lots, holds);
    const ready = lots.flatMap(({ parked }, i) =>
      parked === undefined || (held && parked.name === 'begin') ? [] : [{ i, parked }],
    );
    if (ready.length === 0) continue;
    const chosen = path[choices.length] ?? 0;
    const one = ready[chosen];
    if (one === undefined) throw new Error('a run did not repeat itself');
    choices.push({ chosen, outOf: ready.length });
    names.push(`${one.i}:${one.parked.name}`);
    one.parked.go();
  }
  for (const lot of lots) lot.open();
  const results = await settled;
  const schedule = names.join(' | ');
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw new Error(`a request failed in ${schedule}`, { cause: failed.reason });
  await scenario.check(
    results.map((result) => (result.status === 'fulfilled' ? (result.value as unknown) : undefined)),
    schedule,
  );
  return choices;
}

function inside(lots: readonly ParkingLot[], { serial }: Holds): boolean {
  return serial && lots.some(({ inTransaction }) => inTransaction);
}

/** PostgreSQL's `begin` takes no snapshot under read committed; in SQLite it is the whole lock. */
function isNeutral(name: string): boolean {
  return name === 'begin in PostgreSQL' || name.startsWith('select pg_advisory_xact_lock_shared');
}

/** Until every request is done, holds a statement back, or waits for a lock. */
async function settle(lots: readonly ParkingLot[], done: ReadonlySet<number>, { isBlocked }: Holds): Promise<void> {
  for (;;) {
    for (let turn = 0; turn < 4; turn += 1) await nextTurn();
    const moving = lots.filter((lot, i) => !done.has(i) && lot.parked === undefined);
    if (moving.length === 0 || (await isBlocked(moving.length))) return;
  }
}

/** The last choice that had another one left takes it; what came after it is open again. */
function successor(choices: readonly Choice[]): number[] | undefined {
  for (let i = choices.length - 1; i >= 0; i -= 1) {
    const choice = choices[i];
    if (choice !== undefined && choice.chosen + 1 < choice.outOf)
      return [...choices.slice(0, i).map(({ chosen }) => chosen), choice.chosen + 1];
  }
  return undefined;
}
