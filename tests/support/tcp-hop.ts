import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';

/** Two sides of a connection: who came, and whom it leads to. */
export interface HopConnection {
  readonly near: Socket;
  readonly far: Socket;
}

/** A listening socket on loopback whose connections lead elsewhere; what passes from one side to the other is up to whoever starts it. */
export interface TcpHop {
  readonly port: number;
  /** Ends every connection, on both sides. */
  destroyAll(): void;
  close(): Promise<void>;
}

/** @param targetOf  Port that the next connection leads to; undefined refuses it. */
export async function startTcpHop(
  targetOf: () => { readonly port: number; readonly host: string } | undefined,
  onConnection: (connection: HopConnection) => void,
): Promise<TcpHop> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const target = targetOf();
    if (target === undefined) return void near.destroy();
    const far = createConnection(target);
    for (const socket of [near, far]) {
      open.add(socket);
      // an end on one side is an end on the other, whatever it was
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    onConnection({ near, far });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const destroyAll = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    destroyAll,
    async close() {
      const closed = once(server, 'close');
      server.close();
      destroyAll();
      await closed;
    },
  };
}
