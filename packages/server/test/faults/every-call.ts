import type { FaultWorld } from './world.ts';

/** One endpoint that is asked to do its work. */
export interface Faulted {
  /** Makes whoever and whatever it needs, and what is asked of it. */
  readonly prepare: (world: FaultWorld) => Promise<() => Request>;
  readonly status: number;
  /** What a repetition is answered when it was done, and the answer was lost. Default: the same. */
  readonly again?: number;
  /** It is asked anew by somebody new each time: what was refused before would count. */
  readonly anew?: true;
  /** Where the work has two steps, each of them whole: whether these changes are what the first leaves. */
  readonly isFirstStep?: (changes: string) => boolean;
  /** How somebody goes on who got no answer, where that isn't the same request again. */
  readonly retry?: (world: FaultWorld) => Promise<() => Request>;
}

const MOST_CALLS = 80;
/** What comes after the work (telling verifiers at once, say) must not fail the request; the first few calls of it show that. */
const CALLS_AFTER = 2;

/**
 * Lets the n-th call of the database fail, n = 1, 2, …, once before it reaches the database and once with its answer lost, until the
 * endpoint does its work with fewer. Each time: the answer is 503, or another clean one; all of the work is done or none of it; and
 * the same request is then answered as it should be.
 *
 * @returns What was wrong, and how many calls failed.
 */
export async function failEveryCall(world: FaultWorld, endpoint: Faulted) {
  const wrong: string[] = [];
  const done = await changesOfOneRun(world, endpoint, wrong);
  let failed = 0;
  for (const when of ['before', 'after'] as const) {
    let request = await endpoint.prepare(world);
    let before = await world.look();
    let isOver = false;
    let after = 0;
    for (let n = 1; !isOver && after < CALLS_AFTER; n += 1) {
      if (n > MOST_CALLS) throw new Error(`more than ${MOST_CALLS} calls`);
      const { result: answer, hit } = await world.fault.during(n, when, () => world.server.fetch(request()));
      isOver = hit === undefined;
      failed += hit === undefined ? 0 : 1;
      const at = `call ${n} failed ${when} (${hit?.slice(0, 60).replaceAll(/\s+/g, ' ')}):`;
      const changes = difference(before, await world.look());
      const isDone = changes === done;
      if (changes !== '' && answer.status === endpoint.status) after += 1;
      wrong.push(...judgeAnswer(answer, endpoint, { at, isFaulted: !isOver }));
      const isWhole = changes === '' || isDone || endpoint.isFirstStep?.(changes) === true;
      if (!isWhole) wrong.push(`${at} half done: ${changes}\n  instead of: ${done}`);
      if (answer.status === endpoint.status && !isDone) wrong.push(`${at} answered as done, and is not: ${changes}`);
      if (isOver || (changes === '' && endpoint.anew === undefined)) continue;
      if (endpoint.retry !== undefined) {
        const { status } = await world.server.fetch((await endpoint.retry(world))());
        if (status !== endpoint.status) wrong.push(`${at} whoever tries again is told ${status}`);
      }
      // it was done, and whoever asked doesn't know
      const again = await world.server.fetch(request());
      if (changes !== '' && answer.status !== endpoint.status && again.status !== (endpoint.again ?? endpoint.status))
        wrong.push(`${at} repeated, it is ${again.status}`);
      await again.body?.cancel();
      request = await endpoint.prepare(world);
      before = await world.look();
    }
  }
  return { wrong, failed };
}

async function changesOfOneRun(world: FaultWorld, { prepare, status }: Faulted, wrong: string[]): Promise<string> {
  const request = await prepare(world);
  const before = await world.look();
  const answer = await world.server.fetch(request());
  if (answer.status !== status) wrong.push(`without a fault it is ${answer.status}: ${await answer.text()}`);
  else await answer.body?.cancel();
  return difference(before, await world.look());
}

function judgeAnswer(
  answer: Response,
  { status }: Faulted,
  { at, isFaulted }: { readonly at: string; readonly isFaulted: boolean },
): readonly string[] {
  const wrong: string[] = [];
  void answer.body?.cancel();
  if (answer.status === status) return wrong;
  if (!isFaulted) wrong.push(`${at} ${answer.status} without a fault`);
  if (answer.status !== 503) wrong.push(`${at} ${answer.status}`);
  else if (!answer.headers.has('retry-after')) wrong.push(`${at} no Retry-After`);
  if (answer.headers.has('set-cookie')) wrong.push(`${at} a cookie is set by a failure`);
  return wrong;
}

/** Rows that are there more often now, and less often. */
function difference(before: readonly string[], after: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const row of after) counts.set(row, (counts.get(row) ?? 0) + 1);
  for (const row of before) counts.set(row, (counts.get(row) ?? 0) - 1);
  return [...counts]
    .filter(([, count]) => count !== 0)
    .map(([row, count]) => `${count > 0 ? '+' : ''}${count} ${row}`)
    .sort()
    .join('\n    ');
}
