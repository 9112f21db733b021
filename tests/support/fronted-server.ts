import { randomBytes } from 'node:crypto';
import type { AuthServerSettings } from './auth-server.ts';
import { type Started, start } from './process.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** A server in a process of its own, and the hop that everybody reaches it by: its address stays when it is another process. */
export interface FrontedServer {
  readonly issuer: string;
  readonly server: Started;
  readonly front: TcpProxy;
  end(): Promise<void>;
}

/** @param api  The audience that it has tokens for. */
export async function startFrontedServer(api: string): Promise<FrontedServer> {
  let server: Started | undefined;
  const front = await startTcpProxy(() => [server?.port ?? 0]);
  const issuer = `http://localhost:${front.port}`;
  const settings: AuthServerSettings = {
    port: 0,
    issuer,
    database: 'sqlite::memory:',
    secret: randomBytes(32).toString('base64url'),
    api,
    retryWindowSeconds: 30,
  };
  const running = await start('./auth-server.ts', settings);
  server = running;
  return {
    issuer,
    server: running,
    front,
    async end() {
      await running.end('SIGTERM');
      await front.close();
    },
  };
}
