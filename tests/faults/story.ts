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
/** Longer than a verifier ever waits before it connects again. */
const RECONNECTED_MS = 5_500;
const ACCOUNT = { email: 'kim@example.test', password: 'correct horse battery staple' };

/**
 * The main job under trouble, with separate processes: an authorization server, two APIs behind a balancer, and devices
 * that refresh and call while answers are lost, the server is killed and (PostgreSQL) the database is away. Then half of
 * the devices sign out, and tokens of the other half are replayed.
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
    const devices = Array.from({ length: DEVICES }, (_, index) =>
      createDevice({
        ...ACCOUNT,
        family: `device ${index}`,
        api: API,
        server: () => address,
        balancer: `http://localhost:${balancer.port}`,
        record: (exchange) => exchanges.push(exchange),
      }),
    );
    for (const device of devices) await device.signIn();

    const until = performance.now() + seconds * 1_000;
    await Promise.all([
      ...devices.map(async (device) => {
        while (performance.now() < until) {
          await device.refresh(random.next() < 0.3 ? random.between(2, 5) : 1);
          await device.call();
          await device.callWith(forge(device.accessToken, random.between(0, 2)));
          await pause(random.between(20, 700));
        }
      }),
      (async () => {
        while (performance.now() < until) {
          front.loseAnswers(random.between(0, 2));
          await pause(random.between(100, 400));
        }
        front.loseAnswers(0);
      })(),
      (async () => {
        await pause(seconds * 300);
        await endServer('SIGKILL');
        await startServer();
        if (database === undefined) return;
        await pause(seconds * 200);
        await trouble(database.proxy);
      })(),
    ]);
    // an answer lost at the very end is still owed: the honest client asks again
    for (const device of devices) await untilAnswered(device);
    // the bound of a second is that of connected verifiers: after the trouble they have to be back
    if (database !== undefined) await pause(RECONNECTED_MS);
    const [feltAfterMs] = await Promise.all([
      signOuts(devices.slice(0, DEVICES / 2)),
      replays(devices.slice(DEVICES / 2)),
    ]);
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

/** The database is cut off for a while, then hangs for a while. */
async function trouble(proxy: TcpProxy): Promise<void> {
  proxy.cut();
  await pause(700);
  proxy.heal();
  await pause(300);
  proxy.hang();
  await pause(700);
  proxy.heal();
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
      await device.replay(device.held.length - 3);
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
