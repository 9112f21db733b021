import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { SocialOptions } from '@mapae/server';
import type { ApiServerSettings } from '../support/api-server.ts';
import type { AuthServerSettings } from '../support/auth-server.ts';
import type { Breakage, SourceEdit } from '../support/breakages.ts';
import { createDevice, type Device } from '../support/device.ts';
import { type Exchange, judge, type Violation } from '../support/observer.ts';
import { type Started, start } from '../support/process.ts';
import { type SeededRandom, seededRandom } from '../support/seeded-random.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

export type DatabaseKind = 'sqlite' | 'postgres';

export interface ClusterOptions {
  readonly seed: number;
  /** Address of the database; a SQLite file in the cluster's folder where it is left out. */
  readonly database?: string;
  readonly replicas?: number;
  readonly devices?: number;
  readonly breakage?: Breakage;
  /** Where the SQLite file lies. Default: a folder of its own. */
  readonly folder?: string;
  /** Runs in front of each server. */
  readonly preload?: string;
  readonly social?: SocialOptions;
}

/** Servers behind a balancer, two APIs, and devices that are signed in; each server and API is a process of its own. */
export interface Cluster {
  readonly random: SeededRandom;
  readonly folder: string;
  readonly address: string;
  readonly database: string;
  readonly secret: string;
  readonly devices: readonly Device[];
  readonly exchanges: Exchange[];
  /** In front of the servers. */
  readonly front: TcpProxy;
  readonly servers: readonly Server[];
  readonly apiPorts: readonly number[];
  newDevice(family: string): Device;
  /** What went wrong beside what the observer sees. */
  readonly found: Violation[];
  /** Ends everything and judges. */
  finish(): Promise<readonly Violation[]>;
  dispose(): Promise<void>;
}

export interface Server {
  readonly pid: number;
  readonly port: number;
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** @param version  Another one than before, from now on. */
  start(version?: SourceEdit): Promise<void>;
  log(): string;
}

export const API = 'https://notes.example';
export const WINDOW_SECONDS = 1;
/** I9: after a fault, service is normal within this, without hands. */
const NORMAL_WITHIN_MS = 30_000;
export const ACCOUNT = { email: 'kim@example.test', password: 'correct horse battery staple' };

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { seed, replicas = 1, breakage } = options;
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'mapae-faults-'));
  const database = options.database ?? `sqlite:${join(folder, 'mapae.db')}`;
  const secret = randomBytes(32).toString('base64url');
  const exchanges: Exchange[] = [];
  const servers: (Server & { readonly up: boolean })[] = [];
  const ends: (() => Promise<void>)[] = [];
  const dispose = async (): Promise<void> => {
    for (const end of ends.splice(0).toReversed()) await end();
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
  };
  try {
    const front = await startTcpProxy(() => {
      const up = servers.filter((one) => one.up);
      return up.length === 0 ? [0] : up.map(({ port }) => port);
    });
    ends.push(() => front.close());
    const address = `http://localhost:${front.port}`;
    const settings: AuthServerSettings = {
      port: 0,
      issuer: address,
      database,
      secret,
      api: API,
      retryWindowSeconds: WINDOW_SECONDS,
      ...(options.social === undefined ? {} : { social: options.social }),
    };
    const inServer = breakage?.in === 'verifier' ? undefined : breakage;
    for (let n = 0; n < replicas; n += 1) {
      const server = createReplica(settings, { breakage: inServer, preload: options.preload });
      servers.push(server);
      await server.start();
      ends.push(() => server.end('SIGTERM'));
    }
    const apiSettings: ApiServerSettings = { issuer: address, audience: API };
    const inApi = breakage?.in === 'verifier' ? breakage : undefined;
    const apis = await Promise.all([1, 2].map(() => start('./api-server.ts', apiSettings, inApi)));
    for (const api of apis) ends.push(() => api.end('SIGTERM'));
    const balancer = await startTcpProxy(() => apis.map((api) => api.port));
    ends.push(() => balancer.close());

    await signUp(address);
    const newDevice = (family: string): Device =>
      createDevice({
        ...ACCOUNT,
        family,
        api: API,
        server: () => address,
        balancer: `http://localhost:${balancer.port}`,
        record: (exchange) => exchanges.push(exchange),
      });
    const devices = Array.from({ length: options.devices ?? 4 }, (_, n) => newDevice(`device ${n}`));
    for (const device of devices) await device.signIn();
    const found: Violation[] = [];
    return {
      random: seededRandom(seed),
      ...{ folder, address, database, secret, devices, exchanges, front, servers, newDevice, found, dispose },
      apiPorts: apis.map(({ port }) => port),
      async finish() {
        for (const end of ends.splice(0).toReversed()) await end();
        const logs = [...servers, ...apis].map((one) => one.log()).join('');
        const held = devices.flatMap((device) => [...device.held, device.accessToken]);
        return [...found, ...judge(exchanges, logs, [...held, ACCOUNT.password, ACCOUNT.email, secret])];
      },
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

interface Build {
  readonly breakage: Breakage | undefined;
  readonly preload: string | undefined;
}

function createReplica(settings: AuthServerSettings, { breakage, preload }: Build): Server & { readonly up: boolean } {
  let process: Started | undefined;
  let up = false;
  const logs: string[] = [];
  return {
    get up() {
      return up;
    },
    get port() {
      return process?.port ?? 0;
    },
    get pid() {
      return process?.pid ?? 0;
    },
    log: () => logs.join('') + (process?.log() ?? ''),
    async start(version) {
      process = await start('./auth-server.ts', settings, version ?? breakage, preload);
      up = true;
    },
    async end(signal) {
      if (!up) return;
      // a balancer sees a killed server no sooner than its clients do
      if (signal === 'SIGTERM') up = false;
      await process?.end(signal);
      up = false;
      logs.push(process?.log() ?? '');
      process = undefined;
    },
  };
}

async function signUp(address: string): Promise<void> {
  const answer = await fetch(`${address}/v1/sign-up`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ACCOUNT),
  });
  if (answer.status !== 201) throw new Error(`sign-up: ${answer.status}`);
}

/** Devices refresh, sometimes with several tabs at once, and call, until the trouble is over. */
export async function storm(cluster: Cluster, trouble: () => Promise<void>): Promise<void> {
  const { random, devices } = cluster;
  let over = false;
  await Promise.all([
    ...devices.map(async (device) => {
      while (!over) {
        await device.refresh(random.next() < 0.2 ? random.between(2, 4) : 1);
        await device.call();
        await pause(random.between(10, 250));
      }
    }),
    trouble().finally(() => {
      over = true;
    }),
  ]);
}

/**
 * After the trouble: an honest client asks until it is answered, within 30 s without hands (I9); then half of the devices
 * sign out and the others' old tokens are replayed.
 */
export async function settle(cluster: Cluster): Promise<void> {
  const { devices, found } = cluster;
  const began = performance.now();
  await Promise.all(devices.map((device) => answered(device)));
  if (performance.now() - began > NORMAL_WITHIN_MS)
    found.push({ invariant: 'I9', what: 'no normal service within 30 s' });
  await untilLetIn(cluster);
  await untilReady(cluster, performance.now() + NORMAL_WITHIN_MS);
  const half = Math.ceil(devices.length / 2);
  await Promise.all([
    ...devices.slice(0, half).map(async (device) => {
      for (let tries = 0; tries < 50 && !(await device.signOut()); tries += 1) await pause(100);
      await pause(1_100);
      await device.call();
      await device.refresh();
    }),
    ...devices.slice(half).map(async (device) => {
      for (let round = 0; round < 2; round += 1) {
        await pause(WINDOW_SECONDS * 1_000 + 100);
        await device.refresh();
      }
      await device.replay(Math.max(0, device.held.length - 3));
      await device.refresh();
      await pause(1_100);
      await device.call();
    }),
  ]);
}

/** Every server says that it can do its work again: its database, its keys, its publisher. */
export async function untilReady({ servers, found }: Cluster, until: number): Promise<void> {
  for (const { port } of servers) {
    let status: number | undefined;
    while (status !== 200 && performance.now() < until) {
      status = await fetch(`http://localhost:${port}/readyz`).then(
        (answer) => answer.status,
        () => undefined,
      );
      if (status !== 200) await pause(200);
    }
    if (status !== 200) found.push({ invariant: 'I9', what: `a server is not ready again: ${status ?? 'no answer'}` });
  }
}

export async function answered(device: Device): Promise<boolean> {
  const before = device.accessToken;
  for (let tries = 0; tries < 200; tries += 1) {
    await device.refresh();
    if (device.accessToken !== before) return true;
    await pause(150);
  }
  return false;
}

/** The bound of a second is that of connected verifiers: after the trouble they have to be back. */
async function untilLetIn({ newDevice, devices }: Cluster): Promise<void> {
  const probe = devices[0] ?? newDevice('probe');
  for (let good = 0, tries = 0; good < 4 && tries < 100; tries += 1) {
    good = (await probe.call()) === 200 ? good + 1 : 0;
    await pause(100);
  }
  // and have their feed again
  await pause(5_500);
}
