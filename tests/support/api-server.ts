// A protected API as a process of its own: every answer is 200 with the session's id, or what the guard says.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createVerifier } from '@mapae/verifier';
import { protect } from '@mapae/verifier/node';

export interface ApiServerSettings {
  readonly issuer: string;
  readonly audience: string;
  /** Address that the issuer is reached through. Default: its own. */
  readonly via?: string;
  /** How far this process's clock is off. */
  readonly clockOffMs?: number;
  readonly staleAfterSeconds?: number;
  readonly staleGraceSeconds?: number;
}

const settings = JSON.parse(process.env['MAPAE_TEST_SETTINGS'] ?? '{}') as ApiServerSettings;
const { issuer, audience, via = issuer, clockOffMs = 0, staleAfterSeconds = 5, staleGraceSeconds = 60 } = settings;
const verifier = createVerifier({
  issuer,
  audience,
  staleAfterSeconds,
  staleGraceSeconds,
  clock: () => Date.now() + clockOffMs,
  fetch: (input, init) => fetch(new Request(input).url.replace(issuer, via), init),
});
const guarded = protect(verifier, (_request, response, principal) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ sid: principal.sessionId }));
});
// one whose clock is off never hears a fresh frame, and answers all the same
if (clockOffMs === 0) await verifier.ready();
const http = createServer((request, response) => void guarded(request, response));
http.listen(0, 'localhost', () => {
  process.stdout.write(`${JSON.stringify({ event: 'listening', port: (http.address() as AddressInfo).port })}\n`);
});
process.once('SIGTERM', () => {
  verifier.close();
  http.close();
  http.closeAllConnections();
});
