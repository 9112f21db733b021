import { rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { ACCOUNT, type Cluster, settle, storm } from '../cluster.ts';
import type { Experiment } from '../experiment.ts';
import { withCluster } from './crashes.ts';

const STRANGER = { email: 'lee@example.test', password: 'another good password' };

/**
 * The only cache there is are the buckets of limits: an unlogged table in PostgreSQL, a file of their own beside SQLite's. What they hold may
 * be gone; what is good once may not.
 */
export const X13: Experiment = {
  id: 'X13',
  title: 'the buckets of limits are lost, stale and empty again: limits may begin anew, nothing is good twice',
  databases: ['sqlite', 'postgres'],
  run: (given) =>
    withCluster(given, { devices: 6 }, async (cluster) => {
      const { found, random, servers } = cluster;
      const once = await oneTimeToken(cluster);
      const until = performance.now() + given.seconds * 1_000;
      let spent = 0;
      await storm(cluster, async () => {
        do {
          await loseBuckets(cluster, given.database, random.next() < 0.5);
          // ten at once, of which none may be let in twice over all rounds
          const answers = await Promise.all(Array.from({ length: 10 }, () => redeem(cluster, once)));
          spent += answers.filter((status) => status === 204).length;
          for (const status of answers.filter((one) => one !== 204 && one !== 400 && one !== 503))
            found.push({ invariant: 'I6', what: `a link was answered ${status}` });
          await pause(random.between(200, 600));
        } while (performance.now() < until);
      });
      if (spent !== 1) found.push({ invariant: 'I5', what: `a link was good ${spent} times` });
      // limits are there again afterwards
      const statuses: number[] = [];
      for (let n = 0; n < 12; n += 1) statuses.push(await guess(cluster, n));
      if (!statuses.includes(429))
        found.push({ invariant: 'I9', what: `guesses are not limited: ${statuses.join(' ')}` });
      if (servers.some(({ pid }) => pid === 0)) found.push({ invariant: 'I6', what: 'a server is gone' });
      await settle(cluster);
    }),
};

async function loseBuckets(cluster: Cluster, database: 'sqlite' | 'postgres', whole: boolean): Promise<void> {
  if (database === 'postgres') {
    const client = new pg.Client({ connectionString: cluster.database });
    await client.connect();
    // emptied as a crash of the database does, or made stale: every bucket full until tomorrow
    await client.query(whole ? 'truncate rate_limits' : 'update rate_limits set empty_at = empty_at + 86400000');
    await client.end();
    return;
  }
  const [server] = cluster.servers;
  await server?.end('SIGKILL');
  for (const name of ['', '-wal', '-shm']) {
    const file = `${cluster.database.slice('sqlite:'.length)}-limits${name}`;
    if (whole || name !== '') rmSync(file, { force: true });
  }
  await server?.start();
}

async function post(cluster: Cluster, path: string, json: object): Promise<Response> {
  return fetch(cluster.address + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(json),
    signal: AbortSignal.timeout(12_000),
  });
}

/** Of a link that verifies an address, read from the development mailbox. */
async function oneTimeToken(cluster: Cluster): Promise<string> {
  await post(cluster, '/v1/sign-up', STRANGER);
  for (let tries = 0; tries < 100; tries += 1) {
    const mailbox = await fetch(`${cluster.address}/dev/mailbox`, { headers: { accept: 'application/json' } });
    const text = await mailbox.text();
    const mail = (
      JSON.parse(text) as { readonly mails: readonly { readonly to: string; readonly text: string }[] }
    ).mails.find(({ to }) => to === STRANGER.email);
    const token = /[?#]token=([\w-]{22})/.exec(mail?.text ?? '')?.[1];
    if (token !== undefined) return token;
    await pause(100);
  }
  throw new Error('no mail came');
}

async function redeem(cluster: Cluster, token: string): Promise<number> {
  const answer = await post(cluster, '/v1/email/verify', { token }).catch(() => undefined);
  // a server that is being killed answers nothing, which is as good as 503 to a client
  return answer?.status ?? 503;
}

async function guess(cluster: Cluster, n: number): Promise<number> {
  const json = { email: ACCOUNT.email, password: `wrong password ${n}`, delivery: 'bearer' };
  return (await post(cluster, '/v1/sign-in', json)).status;
}
