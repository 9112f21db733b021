import { setTimeout as pause } from 'node:timers/promises';
import { createDevice } from '../../tests/support/device.ts';
import { type Started, start } from '../../tests/support/process.ts';
import { startTcpProxy } from '../../tests/support/tcp-proxy.ts';
import { PERSON } from '../servers/account.ts';

export const APIS = 2;

/** Until the last API process refused, ms. */
export interface BehindBalancer {
  readonly fromSent: readonly number[];
  readonly fromAnswer: readonly number[];
}

/**
 * Sign-out → refused, at API processes behind one balancer, by HTTP. Each round signs in, calls every process with the token
 * (all let it in), signs out, and calls on until every process has refused. Counted from the moment the sign-out was sent,
 * and from its answer.
 */
export async function measureBehindBalancer(issuer: string, api: string, rounds: number): Promise<BehindBalancer> {
  const apis: Started[] = [];
  const balancer = await startTcpProxy(() => apis.map(({ port }) => port));
  try {
    apis.push(
      ...(await Promise.all(Array.from({ length: APIS }, () => start('./api-server.ts', { issuer, audience: api })))),
    );
    const fromSent: number[] = [];
    const fromAnswer: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const device = createDevice({
        ...PERSON,
        family: `round ${round}`,
        api,
        server: () => issuer,
        balancer: `http://127.0.0.1:${balancer.port}`,
        record: () => {},
      });
      await device.signIn();
      for (const { url } of apis)
        if ((await call(url, device.accessToken)) !== 200) throw new Error('a good token was refused');
      if ((await device.call()) !== 200) throw new Error('a good token was refused through the balancer');
      const sent = performance.now();
      const refused = Promise.all(apis.map(({ url }) => untilRefused(url, device.accessToken)));
      if (!(await device.signOut())) throw new Error('the sign-out was refused');
      const answered = performance.now();
      const times = await refused;
      fromSent.push(Math.max(...times) - sent);
      fromAnswer.push(Math.max(...times) - answered);
      if ((await device.call()) !== 401) throw new Error('let in through the balancer after every API had refused');
      await pause(5);
    }
    return { fromSent, fromAnswer };
  } finally {
    await balancer.close();
    await Promise.all(apis.map((one) => one.end('SIGTERM')));
  }
}

async function call(url: string, token: string): Promise<number> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  await response.arrayBuffer();
  return response.status;
}

async function untilRefused(url: string, token: string): Promise<number> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    if ((await call(url, token)) === 401) return performance.now();
  }
  throw new Error('not refused within ten seconds');
}
