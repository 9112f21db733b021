import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import {
  PROVIDER_CLIENT,
  startTroubledProvider,
  TROUBLES,
  type TroubledProvider,
} from '../../support/troubled-provider.ts';
import { type Cluster, settle, storm } from '../cluster.ts';
import type { Experiment } from '../experiment.ts';
import { withCluster } from './crashes.ts';

const BROWSERS = 8;
/** A person waits for the provider, twice five seconds at most; then they are told. */
const ANSWERED_MS = 12_000;
/** The person comes back to a page that says what went wrong, and has a button to try again. */
const TOLD = new Set(['provider-down', 'provider-answer', 'state', 'expired', 'unavailable']);

export const X14: Experiment = {
  id: 'X14',
  title:
    'the provider of a social login is down, hangs, trickles, answers nonsense, rotates its keys: no half accounts',
  databases: ['sqlite', 'postgres'],
  async run(given) {
    const provider = await startTroubledProvider();
    const { issuer } = provider;
    const client = { clientId: PROVIDER_CLIENT.id, clientSecret: PROVIDER_CLIENT.secret };
    const social = { oidc: [{ id: 'troubled', name: 'Troubled', issuer, ...client }] };
    try {
      return await withCluster(given, { devices: 4, social }, (cluster) =>
        underTrouble(cluster, provider, given.seconds),
      );
    } finally {
      await provider.close();
    }
  },
};

async function underTrouble(cluster: Cluster, provider: TroubledProvider, seconds: number): Promise<void> {
  const { random, found } = cluster;
  const until = performance.now() + seconds * 1_000;
  const entered = new Set<string>();
  const failed = new Set<string>();
  let people = 0;
  await storm(cluster, async () => {
    // one of each at least, so that a short run meets all of them
    const changing = (async () => {
      for (let n = 0; n < TROUBLES.length || performance.now() < until; n += 1) {
        provider.trouble = n < TROUBLES.length ? (TROUBLES[n] ?? 'up') : random.pick([...TROUBLES]);
        await pause(random.between(300, 900));
      }
      return 'over';
    })();
    let over = false;
    void changing.then(() => {
      over = true;
    });
    await Promise.all(
      Array.from({ length: BROWSERS }, async () => {
        while (!over) {
          people += 1;
          const person = `person-${people}`;
          ((await signIn(cluster, person)) ? entered : failed).add(person);
        }
      }),
    );
    await changing;
  });
  provider.trouble = 'up';
  if (failed.size === 0) found.push({ invariant: 'I6', what: 'nobody met the trouble: the experiment proves nothing' });
  const before = await readPeople(cluster.database);
  for (const [person, logins] of before) {
    if (!entered.has(person)) found.push({ invariant: 'I3', what: `${person} was refused and has an account` });
    if (logins !== 1) found.push({ invariant: 'I5', what: `${person} has ${logins} logins` });
  }
  for (const person of entered)
    if (!before.has(person)) found.push({ invariant: 'I3', what: `${person} was let in and has no account` });
  // the button to try again
  for (const person of failed)
    if (!(await signIn(cluster, person))) found.push({ invariant: 'I9', what: `${person} is still not let in` });
  const after = await readPeople(cluster.database);
  if (after.size !== people || [...after.values()].some((logins) => logins !== 1))
    found.push({ invariant: 'I5', what: `${people} people have ${after.size} accounts` });
  await settle(cluster);
}

/** A browser's way to the provider and back. @returns Whether they are signed in. */
async function signIn({ address, found }: Cluster, person: string): Promise<boolean> {
  const cookies = new Map<string, string>();
  for (let at = `${address}/social/troubled/start`, steps = 0; steps < 6; steps += 1) {
    const began = performance.now();
    const response = await navigate(at, cookies).catch(() => undefined);
    const took = performance.now() - began;
    if (took > ANSWERED_MS) found.push({ invariant: 'I6', what: `${at} took ${Math.round(took)} ms` });
    if (response === undefined) {
      found.push({ invariant: 'I6', what: `${new URL(at).pathname} was not answered` });
      return false;
    }
    if (at.startsWith(address)) keep(cookies, response.headers['set-cookie'] ?? []);
    const { location } = response.headers;
    if (response.statusCode !== 303 || location === undefined) {
      found.push({ invariant: 'I6', what: `${new URL(at).pathname} was answered ${response.statusCode ?? 0}` });
      return false;
    }
    const next = new URL(location, at);
    if (!next.href.startsWith(`${address}/`)) {
      next.searchParams.set('as', person);
      at = next.href;
      continue;
    }
    const error = next.searchParams.get('error');
    if (error !== null) {
      if (!TOLD.has(error)) found.push({ invariant: 'I6', what: `${person} was told ${error}` });
      if (cookies.has('mapae-refresh')) found.push({ invariant: 'I3', what: `${person} was refused with a session` });
      return false;
    }
    if (cookies.has('mapae-refresh')) return true;
    at = next.href;
  }
  found.push({ invariant: 'I6', what: `${person} was led in a circle` });
  return false;
}

/** What a browser sends that follows a link; `fetch` says of itself that it is a script. */
async function navigate(url: string, cookies: ReadonlyMap<string, string>): Promise<IncomingMessage> {
  const headers = {
    accept: 'text/html',
    cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
    'sec-fetch-site': 'cross-site',
  };
  const request = get(url, { headers, signal: AbortSignal.timeout(2 * ANSWERED_MS) });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response;
}

function keep(cookies: Map<string, string>, lines: readonly string[]): void {
  for (const line of lines) {
    const [, name = '', value = '', rest = ''] = /^([^=]+)=([^;]*)(.*)$/.exec(line) ?? [];
    if (/max-age=0/i.test(rest)) cookies.delete(name);
    else cookies.set(name, value);
  }
}

const PEOPLE = `
  select users.email as email, count(logins.id) as logins from users left join logins on logins.user_id = users.id
  where users.email like 'person-%' group by users.email`;

/** Those who have an account, with the number of their logins. */
async function readPeople(url: string): Promise<ReadonlyMap<string, number>> {
  const rows = await query(url);
  return new Map(rows.map(({ email, logins }) => [email.replace(/@.*/, ''), Number(logins)]));
}

interface Row {
  readonly email: string;
  readonly logins: number | string;
}

async function query(url: string): Promise<readonly Row[]> {
  if (url.startsWith('sqlite:')) {
    const database = new DatabaseSync(url.slice('sqlite:'.length), { readOnly: true });
    try {
      return database.prepare(PEOPLE).all() as unknown as readonly Row[];
    } finally {
      database.close();
    }
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(PEOPLE)).rows;
  } finally {
    await client.end();
  }
}
