import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import {
  type AuthorizationServer,
  createServer,
  type LogEntry,
  type Mail,
  type ServerOptions,
  sqlite,
} from '@mapae/server';

/** The authorization server behind a real port of this machine, its mails and its log kept for the test. */
export interface PagesServer {
  readonly issuer: string;
  readonly server: AuthorizationServer;
  readonly log: readonly LogEntry[];
  /** Waits for the newest mail to an address, and takes the link out of it. */
  linkFor(email: string, purpose: string): Promise<string>;
  close(): Promise<void>;
}

export type PagesServerOptions = Omit<Partial<ServerOptions>, 'issuer' | 'database' | 'secrets' | 'mode'>;

/** Starts one on a free port. Mails go to the development mailbox. */
export async function startPagesServer(options: PagesServerOptions = {}, port = 0): Promise<PagesServer> {
  const http = createHttpServer((request, response) => void listener(request, response)).listen(port, 'localhost');
  await once(http, 'listening');
  const issuer = `http://localhost:${(http.address() as AddressInfo).port}`;
  const log: LogEntry[] = [];
  const server = await createServer({
    issuer,
    database: sqlite(':memory:'),
    secrets: ['a secret of the tests, and long enough for one: 1'],
    mode: 'development',
    dangerouslyOpenFeed: true,
    log: (entry) => void log.push(entry),
    ...options,
  });
  const listener = getRequestListener((request) => server.fetch(request, { remoteAddress: '127.0.0.1' }));
  return {
    issuer,
    server,
    log,
    async linkFor(email, purpose) {
      for (let tries = 0; tries < 100; tries++) {
        const response = await server.fetch(new Request(`${issuer}/dev/mailbox`));
        const { mails } = (await response.json()) as { readonly mails: readonly Mail[] };
        const mail = mails.find(({ to, text }) => to === email && text.includes(`/link/${purpose}?`));
        const link = /http:\S+/.exec(mail?.text ?? '')?.[0];
        if (link !== undefined) return link;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(`no mail with a link for ${purpose}`);
    },
    async close() {
      http.close();
      http.closeAllConnections();
      await server.close();
    },
  };
}
