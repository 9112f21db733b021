// Many verifiers in one process, each with its own connection to the feed. Says when each of them first refused a token.
import { createServer } from 'node:http';
import { createVerifier } from '@mapae/verifier';
import { announce, listen, readSettings } from '../../harness/serving.ts';
import type { VerifiersSettings, Watched } from '../many-verifiers.ts';

const { issuer, api, count } = readSettings<VerifiersSettings>();
const verifiers = Array.from({ length: count }, () => createVerifier({ issuer, audience: api }));
await Promise.all(verifiers.map((verifier) => verifier.ready()));

function accepts(verifier: (typeof verifiers)[number], token: string): boolean {
  try {
    verifier.verifySync(token);
    return true;
  } catch {
    return false;
  }
}

const GIVE_UP_MS = 10_000;

/** Asks each verifier once a millisecond, until all have refused. */
function watch(token: string): Promise<Watched> {
  const refusedAt = verifiers.map((): bigint | undefined => undefined);
  const began = performance.now();
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      for (const [index, verifier] of verifiers.entries())
        if (refusedAt[index] === undefined && !accepts(verifier, token)) refusedAt[index] = process.hrtime.bigint();
      const all = refusedAt.every((at) => at !== undefined);
      if (!all && performance.now() - began < GIVE_UP_MS) return;
      clearInterval(timer);
      resolve({ refusedAt: refusedAt.map((at) => String(at ?? -1n)) });
    }, 1);
  });
}

const server = createServer((request, response) => {
  const [, what = '', token = ''] = (request.url ?? '').split('/');
  if (what === 'watch') void watch(token).then((watched) => response.end(JSON.stringify(watched)));
  else response.end(String(verifiers.filter((verifier) => accepts(verifier, token)).length));
});
announce({ port: await listen(server) });
