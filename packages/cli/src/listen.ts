import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CliError, EXIT, systemCode } from './failure.ts';

/** A listening server, on one address or on both loopback ones. */
export interface Listening {
  readonly port: number;
  /** From now on each answer closes its connection, so that a client that keeps one comes back elsewhere. */
  drain(): void;
  /** Stops accepting and waits for answers under way; after `graceMs` the rest is cut. Calling it again cuts at once. */
  close(graceMs: number): Promise<void>;
}

const LOOPBACK = ['127.0.0.1', '::1'];
const IGNORED = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/**
 * Listens; on both loopback addresses unless a host is named, since `localhost` may mean either.
 *
 * @throws {CliError} exit code 3 when the port is taken or not allowed.
 */
export async function listen(listener: RequestListener, port: number, host: string | undefined): Promise<Listening> {
  const servers: Server[] = [];
  let draining = false;
  const drained: RequestListener = (request, response) => {
    if (draining) response.shouldKeepAlive = false;
    listener(request, response);
  };
  let bound = port;
  for (const [index, address] of (host === undefined ? LOOPBACK : [host]).entries()) {
    const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 65_000 }, drained);
    try {
      bound = await open(server, bound, address);
      servers.push(server);
    } catch (cause) {
      // a machine without IPv6 still has the other one
      if (index > 0 && IGNORED.has(systemCode(cause) ?? '')) continue;
      for (const other of servers) other.close();
      throw portError(cause, bound, address);
    }
  }
  const drain = (): void => {
    draining = true;
  };
  return { port: bound, drain, close: (graceMs) => closeAll(servers, graceMs) };
}

function open(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, ipv6Only: host === '::1' }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function portError(cause: unknown, port: number, address: string): CliError {
  const code = systemCode(cause) ?? 'unknown';
  if (code === 'EADDRINUSE') {
    return new CliError(`port ${port} is taken`, 'stop what listens there, or choose another with --port', EXIT.port, {
      cause,
    });
  }
  if (code === 'EACCES') {
    return new CliError(`port ${port} may not be opened by this user`, 'choose one above 1023 with --port', EXIT.port, {
      cause,
    });
  }
  return new CliError(`can't listen on ${address}, port ${port} (${code})`, 'check --host and --port', EXIT.port, {
    cause,
  });
}

async function closeAll(servers: readonly Server[], graceMs: number): Promise<void> {
  const cut = (): void => {
    for (const server of servers) server.closeAllConnections();
  };
  if (graceMs === 0) cut();
  const grace = setTimeout(cut, graceMs);
  // a connection becomes idle when its answer has ended, an event stream's too: then it is let go
  const idle = setInterval(() => {
    for (const server of servers) server.closeIdleConnections();
  }, 50);
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  clearTimeout(grace);
  clearInterval(idle);
}
