import type { ServerProcess } from '../harness/server-process.ts';
import { median } from '../harness/statistics.ts';

export interface StartFigures {
  readonly name: string;
  /** From the start of the process to its first good answer, ms. */
  readonly firstAnswerMs: number;
  readonly idleMebibytes: number;
}

export interface Starter {
  readonly name: string;
  readonly start: () => Promise<ServerProcess<{ readonly port: number }>>;
  /** Something that is answered with 200. */
  readonly path: string;
}

/** Starts each so many times, in turn. Databases are there from the first start on. */
export async function measureStarts(starters: readonly Starter[], times: number): Promise<StartFigures[]> {
  const found = starters.map(() => ({ ms: [] as number[], rss: [] as number[] }));
  for (let time = -1; time < times; time++) {
    for (const [index, { name, start, path }] of starters.entries()) {
      const server = await start();
      try {
        const asked = performance.now();
        const response = await fetch(`http://127.0.0.1:${server.ready.port}${path}`);
        await response.arrayBuffer();
        if (response.status !== 200) throw new Error(`${name}: ${path} was answered with ${response.status}`);
        if (time === -1) continue;
        found[index]?.ms.push(server.startMs + performance.now() - asked);
        found[index]?.rss.push((await server.usage()).rssBytes / 1_048_576);
      } finally {
        await server.stop();
      }
    }
  }
  return starters.map(({ name }, index) => ({
    name,
    firstAnswerMs: median(found[index]?.ms ?? []),
    idleMebibytes: median(found[index]?.rss ?? []),
  }));
}
