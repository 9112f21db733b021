import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { databaseFromUrl } from '@mapae/server';
import { blindRevocationId, createVerifier, type Verifier } from '@mapae/verifier';
import pg from 'pg';
import type { ApiServerSettings } from '../support/api-server.ts';
import type { AuthServerSettings } from '../support/auth-server.ts';
import type { Violation } from '../support/observer.ts';
import { type Started, start } from '../support/process.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

// X8 and X7 of the fault catalogue: the feed of a verifier in trouble. An authorization server and each API are processes of their own, each API
// reaches the issuer through a hop that misbehaves, and only HTTP answers are judged.

export interface FeedStoryOptions {
  /** How long the feed is cut, flaps, or the process stands still. */
  readonly seconds: number;
  /** `postgres://…`; without it SQLite in a folder of its own. */
  readonly postgres?: string;
  readonly verifiers: number;
  /** How far the clocks of further APIs are off. */
  readonly clocksOffMs: readonly number[];
}

export interface FeedStory {
  readonly violations: readonly Violation[];
  readonly requests: number;
  /** Milliseconds from each sign-out's answer to the first refusal. */
  readonly feltAfterMs: Readonly<Record<string, number>>;
}

const API = 'https://notes.example';
const STALE_SECONDS = 2;
const GRACE_SECONDS = 2;
/** The published bound of a verifier that is cut off, with a moment for what was under way. */
const CUT_OFF_MS = (STALE_SECONDS + GRACE_SECONDS) * 1_000 + 500;
/** A connection that broke, and the next one at another server. */
const MOVED_MS = 3_000;
/** The longest wait of a verifier before it connects again, and a moment. */
const BACK_MS = 10_000;
const ACCOUNT = { email: 'kim@example.test', password: 'correct horse battery staple' };

export async function runFeedStory(options: FeedStoryOptions): Promise<FeedStory> {
  const { seconds, postgres } = options;
  const folder = mkdtempSync(join(tmpdir(), 'mapae-feed-'));
  const ends: (() => Promise<unknown>)[] = [];
  const violations: Violation[] = [];
  const feltAfterMs: Record<string, number> = {};
  let requests = 0;
  let server: Started | undefined;
  try {
    const front = await startTcpProxy(() => [server?.port ?? 0]);
    ends.push(() => front.close());
    const issuer = `http://localhost:${front.port}`;
    const database = postgres ?? `sqlite:${join(folder, 'mapae.db')}`;
    const secret = randomBytes(32).toString('base64url');
    const settings: AuthServerSettings = { port: 0, issuer, database, secret, api: API, retryWindowSeconds: 1 };
    server = await start('./auth-server.ts', settings);
    const running = server;
    ends.push(() => running.end('SIGTERM'));
    await post(`${issuer}/v1/sign-up`, ACCOUNT);

    const startApi = async (more: Partial<ApiServerSettings> = {}) => {
      const hop = await startTcpProxy(() => [running.port]);
      ends.push(() => hop.close());
      const api = await start('./api-server.ts', {
        issuer,
        audience: API,
        via: `http://localhost:${hop.port}`,
        staleAfterSeconds: STALE_SECONDS,
        staleGraceSeconds: GRACE_SECONDS,
        ...more,
      } satisfies ApiServerSettings);
      ends.push(() => api.end('SIGKILL'));
      return { api, hop };
    };

    /** Calls with a token; anything but 200, 401 and 503 with Retry-After is a violation, a hang too. */
    async function call(api: Started, token: string): Promise<number> {
      requests++;
      const answer = await fetch(api.url, {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(15_000),
      }).catch(() => undefined);
      await answer?.arrayBuffer();
      const status = answer?.status ?? 0;
      const good = status === 200 || status === 401 || (status === 503 && answer?.headers.has('retry-after'));
      if (good !== true) violations.push({ invariant: 'I6', what: `an API answered ${status}` });
      return status;
    }

    /** From a sign-out on: never let in after the bound, and refused as revoked in the end. */
    async function judge(name: string, api: Started, token: string, boundMs: number, untilMs: number): Promise<void> {
      const since = performance.now();
      while (performance.now() - since < untilMs) {
        const began = performance.now() - since;
        const status = await call(api, token);
        if (status === 401) feltAfterMs[name] ??= Math.round(performance.now() - since);
        if (status === 200 && began > boundMs)
          violations.push({ invariant: 'I1', what: `${name}: let in ${Math.round(began)} ms after the sign-out` });
        if (status === 401 && began > boundMs) return;
        await pause(20);
      }
      if (feltAfterMs[name] === undefined) violations.push({ invariant: 'I9', what: `${name}: not well again` });
    }

    const letIn = async (name: string, api: Started, token: string): Promise<void> => {
      if ((await call(api, token)) !== 200)
        violations.push({ invariant: 'I6', what: `${name}: a good token was refused` });
    };

    async function cut(name: string, trouble: (hop: TcpProxy) => Promise<void>): Promise<void> {
      const { api, hop } = await startApi();
      const session = await signIn(issuer);
      await letIn(name, api, session.accessToken);
      const over = trouble(hop);
      await session.signOut();
      await Promise.all([
        judge(name, api, session.accessToken, CUT_OFF_MS, seconds * 1_000 + BACK_MS),
        over.then(() => hop.heal()),
      ]);
    }

    async function standStill(): Promise<void> {
      const { api } = await startApi();
      const session = await signIn(issuer);
      await letIn('SIGSTOP', api, session.accessToken);
      api.pause();
      await session.signOut();
      await pause(Math.max(seconds * 1_000, CUT_OFF_MS));
      // queued while the process stands still, answered first when it goes on
      const queued = Array.from({ length: 20 }, () => call(api, session.accessToken));
      await pause(100);
      api.resume();
      for (const status of await Promise.all(queued))
        if (status === 200) violations.push({ invariant: 'I1', what: 'SIGSTOP: a queued request was let in' });
      await judge('SIGSTOP', api, session.accessToken, 0, BACK_MS);
    }

    async function clockOff(clockOffMs: number): Promise<void> {
      const { api } = await startApi({ clockOffMs });
      const session = await signIn(issuer);
      await call(api, session.accessToken);
      await session.signOut();
      await pause(1_000);
      if ((await call(api, session.accessToken)) === 200)
        violations.push({ invariant: 'I1', what: `a clock off by ${clockOffMs} ms: let in after the sign-out` });
    }

    /** A command beside the server: another process, and a session that it ends in the database. */
    async function writtenElsewhere(api: Started): Promise<void> {
      const session = await signIn(issuer);
      await letIn('written elsewhere', api, session.accessToken);
      const store = await databaseFromUrl(database).open({ issuer });
      await store.revoke({ code: 1, value: session.sid, before: 0 });
      await store.close();
      await judge('written elsewhere', api, session.accessToken, 1_000, 2_000);
    }

    /** A row that is inserted first and committed last: a feed that went by insertion would have passed it. */
    async function committedLate(api: Started, url: string): Promise<void> {
      const [late, other] = [await signIn(issuer), await signIn(issuer)];
      await letIn('committed late', api, late.accessToken);
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query('begin');
      await client.query('insert into revocations (code, blind_id, before, until) values (1, $1, 0, $2)', [
        Buffer.from(blindRevocationId(issuer, 'session', late.sid)),
        Date.now() + 600_000,
      ]);
      await other.signOut();
      await judge('committed before it', api, other.accessToken, 1_000, 2_000);
      await client.query('commit');
      await client.end();
      await judge('committed late', api, late.accessToken, 1_000, 2_000);
    }

    /** Two servers on one database: what one writes is felt through the other, and a follower that is sent from one to the other loses nothing. */
    async function betweenServers(): Promise<void> {
      const other = await start('./auth-server.ts', settings);
      ends.push(() => other.end('SIGTERM'));
      let at = other.port;
      const hop = await startTcpProxy(() => [at]);
      ends.push(() => hop.close());
      const via = `http://localhost:${hop.port}`;
      const api = await start('./api-server.ts', { issuer, audience: API, via } satisfies ApiServerSettings);
      ends.push(() => api.end('SIGKILL'));
      const felt = async (name: string, meanwhile: () => Promise<unknown> = async () => {}): Promise<void> => {
        const session = await signIn(issuer);
        await letIn(name, api, session.accessToken);
        await meanwhile();
        await session.signOut();
        await judge(name, api, session.accessToken, 1_000, BACK_MS);
      };
      await felt('through another server');
      // to the first one, back, and back again: a sign-out falls between two connections each time
      for (const port of [running.port, other.port, running.port]) {
        const session = await signIn(issuer);
        await letIn('moved to another server', api, session.accessToken);
        at = port;
        hop.cut();
        await session.signOut();
        hop.heal();
        // by the batch that was missed: the position means the same at both
        await judge('moved to another server', api, session.accessToken, MOVED_MS, BACK_MS);
      }
      // the server that it follows is gone for good, and the other one goes on
      await felt('after a server was killed', async () => {
        at = running.port;
        await other.end('SIGKILL');
        hop.cut();
        hop.heal();
        await pause(1_500);
      });
    }

    async function stampede(): Promise<void> {
      const hop = await startTcpProxy(() => [running.port]);
      ends.push(() => hop.close());
      const log = new Set<string>();
      const verifiers: Verifier[] = Array.from({ length: options.verifiers }, () =>
        createVerifier({
          issuer,
          audience: API,
          fetch: (input, init) => fetch(new Request(input).url.replace(issuer, `http://localhost:${hop.port}`), init),
          log: (event) => log.add(event),
        }),
      );
      ends.push(async () => {
        for (const verifier of verifiers) verifier.close();
      });
      await Promise.all(verifiers.map((verifier) => verifier.ready()));
      const session = await signIn(issuer);
      hop.cut();
      await pause(500);
      await session.signOut();
      hop.heal();
      const healed = performance.now();
      const isOut = (verifier: Verifier): boolean => {
        try {
          verifier.verifySync(session.accessToken);
          return false;
        } catch {
          return true;
        }
      };
      while (!verifiers.every(isOut) && performance.now() - healed < BACK_MS * 2) {
        // the server serves others meanwhile
        const health = await fetch(`${running.url}/healthz`, { signal: AbortSignal.timeout(5_000) }).catch(
          () => undefined,
        );
        if (health?.status !== 200) violations.push({ invariant: 'I9', what: 'the stampede kept others waiting' });
        await pause(50);
      }
      const behind = verifiers.filter((verifier) => !isOut(verifier)).length;
      if (behind > 0) violations.push({ invariant: 'I1', what: `${behind} verifiers of the stampede are behind` });
      feltAfterMs['stampede'] = Math.round(performance.now() - healed);
    }

    await Promise.all([
      cut('cut', async (hop) => {
        hop.cut();
        await pause(Math.max(seconds * 1_000, CUT_OFF_MS + 500));
      }),
      cut('hang', async (hop) => {
        hop.hang();
        await pause(Math.max(seconds * 1_000, CUT_OFF_MS + 500));
      }),
      cut('flapping', async (hop) => {
        const until = performance.now() + seconds * 1_000;
        while (performance.now() < until) {
          hop.cut();
          await pause(400);
          hop.heal();
          await pause(400);
        }
      }),
      standStill(),
    ]);
    const [{ api: healthy }] = await Promise.all([startApi(), ...options.clocksOffMs.map(clockOff)]);
    await writtenElsewhere(healthy);
    if (postgres !== undefined) {
      await committedLate(healthy, postgres);
      await betweenServers();
    }
    await stampede();
    return { violations, requests, feltAfterMs };
  } finally {
    for (const end of ends.toReversed()) await end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As clients do: a server that is busy is asked again. What is judged here are the APIs. */
async function post(url: string, body: object, tries = 10): Promise<Record<string, string>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.status === 503 && tries > 1) {
    await response.arrayBuffer();
    await pause(Number(response.headers.get('retry-after')) * 1_000);
    return post(url, body, tries - 1);
  }
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return (text === '' ? {} : JSON.parse(text)) as Record<string, string>;
}

async function signIn(issuer: string) {
  const answer = await post(`${issuer}/v1/sign-in`, { ...ACCOUNT, delivery: 'bearer', resource: API });
  const { access_token: accessToken = '', refresh_token } = answer;
  const payload = Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString();
  const { sid } = JSON.parse(payload) as { sid: string };
  return { accessToken, sid, signOut: () => post(`${issuer}/v1/sign-out`, { refresh_token }) };
}
