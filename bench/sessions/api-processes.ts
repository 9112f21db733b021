import type { Core } from '../harness/cores.ts';
import { type ServerProcess, startServer } from '../harness/server-process.ts';
import type { Contestant, Headers } from './contestant.ts';
import type { ApiReady } from './settings.ts';

export type Api = ServerProcess<ApiReady>;

/** One more process of a contestant's API. */
export function startApi({ api }: Contestant, core: Core): Promise<Api> {
  return startServer<ApiReady>(new URL('./servers/api.ts', import.meta.url), api, { core, flags: ['--expose-gc'] });
}

/** Status of an answer, and the role in it. */
export async function askRole(
  port: number,
  headers: Headers,
): Promise<{ readonly status: number; readonly role: string }> {
  const response = await fetch(`http://127.0.0.1:${port}/role`, { headers });
  const text = await response.text();
  const role = response.ok ? (JSON.parse(text) as { readonly role: string }).role : '';
  return { status: response.status, role };
}

export async function askStatus(port: number, headers: Headers): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers });
  await response.arrayBuffer();
  return response.status;
}

/** Nothing is timed that doesn't let a good credential in and refuse none, a changed one, and one of somebody who signed out. */
export async function prove(contestant: Contestant, port: number): Promise<void> {
  const { kind, title } = contestant;
  if (kind === 'open') return;
  const person = await contestant.signIn(port);
  const good = person.headers();
  const changed = Object.fromEntries(
    Object.entries(good).map(([name, value]) => [name, value.replace(/.{12}(?=;|$)/g, 'xxxxxxxxxxxx')]),
  );
  const answers = [await askStatus(port, good), await askStatus(port, {}), await askStatus(port, changed)];
  await person.signOut();
  // a cookie that counts without a look at the database goes on, and a feed has a moment
  if (contestant.slow?.signOut === undefined) answers.push(await refusedAfter(port, good));
  const wanted = contestant.slow?.signOut === undefined ? '200,401,401,401' : '200,401,401';
  if (answers.join() !== wanted) throw new Error(`${title} answered ${answers.join()}, not ${wanted}`);
}

const FEED_MS = 2_000;

async function refusedAfter(port: number, headers: Headers): Promise<number> {
  const until = performance.now() + FEED_MS;
  for (;;) {
    const status = await askStatus(port, headers);
    if (status !== 200 || performance.now() > until) return status;
  }
}
