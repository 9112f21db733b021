// better-auth as its documentation puts it into production, on node:sqlite. Its limits of requests are off: it would refuse the load.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { peer } from '../../harness/peers.ts';
import { announce, listen, readSettings } from '../../harness/serving.ts';
import { countedStatements, countSqliteStatements } from '../../harness/statements.ts';
import type { PeerReady, PeerSettings } from '../peer-settings.ts';

interface BetterAuth {
  readonly options: object;
}

const { file, cookieCache } = readSettings<PeerSettings>();
countSqliteStatements();
const { betterAuth } = await peer<{ readonly betterAuth: (options: object) => BetterAuth }>('better-auth');
const { toNodeHandler } = await peer<{
  readonly toNodeHandler: (auth: BetterAuth) => (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}>('better-auth/node');
const { getMigrations } = await peer<{
  readonly getMigrations: (options: object) => Promise<{ runMigrations(): Promise<void> }>;
}>('better-auth/db/migration');

const database = new DatabaseSync(file);
database.exec('pragma journal_mode = wal; pragma synchronous = normal');
let handler: ReturnType<typeof toNodeHandler> | undefined;
const http = createServer((request, response) => void handler?.(request, response));
const port = await listen(http);
const auth = betterAuth({
  database,
  secret: 'a long random text for the bench, 32 or more',
  baseURL: `http://127.0.0.1:${port}`,
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  ...(cookieCache ? { session: { cookieCache: { enabled: true, maxAge: 3_600 } } } : {}),
});
await (await getMigrations(auth.options)).runMigrations();
handler = toNodeHandler(auth);
announce({ port } satisfies PeerReady, countedStatements);
