// A protected API as a process of its own: every answer is 200 with the session's id, or what the guard says.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createVerifier } from '@mapae/verifier';
import { protect } from '@mapae/verifier/node';

export interface ApiServerSettings {
  readonly issuer: string;
  readonly audience: string;
}

const settings = JSON.parse(process.env['MAPAE_TEST_SETTINGS'] ?? '{}') as ApiServerSettings;
const verifier = createVerifier({ issuer: settings.issuer, audience: settings.audience });
const guarded = protect(verifier, (_request, response, principal) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ sid: principal.sessionId }));
});
await verifier.ready();
const http = createServer((request, response) => void guarded(request, response));
http.listen(0, 'localhost', () => {
  process.stdout.write(`${JSON.stringify({ event: 'listening', port: (http.address() as AddressInfo).port })}\n`);
});
process.once('SIGTERM', () => {
  verifier.close();
  http.close();
  http.closeAllConnections();
});
