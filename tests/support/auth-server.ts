// The authorization server as a process of its own, for tests: the product's createServer, a port, a log on stdout.
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { createServer, databaseFromUrl, type SocialOptions } from '@mapae/server';

export interface AuthServerSettings {
  readonly port: number;
  readonly database: string;
  readonly issuer: string;
  readonly secret: string;
  readonly api: string;
  /** Default: `notes:read`. */
  readonly scopes?: readonly string[];
  readonly retryWindowSeconds: number;
  readonly social?: SocialOptions;
}

const settings = JSON.parse(process.env['MAPAE_TEST_SETTINGS'] ?? '{}') as AuthServerSettings;
const server = await createServer({
  issuer: settings.issuer,
  database: databaseFromUrl(settings.database),
  secrets: [settings.secret],
  mode: 'development',
  resources: [{ identifier: settings.api, scopes: settings.scopes ?? ['notes:read'] }],
  dangerouslyOpenFeed: true,
  retryWindowSeconds: settings.retryWindowSeconds,
  ...(settings.social === undefined ? {} : { social: settings.social }),
  log: (entry) => process.stdout.write(`${JSON.stringify(entry)}\n`),
});
const listener = getRequestListener((request) => server.fetch(request, { remoteAddress: '127.0.0.1' }));
const http = createHttpServer((request, response) => void listener(request, response));
http.listen(settings.port, 'localhost', () => {
  process.stdout.write(`${JSON.stringify({ event: 'listening', port: (http.address() as AddressInfo).port })}\n`);
});
process.once('SIGTERM', () => {
  http.close();
  void server.close().then(() => http.closeAllConnections());
});
