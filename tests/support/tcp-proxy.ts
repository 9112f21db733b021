import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';

/** A TCP hop that can misbehave. */
export interface TcpProxy {
  readonly port: number;
  /** The next `n` answers to a POST are cut at their first byte: the request arrived, the answer is lost. */
  loseAnswers(n: number): void;
  /** From now on nothing passes and nothing is refused: a hang. */
  hang(): void;
  /** Cuts what is open and refuses what comes. */
  cut(): void;
  heal(): void;
  close(): Promise<void>;
}

/** Passes connections on to the ports in turn (one port: a hop; several: a balancer). */
export async function startTcpProxy(ports: () => readonly number[]): Promise<TcpProxy> {
  const open = new Set<Socket>();
  let mode: 'pass' | 'hang' | 'cut' = 'pass';
  let toLose = 0;
  let turn = 0;
  const server = createServer((near) => {
    if (mode === 'cut') return void near.destroy();
    const targets = ports();
    const port = targets[turn++ % targets.length] ?? 0;
    const far = createConnection({ port, host: 'localhost' });
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    let posted = false;
    near.on('data', (chunk) => {
      if (mode !== 'pass') return;
      posted =
        chunk.toString('latin1', 0, 5) === 'POST ' ||
        (posted && !/^(GET|DELETE) /.test(chunk.toString('latin1', 0, 8)));
      far.write(chunk);
    });
    far.on('data', (chunk) => {
      if (mode !== 'pass') return;
      if (toLose > 0 && posted) {
        toLose--;
        near.destroy();
        return;
      }
      near.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const destroyAll = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    loseAnswers: (n) => {
      toLose = n;
    },
    hang: () => {
      mode = 'hang';
    },
    cut: () => {
      mode = 'cut';
      destroyAll();
    },
    heal: () => {
      mode = 'pass';
      destroyAll();
    },
    async close() {
      destroyAll();
      server.close();
      await once(server, 'close');
    },
  };
}
