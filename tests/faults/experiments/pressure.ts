import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../support/free-port.ts';
import { createPostgresDatabase } from '../../support/postgres-database.ts';
import { type Cluster, settle, storm } from '../cluster.ts';
import { type Experiment, type Given, type Outcome, skipped } from '../experiment.ts';
import { runMapae } from '../mapae-process.ts';
import { withCluster } from './crashes.ts';

/** A refresh, or a call, beside a flood: a person waits no longer than this. */
const TOKEN_P99_MS = 2_000;
const FLOOD = 64;

export const X15: Experiment = {
  id: 'X15',
  title: 'a flood of passwords beside token traffic: tokens within two seconds, whoever waits too long is told',
  databases: ['sqlite', 'postgres'],
  run: (given) =>
    withCluster(given, { devices: 8 }, async (cluster) => {
      const { address, exchanges, found } = cluster;
      const until = performance.now() + given.seconds * 1_000;
      const statuses = new Map<number, number>();
      const from = exchanges.length;
      await storm(cluster, async () => {
        await Promise.all(
          Array.from({ length: FLOOD }, async (_, n) => {
            for (let round = 0; performance.now() < until; round += 1) {
              const status = await tryPassword(address, `${n}-${round}`);
              statuses.set(status, (statuses.get(status) ?? 0) + 1);
              // as a client that obeys Retry-After, in short
              if (status === 429) await pause(200);
            }
          }),
        );
      });
      const took = exchanges
        .slice(from)
        .filter(({ did }) => did === 'refresh' || did === 'call')
        .map(({ began, ended }) => ended - began)
        .toSorted((a, b) => a - b);
      const p99 = took[Math.floor(took.length * 0.99)] ?? 0;
      if (p99 > TOKEN_P99_MS) found.push({ invariant: 'I9', what: `tokens took ${Math.round(p99)} ms (p99)` });
      if (!statuses.has(401)) found.push({ invariant: 'I6', what: 'no password was judged' });
      for (const status of statuses.keys())
        if (status !== 401 && status !== 429 && status !== 503)
          found.push({ invariant: 'I6', what: `a wrong password was answered ${status}` });
      await settle(cluster);
    }),
};

async function tryPassword(address: string, name: string): Promise<number> {
  const answer = await fetch(`${address}/v1/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: `${name}@example.test`, password: `wrong password ${name}`, delivery: 'bearer' }),
    signal: AbortSignal.timeout(12_000),
  });
  await answer.arrayBuffer();
  return answer.status;
}

const IDLE = 10_000;
/** `headersTimeout` of 10 s, looked at each 30 s. */
const CUT_WITHIN_MS = 45_000;
const SERVED_WITHIN_MS = 2_000;

export const X16: Experiment = {
  id: 'X16',
  title: 'slow clients, aborted uploads and 10,000 idle sockets: others are served, and the slow ones are cut',
  databases: ['sqlite', 'postgres'],
  run: runSlowClients,
};

async function runSlowClients({ seconds, database }: Given): Promise<Outcome> {
  const found: Outcome['violations'][number][] = [];
  const port = await freePort();
  const server = runMapae(
    ['serve', '--dev', '--issuer', `http://localhost:${port}`, '--port', `${port}`, '--audit-seconds', '86400'],
    {
      MAPAE_DATABASE: database === 'postgres' ? await createPostgresDatabase() : 'sqlite::memory:',
      MAPAE_SECRET: 'kDq3z0Zr8x5vVnYw1mTtC4uJ7sB2aE9hLgP6fRoXiNs',
    },
  );
  const sockets: Socket[] = [];
  let requests = 0;
  /** An honest request, beside all of them. */
  const serve = async (): Promise<void> => {
    requests += 1;
    const began = performance.now();
    const status = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(12_000) }).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer.status;
      },
      () => undefined,
    );
    const took = performance.now() - began;
    if (status !== 200)
      found.push({ invariant: 'I6', what: `an honest request was answered ${status ?? 'not at all'}` });
    if (took > SERVED_WITHIN_MS) found.push({ invariant: 'I9', what: `an honest request took ${Math.round(took)} ms` });
  };
  try {
    await untilListening(port, server.text);
    const limit = Number(spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).stdout);
    const idle = Number.isFinite(limit) ? Math.min(IDLE, limit - 500) : IDLE;
    for (let n = 0; n < idle; n += 200) {
      const some = await Promise.all(Array.from({ length: Math.min(200, idle - n) }, () => open(port)));
      sockets.push(...some);
      if (n % 1_000 === 0) await serve();
    }
    const slow = await Promise.all(Array.from({ length: 50 }, () => open(port)));
    for (const socket of slow) socket.write('POST /v1/sign-in HTTP/1.1\r\nhost: localhost\r\n');
    const slowSince = performance.now();
    const until = slowSince + seconds * 1_000;
    for (let n = 0; performance.now() < until; n += 1) {
      // one more header each time, and never the last one
      for (const socket of slow) if (socket.writable) socket.write(`x-${n}: 1\r\n`);
      const upload = await open(port);
      upload.write(
        'POST /v1/sign-up HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 60000\r\n\r\n{"email":"',
      );
      setTimeout(() => upload.destroy(), 50);
      await serve();
      await pause(200);
    }
    while (slow.some(({ destroyed }) => !destroyed) && performance.now() - slowSince < CUT_WITHIN_MS) await pause(500);
    const left = slow.filter(({ destroyed }) => !destroyed).length;
    if (left > 0)
      found.push({ invariant: 'I9', what: `${left} clients were never done with their headers and not cut` });
    await serve();
  } finally {
    for (const socket of sockets) socket.destroy();
    server.child.kill('SIGTERM');
    const code = await server.exit;
    if (code !== 0)
      found.push({ invariant: 'I6', what: `the server ended with ${code}: ${server.text().slice(-500)}` });
  }
  return { requests, violations: found };
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.destroy());
  socket.resume();
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return socket;
}

async function untilListening(port: number, text: () => string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return;
    await pause(100);
  }
  throw new Error(`not ready: ${text()}`);
}

const DESCRIPTORS = 64;
const SMALL_HEAP = fileURLToPath(new URL('../../support/small-heap.ts', import.meta.url));

export const X17: Experiment = {
  id: 'X17',
  title: 'a small heap, 64 descriptors and a tenth of a CPU in turn: slow, and nothing wrong',
  databases: ['sqlite', 'postgres'],
  async run(given) {
    if (spawnSync('prlimit', ['--version']).status !== 0) return skipped('there is no prlimit here');
    return withCluster(given, { devices: 6, preload: SMALL_HEAP }, async (cluster) => {
      const until = performance.now() + given.seconds * 1_000;
      await storm(cluster, async () => {
        do {
          await withFewDescriptors(cluster);
          await withLittleCpu(cluster);
        } while (performance.now() < until);
      });
      await settle(cluster);
    });
  },
};

/** More connections than the server may have: what it can't accept it must not fall over, and afterwards it accepts again. */
async function withFewDescriptors({ servers, found }: Cluster): Promise<void> {
  const [server] = servers;
  if (server === undefined) return;
  const limit = (to: string): boolean =>
    spawnSync('prlimit', ['--pid', `${server.pid}`, `--nofile=${to}`]).status === 0;
  if (!limit(`${DESCRIPTORS}:`))
    found.push({ invariant: 'I9', what: 'the limit could not be set: the experiment proves nothing' });
  const sockets = await Promise.all(Array.from({ length: 2 * DESCRIPTORS }, () => openLocal(server.port)));
  await pause(1_500);
  for (const socket of sockets) socket.destroy();
  limit('4096:');
}

async function openLocal(port: number): Promise<Socket> {
  const socket = connect(port, 'localhost');
  socket.on('error', () => socket.destroy());
  socket.resume();
  await Promise.race([once(socket, 'connect'), once(socket, 'close'), pause(1_000)]);
  return socket;
}

async function withLittleCpu({ servers }: Cluster): Promise<void> {
  const until = performance.now() + 2_000;
  while (performance.now() < until) {
    for (const { pid } of servers) process.kill(pid, 'SIGSTOP');
    await pause(90);
    for (const { pid } of servers) process.kill(pid, 'SIGCONT');
    await pause(10);
  }
}
