import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createDevice } from '../../support/device.ts';
import { freePort } from '../../support/free-port.ts';
import { type Exchange, judge, type Violation } from '../../support/observer.ts';
import { createPostgresDatabase } from '../../support/postgres-database.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { ACCOUNT, API } from '../cluster.ts';
import type { Experiment, Given, Outcome } from '../experiment.ts';
import { type MapaeProcess, runMapae } from '../mapae-process.ts';

const DEVICES = 6;
const LOOK_EVERY_MS = 100;

/** `mapae serve` on a port of its own, replaced in turn. */
interface Replica {
  readonly port: number;
  ready: boolean;
  process: MapaeProcess;
}

/** A balancer that asks `/readyz`, as every balancer does. */
async function look(replica: Replica): Promise<void> {
  replica.ready = await fetch(`http://127.0.0.1:${replica.port}/readyz`, { signal: AbortSignal.timeout(10_000) }).then(
    async (answer) => {
      await answer.arrayBuffer();
      return answer.status === 200;
    },
    () => false,
  );
}

async function run({ seconds, seed }: Given): Promise<Outcome> {
  const database = await createPostgresDatabase();
  const secret = randomBytes(32).toString('base64url');
  const exchanges: Exchange[] = [];
  const replicas: Replica[] = [];
  const found: Violation[] = [];
  const front = await startTcpProxy(() => {
    const ready = replicas.filter((one) => one.ready);
    return ready.length === 0 ? [0] : ready.map(({ port }) => port);
  });
  const address = `http://localhost:${front.port}`;
  const serve = (port: number): MapaeProcess =>
    runMapae(
      [
        'serve',
        '--dev',
        '--issuer',
        address,
        '--port',
        `${port}`,
        '--drain-seconds',
        '2',
        '--resource',
        `${API}=notes:read`,
      ],
      { MAPAE_DATABASE: database, MAPAE_SECRET: secret },
    );
  let over = false;
  const watching = (async () => {
    while (!over) {
      await Promise.all(replicas.map(look));
      await pause(LOOK_EVERY_MS);
    }
  })();
  try {
    for (let n = 0; n < 2; n += 1) {
      const port = await freePort();
      replicas.push({ port, ready: false, process: serve(port) });
    }
    await untilReady(replicas);
    await fetch(`${address}/v1/sign-up`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ACCOUNT),
    });
    const devices = Array.from({ length: DEVICES }, (_, n) =>
      createDevice({
        ...ACCOUNT,
        family: `device ${n}`,
        api: API,
        server: () => address,
        balancer: `${address}/.well-known/jwks.json`,
        record: (exchange) => exchanges.push(exchange),
      }),
    );
    for (const device of devices) await device.signIn();
    const loads = devices.map(async (device, n) => {
      while (!over) {
        await device.refresh();
        await device.call();
        await pause((seed + n * 7) % 20);
      }
    });
    const until = performance.now() + seconds * 1_000;
    for (let n = 0; n === 0 || performance.now() < until; n += 1) {
      const replica = replicas[n % replicas.length];
      if (replica === undefined) break;
      replica.process.child.kill('SIGTERM');
      const code = await replica.process.exit;
      if (code !== 0)
        found.push({ invariant: 'I6', what: `a drained server ended with ${code}: ${replica.process.text()}` });
      replica.process = serve(replica.port);
      await untilReady([replica]);
    }
    over = true;
    await Promise.all([...loads, watching]);
  } finally {
    over = true;
    await watching;
    for (const { process } of replicas) {
      process.child.kill('SIGKILL');
      await process.exit;
    }
    await front.close();
  }
  // stricter than the observer: not one failed request, nor a 503
  for (const { did, family, status } of exchanges) {
    if (status !== 200) found.push({ invariant: 'I6', what: `${did} of ${family} failed: ${status ?? 'no answer'}` });
  }
  return { requests: exchanges.length, violations: [...found, ...judge(exchanges, '', [])] };
}

async function untilReady(replicas: readonly Replica[]): Promise<void> {
  for (let tries = 0; tries < 1_600 && !replicas.every(({ ready }) => ready); tries += 1) await pause(50);
  for (const { ready, process } of replicas) if (!ready) throw new Error(`not ready: ${process.text()}`);
}

export const X12: Experiment = {
  id: 'X12',
  title: 'SIGTERM of servers in turn under load behind a balancer: zero failed requests',
  databases: ['postgres'],
  run,
};
