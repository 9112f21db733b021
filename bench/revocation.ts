import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createDevice } from '../tests/support/device.ts';
import { type Started, start } from '../tests/support/process.ts';
import { startTcpProxy } from '../tests/support/tcp-proxy.ts';
import type { BenchOptions } from './benches.ts';
import { type Result, thisMachine } from './harness/result.ts';
import { quantile } from './harness/statistics.ts';

const APIS = 2;
const API = 'https://notes.example';
const ACCOUNT = { email: 'kim@example.test', password: 'correct horse battery staple' };

/**
 * Sign-out → refused, at API processes behind one balancer, all on this machine. Each round signs in, calls every process
 * with the token (all let it in), signs out, and calls on until every process has refused. Counted from the moment the
 * sign-out was sent, and from its answer.
 */
export async function run({ quick, progress }: BenchOptions): Promise<Result> {
  const rounds = quick ? 2 : 100;
  progress(`${rounds} sign-outs`);
  const folder = mkdtempSync(join(tmpdir(), 'mapae-bench-'));
  const started: Started[] = [];
  try {
    const port = 40_000 + Math.floor(Math.random() * 10_000);
    const issuer = `http://localhost:${port}`;
    const secret = randomBytes(32).toString('base64url');
    const database = `sqlite:${join(folder, 'mapae.db')}`;
    started.push(await start('./auth-server.ts', { port, issuer, database, secret, api: API, retryWindowSeconds: 30 }));
    const apis = await Promise.all(
      Array.from({ length: APIS }, () => start('./api-server.ts', { issuer, audience: API })),
    );
    started.push(...apis);
    const balancer = await startTcpProxy(() => apis.map((api) => api.port));
    await fetch(`${issuer}/v1/sign-up`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ACCOUNT),
    });
    const fromSent: number[] = [];
    const fromAnswer: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const device = createDevice({
        ...ACCOUNT,
        family: `round ${round}`,
        api: API,
        server: () => issuer,
        balancer: `http://127.0.0.1:${balancer.port}`,
        record: () => {},
      });
      await device.signIn();
      for (const api of apis)
        if ((await call(api.url, device.accessToken)) !== 200) throw new Error('a good token was refused');
      if ((await device.call()) !== 200) throw new Error('a good token was refused through the balancer');
      const sent = performance.now();
      const refused = Promise.all(apis.map((api) => untilRefused(api.url, device.accessToken)));
      if (!(await device.signOut())) throw new Error('the sign-out was refused');
      const answered = performance.now();
      const times = await refused;
      fromSent.push(Math.max(...times) - sent);
      fromAnswer.push(Math.max(...times) - answered);
      if ((await device.call()) !== 401) throw new Error('let in through the balancer after every API had refused');
      await pause(5);
    }
    await balancer.close();
    const row = (name: string, times: readonly number[]) => [
      name,
      quantile(times, 0.5),
      quantile(times, 0.99),
      quantile(times, 1),
    ];
    return {
      bench: 'revocation',
      title: 'From sign-out to refusal',
      command: 'npm run bench -- revocation',
      at: new Date().toISOString(),
      quick,
      machine: thisMachine(),
      peers: {},
      tables: [
        {
          title: `Until the last of ${APIS} API processes behind one balancer refused, ms (${rounds} sign-outs)`,
          columns: ['', 'p50', 'p99', 'max'],
          rows: [row('from sending the sign-out', fromSent), row('from its answer (negative: before it)', fromAnswer)],
        },
      ],
      reach: [],
      charts: [],
      notes: ['SQLite with `synchronous=FULL`; every process on this machine.'],
    };
  } finally {
    await Promise.all(started.map((one) => one.end('SIGTERM')));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function call(url: string, token: string): Promise<number> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  await response.arrayBuffer();
  return response.status;
}

async function untilRefused(url: string, token: string): Promise<number> {
  const deadline = performance.now() + 5_000;
  while (performance.now() < deadline) {
    if ((await call(url, token)) === 401) return performance.now();
  }
  throw new Error('not refused within five seconds');
}
