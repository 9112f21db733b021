import { createServer } from 'node:http';
import type { Verifier } from '@mapae/verifier';
import { WebSocketServer } from 'ws';
import { principalOf, protect } from '../../src/adapters/ws.ts';
import type { App } from './apps.ts';

/** Says the subject as its first message. */
export function wsApp(verifier: Verifier): App {
  const sockets = new WebSocketServer({ noServer: true });
  const everybody = protect(verifier, sockets);
  const admins = protect(verifier, sockets, { scope: 'admin' });
  sockets.on('connection', (webSocket, request) => {
    webSocket.send(request.url === '/admin' ? 'in' : principalOf(webSocket, verifier).subject);
    if (principalOf(request) !== principalOf(webSocket)) webSocket.terminate();
  });
  const server = createServer((_request, response) => response.writeHead(426).end());
  server.on('upgrade', (request, socket, head) => {
    void (request.url === '/admin' ? admins : everybody)(request, socket, head);
  });
  return { server, has: [] };
}
