import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { openTimedServer, PASSWORD } from './server.ts';

const LARGEST_P99_MS = 20;

/** The delay of the event loop while so many sign-ins come at once, again and again: what everybody else waits for. */
export async function timeFlood(
  url: string,
  { atOnce, rounds }: { readonly atOnce: number; readonly rounds: number },
  say: (line: string) => void,
): Promise<boolean> {
  await using server = await openTimedServer(url);
  for (let i = 0; i < 10; i += 1) await server.post('/v1/sign-up', { email: `${i}@example.test`, password: PASSWORD });
  let tries = 0;
  const signIn = async (): Promise<number> => {
    tries += 1;
    const json = { email: `${tries}@example.test`, password: `wrong password ${tries}`, delivery: 'bearer' };
    const answer = await server.post('/v1/sign-in', json);
    await answer.text();
    return answer.status;
  };
  const burst = (): Promise<readonly number[]> => Promise.all(Array.from({ length: atOnce }, signIn));
  // the first ones load and compile
  await burst();
  const idle = await idleDelay();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const statuses = new Map<number, number>();
  for (let round = 0; round < rounds; round += 1)
    for (const status of await burst()) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  delay.disable();
  const p99 = delay.percentile(99) / 1e6;
  const counts = [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ');
  say(
    `${atOnce} sign-ins at once, ${rounds} times: ${counts}; event loop delay p99 ${p99.toFixed(1)} ms (below ${LARGEST_P99_MS}), longest ${(delay.max / 1e6).toFixed(1)} ms; with nothing to do ${idle.toFixed(1)} ms`,
  );
  return p99 < LARGEST_P99_MS && [...statuses.keys()].every((status) => status === 401 || status === 429);
}

/** The same figure of a process that does nothing: how much of it is the machine's. */
async function idleDelay(): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await pause(2_000);
  delay.disable();
  return delay.percentile(99) / 1e6;
}
