import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { createServer, sqlite } from '@mapae/server';
import { afterAll, expect, test } from 'vitest';

// docs/protocol.md §5: a connection with more than 1 MiB unsent is closed. X8

const ROWS = 120_000;
const folder = mkdtempSync(join(tmpdir(), 'mapae-slow-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function follow(
  port: number,
  paused: boolean,
): Promise<{ readonly socket: Socket; readonly heard: () => number }> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  let heard = 0;
  await once(socket, 'connect');
  socket.write('GET /events/revocations HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(socket, 'data');
  if (paused) socket.pause();
  else socket.on('data', (chunk: Buffer) => (heard += chunk.length));
  return { socket, heard: () => heard };
}

test('a follower that reads nothing is cut off with what was kept for it, and keeps nobody else waiting', async () => {
  const file = join(folder, 'mapae.db');
  const server = await createServer({
    issuer: 'http://127.0.0.1:1',
    database: sqlite(file),
    secrets: [randomBytes(32).toString('base64url')],
    mode: 'development',
    dangerouslyOpenFeed: true,
  });
  const listener = getRequestListener((request) => server.fetch(request));
  const http = createHttpServer((request, response) => void listener(request, response));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const open = (): Promise<number> => new Promise((resolve) => http.getConnections((_error, count) => resolve(count)));
  const slow = await follow(port, true);
  const quick = await follow(port, false);
  expect(await open()).toBe(2);

  // as many bytes as fill both sockets' buffers and the megabyte behind them, written by another process
  const database = new DatabaseSync(file);
  const insert = database.prepare('insert into revocations (code, blind_id, "before", until) values (1, ?, 0, ?)');
  database.exec('begin');
  for (let row = 0; row < ROWS; row++) insert.run(randomBytes(16), Date.now() + 3_600_000);
  database.exec('commit');
  database.close();

  const deadline = performance.now() + 120_000;
  while ((await open()) > 1 && performance.now() < deadline) await pause(50);
  expect(await open()).toBe(1);
  while (quick.heard() < ROWS * 60 && performance.now() < deadline) await pause(50);
  expect(quick.heard()).toBeGreaterThan(ROWS * 60);
  expect(quick.socket.closed).toBe(false);
  slow.socket.destroy();
  quick.socket.destroy();
  await server.close();
  http.closeAllConnections();
  http.close();
});
