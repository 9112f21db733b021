import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { protect } from '@mapae/verifier/node';
import { announce, listen } from '../../harness/serving.ts';
import { ANSWER, type GuardReady } from '../settings.ts';
import { followingVerifier, joseByHand, rawCheck, settings } from './parts.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

const answer: Listener = (_request, response) => {
  const body = JSON.stringify(ANSWER);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
};

const GUARDS: Readonly<Record<string, () => Promise<Listener> | Listener>> = {
  open: () => answer,
  raw() {
    const check = rawCheck();
    return (request, response) => {
      check();
      return answer(request, response);
    };
  },
  mapae: async () => protect(await followingVerifier(), answer),
  async jose() {
    const check = await joseByHand();
    return async (request, response) => {
      if ((await check(request.headers.authorization)) === undefined)
        response.writeHead(401, { 'content-length': 0 }).end();
      else answer(request, response);
    };
  },
};

const listener = await GUARDS[settings.guard]?.();
if (listener === undefined) throw new Error(`no guard ${settings.guard}`);
const port = await listen(createServer((request, response) => void listener(request, response)));
announce({ port } satisfies GuardReady);
