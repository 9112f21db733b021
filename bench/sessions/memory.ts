import type { Load } from '../harness/load.ts';
import { loadLetIn } from './let-in.ts';
import { type Contender, requestWith } from './requests.ts';

/** What people who are signed in take up, bytes for each; the store's is undefined where there is none. */
export interface MemoryFigures {
  readonly apiBytes: number;
  readonly storeBytes: number | undefined;
}

/** Signs so many people in, has the API see each of them, and looks at what both keep. */
export async function measureMemory(
  { contestant, api }: Contender,
  load: Load,
  people: number,
): Promise<MemoryFigures> {
  const { port } = api.ready;
  const before = { api: await heapBytes(port), store: await contestant.storeBytes?.() };
  const seen = await contestant.fill(port, people);
  if (seen.length > 0) {
    const requests = seen.map(requestWith);
    const plan = { port, requests, connections: 8, ms: 120_000, status: 200, most: requests.length };
    const { answered } = await loadLetIn(contestant.title, load, plan);
    if (answered !== requests.length) throw new Error(`${contestant.title}: not everybody came by in time`);
  }
  const after = { api: await heapBytes(port), store: await contestant.storeBytes?.() };
  return {
    apiBytes: Math.max(0, after.api - before.api) / people,
    storeBytes:
      before.store === undefined || after.store === undefined ? undefined : (after.store - before.store) / people,
  };
}

/** After a collection of garbage: the API collects when it is asked, and again for what the first one let go of. */
async function heapBytes(port: number): Promise<number> {
  await (await fetch(`http://127.0.0.1:${port}/bytes`)).arrayBuffer();
  const response = await fetch(`http://127.0.0.1:${port}/bytes`);
  return ((await response.json()) as { readonly bytes: number }).bytes;
}
