import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on loopback that serves the attacker's keys, and counts who asks for them. */
export interface Lure {
  readonly url: string;
  /** Paths that were asked for: by a verifier that lets tokens say where it should look. */
  readonly asked: readonly string[];
  serve(jwk: object): void;
  close(): void;
}

export async function startLure(): Promise<Lure> {
  const asked: string[] = [];
  let body = '{"keys":[]}';
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.setHeader('content-type', 'application/json').end(body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    serve(jwk) {
      body = JSON.stringify({ keys: [jwk] });
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
