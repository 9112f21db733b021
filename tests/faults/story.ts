import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ApiServerSettings } from '../support/api-server.ts';
import type { AuthServerSettings } from '../support/auth-server.ts';
import type { Breakage } from '../support/breakages.ts';
import { createDevice, type Device } from '../support/device.ts';
import { type Exchange, judge, type Violation } from '../support/observer.ts';
import { type Started, start } from '../support/process.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

export interface Story {
  readonly violations: readonly Violation[];
  readonly exchanges: readonly Exchange[];
  /** Milliseconds from the sign-out's answer to the first refusal of a call that began after it; one a device. */
  readonly feltAfterMs: readonly number[];
}

export interface StoryOptions {
  readonly seed: number;
  /** `postgres://…`; without it SQLite in a folder of its own. */
  readonly postgres?: string;
  /** Builds that are broken on purpose; the server's and the APIs' alike. */
  readonly breakage?: Breakage;
  readonly seconds: number;
}

const API = 'https://notes.example';
const WINDOW_SECONDS = 1;
const DEVICES = 4;
/** Longer than a verifier ever waits before it connects again, with room for a slow machine. */
const RECONNECTED_MS = 8_000;
const ACCOUNT = { email: 'kim@example.test', password: 'correct horse battery staple' };

/**
 * The main job under trouble, with separate processes: an authorization server, two APIs behind a balancer, and devices
 * that refresh and call while answers are lost, the server is killed and (PostgreSQL) the database is away. Then, one after
 * the other, so that no run misses them: tabs at once, answers lost for longer than the window, sign-outs of half of the
 * devices, replayed tokens of the other half.
 */
export async function runStory({ seed, postgres, breakage, seconds }: StoryOptions): Promise<Story> {
  const random = seededRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), 'mapae-story-'));
  const exchanges: Exchange[] = [];
  const logs: string[] = [];
  const secret = randomBytes(32).toString('base64url');
  const ends: (() => Promise<void>)[] = [];
  let server: Started | undefined;
  try {
    const front = await startTcpProxy(() => [server?.port ?? 0]);
    ends.push(() => front.close());
    const address = `http://localhost:${front.port}`;
    const database = postgres === undefined ? undefined : await proxyTo(postgres);
    if (database !== undefined) ends.push(() => database.proxy.close());
    const settings: AuthServerSettings = {
      port: 0,
      issuer: address,
      database: database?.url ?? `sqlite:${join(folder, 'mapae.db')}`,
      secret,
      api: API,
      retryWindowSeconds: WINDOW_SECONDS,
    };
    const startServer = async (): Promise<void> => {
      server = await start('./auth-server.ts', settings, breakage?.in === 'verifier' ? undefined : breakage);
    };
    const endServer = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
      await server?.end(signal);
      logs.push(server?.log() ?? '');
    };
    await startServer();
    ends.push(() => endServer('SIGTERM'));
    const apiSettings: ApiServerSettings = { issuer: address, audience: API };
    const apis = await Promise.all(
      [1, 2].map(() => start('./api-server.ts', apiSettings, breakage?.in === 'verifier' ? breakage : undefined)),
    );
    for (const api of apis) {
      ends.push(async () => {
        await api.end('SIGTERM');
        logs.push(api.log());
      });
    }
    const balancer = await startTcpProxy(() => apis.map((api) => api.port));
    ends.push(() => balancer.close());

    const signUp = await fetch(`${address}/v1/sign-up`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ACCOUNT),
    });
    if (signUp.status !== 201) throw new Error(`sign-up: ${signUp.status}`);
    const makeDevice = (family: string, record: (exchange: Exchange) => void): Device =>
      createDevice({
        ...ACCOUNT,
        family,
        api: API,
        server: () => address,
        balancer: `http://localhost:${balancer.port}`,
        record,
      });
    const devices = Array.from({ length: DEVICES }, (_, index) =>
      makeDevice(`device ${index}`, (exchange) => exchanges.push(exchange)),
    );
    for (const device of devices) await device.signIn();

    const atLeastUntil = performance.now() + seconds * 1_000;
    let over = false;
    await Promise.all([
      ...devices.map(async (device) => {
        while (!over) {
          await device.refresh(random.next() < 0.3 ? random.between(2, 5) : 1);
          await device.call();
          await device.callWith(forge(device.accessToken, random.between(0, 2)));
          await pause(random.between(20, 300));
        }
      }),
      (async () => {
        while (!over) {
          front.loseAnswers(random.between(0, 2));
          await pause(random.between(100, 400));
        }
        front.loseAnswers(0);
      })(),
      (async () => {
        await pause(seconds * 300);
        await endServer('SIGKILL');
        await startServer();
        if (database !== undefined) await trouble(database.proxy, exchanges);
        await pause(atLeastUntil - performance.now());
        over = true;
      })(),
    ]);
    // an answer lost at the very end is still owed: the honest client asks again
    for (const device of devices) await untilAnswered(device);
    let feltAfterMs: readonly number[] = [];
    const scenes: readonly (() => Promise<void>)[] = [
      async () => void (await Promise.all(devices.map(tabsAtOnce))),
      () => lostForLong(devices, front),
      // the bound of a second is that of connected verifiers: after the trouble they have to be back
      () =>
        connected(
          makeDevice('probe', () => {}),
          apis.length,
        ),
      async () => {
        [feltAfterMs] = await Promise.all([
          signOuts(devices.slice(0, DEVICES / 2)),
          replays(devices.slice(DEVICES / 2)),
        ]);
      },
    ];
    for (const scene of scenes) {
      // of a broken build no more has to be seen
      if (judge(exchanges, '', []).some(({ invariant }) => invariant === breakage?.invariant)) break;
      await scene();
    }
    for (const end of ends.splice(0).toReversed()) await end();
    const held = devices.flatMap((device) => [...device.held, device.accessToken]);
    return {
      violations: judge(exchanges, logs.join(''), [...held, ACCOUNT.password, ACCOUNT.email, secret]),
      exchanges,
      feltAfterMs,
    };
  } finally {
    for (const end of ends.toReversed()) await end();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function proxyTo(url: string): Promise<{ readonly url: string; readonly proxy: TcpProxy }> {
  const target = new URL(url);
  const port = Number(target.port);
  const proxy = await startTcpProxy(() => [port]);
  target.port = String(proxy.port);
  return { url: target.href, proxy };
}

/** The database is cut off for a while, then hangs for a while; each time until refreshes met it. */
async function trouble(proxy: TcpProxy, exchanges: readonly Exchange[]): Promise<void> {
  proxy.cut();
  await answered(exchanges, 3);
  proxy.heal();
  await pause(300);
  proxy.hang();
  await answered(exchanges, 2);
  proxy.heal();
}

/** Resolves when so many refreshes that began from now on were answered; after ten seconds in any case. */
async function answered(exchanges: readonly Exchange[], count: number): Promise<void> {
  const from = performance.now();
  const met = (): number =>
    exchanges.filter(({ did, began, status }) => did === 'refresh' && began > from && status !== undefined).length;
  while (met() < count && performance.now() < from + 10_000) await pause(20);
}

/** Three tabs refresh at once, when the last advance is long ago: one of them advances, and all get its token. */
async function tabsAtOnce(device: Device): Promise<void> {
  await pause(WINDOW_SECONDS * 1_000 + 100);
  await device.refresh(3);
}

/** Every answer is lost, and the clients ask again when the window has long passed: their keys say that they are the same. */
async function lostForLong(devices: readonly Device[], front: TcpProxy): Promise<void> {
  await pause(WINDOW_SECONDS * 1_000 + 100);
  front.loseAnswers(devices.length);
  await Promise.all(devices.map((device) => device.refresh()));
  front.loseAnswers(0);
  await pause(WINDOW_SECONDS * 1_000 + 100);
  await Promise.all(devices.map((device) => device.refresh()));
}

/** Both verifiers follow the feed again: each in turn refuses a device that has signed out. */
async function connected(probe: Device, apis: number): Promise<void> {
  await probe.signIn();
  await probe.signOut();
  const until = performance.now() + RECONNECTED_MS;
  for (let inARow = 0; inARow < 2 * apis && performance.now() < until; ) {
    inARow = (await probe.call()) === 401 ? inARow + 1 : 0;
    await pause(20);
  }
}

async function untilAnswered(device: Device): Promise<void> {
  const before = device.accessToken;
  for (let tries = 0; tries < 30; tries++) {
    await device.refresh();
    if (device.accessToken !== before) return;
    await pause(100);
  }
}

async function signOuts(devices: readonly Device[]): Promise<number[]> {
  return Promise.all(
    devices.map(async (device) => {
      await device.call();
      for (let tries = 0; tries < 50 && !(await device.signOut()); tries++) await pause(100);
      const answered = performance.now();
      let refused: number | undefined;
      while (performance.now() < answered + 1_200) {
        if ((await device.call()) === 401) refused ??= performance.now() - answered;
        await pause(refused === undefined ? 1 : 100);
      }
      await device.refresh();
      return refused ?? Number.POSITIVE_INFINITY;
    }),
  );
}

/** Two honest advances, then the first of the three tokens again. */
async function replays(devices: readonly Device[]): Promise<void> {
  await Promise.all(
    devices.map(async (device) => {
      for (let round = 0; round < 2; round++) {
        await pause(WINDOW_SECONDS * 1_000 + 100);
        await device.refresh();
      }
      if (device.held.length >= 3) await device.replay(device.held.length - 3);
      await device.refresh();
      await pause(1_100);
      await device.call();
      await device.call();
    }),
  );
}

/** A token that is no good, made from a good one. */
function forge(token: string, kind: number): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  if (kind === 0) return `${header}.${payload}.`;
  const part = (text: string, change: object): string =>
    Buffer.from(
      JSON.stringify({ ...(JSON.parse(Buffer.from(text, 'base64url').toString()) as object), ...change }),
    ).toString('base64url');
  if (kind === 1) return `${header}.${part(payload, { scope: 'notes:read notes:admin' })}.${signature}`;
  return `${part(header, { alg: 'none' })}.${payload}.`;
}
