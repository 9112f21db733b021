// The authorization server under measurement: the product's createServer behind node:http, as `mapae serve` puts it.
import { createServer as createHttpServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createServer, databaseFromUrl, type ServerOptions } from '@mapae/server';
import { announce, listen, readSettings } from '../harness/serving.ts';
import { countedStatements, countPostgresStatements, countSqliteStatements } from '../harness/statements.ts';

export interface AuthServerSettings {
  /** `sqlite:` or `postgres:`, as `databaseFromUrl` takes it. */
  readonly database: string;
  readonly secret: string;
  readonly api: string;
  /** APIs beside that one. */
  readonly more?: NonNullable<ServerOptions['resources']>;
  /** Default: 300. */
  readonly retryWindowSeconds?: number;
}

export interface AuthServerReady {
  readonly port: number;
  readonly issuer: string;
  readonly firstAdminLink: string | undefined;
}

const { database, secret, api, more = [], retryWindowSeconds = 300 } = readSettings<AuthServerSettings>();
if (database.startsWith('sqlite:')) countSqliteStatements();
else await countPostgresStatements();
let answer: ReturnType<typeof getRequestListener> | undefined;
const http = createHttpServer((request, response) => void answer?.(request, response));
const port = await listen(http);
const issuer = `http://127.0.0.1:${port}`;
const server = await createServer({
  issuer,
  database: databaseFromUrl(database),
  secrets: [secret],
  // plain http on loopback is for development only; nothing else differs
  mode: 'development',
  resources: [{ identifier: api, scopes: ['notes:read', 'notes:write'] }, ...more],
  dangerouslyOpenFeed: true,
  accessTokenSeconds: 3_600,
  retryWindowSeconds,
});
answer = getRequestListener((request) => server.fetch(request, { remoteAddress: '127.0.0.1' }));
announce({ port, issuer, firstAdminLink: server.firstAdminLink } satisfies AuthServerReady, countedStatements);
