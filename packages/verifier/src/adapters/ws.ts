import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Principal } from '../principal.ts';
import { RequestRefused } from '../refusal.ts';
import type { Policy, Verifier } from '../verifier.ts';
import { createGuard, rememberPrincipal } from './guard.ts';
import { requestOf } from './node.ts';

export { principalOf } from './guard.ts';

/** What is used of a WebSocket of `ws`. */
export interface WebSocketLike {
  close(code: number, reason: string): void;
  terminate(): void;
  removeAllListeners(event: 'message'): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/** What is used of a WebSocketServer of `ws`, made with `noServer: true`. */
export interface WebSocketServerLike<S extends WebSocketLike> {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, done: (webSocket: S) => void): void;
  emit(event: 'connection', webSocket: S, request: IncomingMessage): unknown;
}

/** Close code of a connection whose token is over: get another one, then connect again. */
export const TOKEN_OVER = 4401;
/** Close code of a connection that was ended because revocations can't be heard of: try again later. RFC 6455 §7.4, IANA registry */
export const TRY_AGAIN_LATER = 1013;

/** How long a peer may take to answer a close frame. */
const FAREWELL_MS = 250;

/**
 * Guards WebSocket upgrades of `ws`: `server.on('upgrade', protect(verifier, webSocketServer))`. The connection ends within a second when its
 * token is revoked or expires, with {@link TOKEN_OVER} and the code of the refusal as the reason; no message reaches the application after that.
 * {@link principalOf} knows the WebSocket and its request.
 */
export function protect<C, S extends WebSocketLike>(
  verifier: Verifier<C>,
  server: WebSocketServerLike<S>,
  policy: Policy = {},
): (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void> {
  const guard = createGuard(verifier, policy);
  return async (request, socket, head) => {
    // a peer that goes away meanwhile must not end the process
    const ignore = (): void => {};
    socket.on('error', ignore);
    let principal: Principal<C>;
    try {
      principal = await guard(requestOf(request), request);
    } catch (error) {
      if (!(error instanceof RequestRefused)) {
        socket.destroy();
        throw error;
      }
      socket.end(formatAnswer(error));
      return;
    }
    socket.removeListener('error', ignore);
    server.handleUpgrade(request, socket, head, (webSocket) => {
      rememberPrincipal(webSocket, principal, verifier);
      webSocket.once(
        'close',
        verifier.watch(principal, (refusal) => endConnection(webSocket, refusal), policy),
      );
      server.emit('connection', webSocket, request);
    });
  };
}

function endConnection(webSocket: WebSocketLike, { status, code }: RequestRefused): void {
  // the peer has a moment to answer the close frame, but what it says until then is not heard any more
  webSocket.removeAllListeners('message');
  webSocket.close(status === 503 ? TRY_AGAIN_LATER : TOKEN_OVER, code);
  const timer = setTimeout(() => webSocket.terminate(), FAREWELL_MS);
  webSocket.once('close', () => clearTimeout(timer));
}

/** RFC 6455 §4.2.2: who isn't let in gets an HTTP answer. */
function formatAnswer({ status, headers, body }: RequestRefused): string {
  const lines = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' });
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...lines.map(([name, value]) => `${name}: ${value}`),
    '',
    body,
  ].join('\r\n');
}
