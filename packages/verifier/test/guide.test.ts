import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { freePort } from '../../../tests/support/free-port.ts';
import { startFrontedServer } from '../../../tests/support/fronted-server.ts';
import { call } from './adapters/call.ts';

const ROOT = new URL('../../../', import.meta.url);
const FOLDER = new URL('.tmp/guide-adapters/', ROOT);
const GUIDE = readFileSync(new URL('docs/guides/adapters.md', ROOT), 'utf8');
const API = 'https://api.example.com';
const ACCOUNT = { email: 'kim@example.test', password: 'correct horse battery staple' };
/** docs/protocol.md §5 says 1 s; machines that run tests are busy. */
const BOUND_MS = 2_000;

/** The programs of the guide, by the name that stands behind `ts`. */
const PROGRAMS = [...GUIDE.matchAll(/^```ts ([\w-]+)\n(.*?)^```$/gms)].map(([, name = '', code = '']) => ({
  name,
  code,
}));
/** Those whose answer goes on. */
const STREAMS = ['ws', 'sse', 'sse-fetch'];

const RUNNER = `
for (const [name, port] of JSON.parse(process.env.PROGRAMS)) {
  process.env.PORT = String(port);
  await import(new URL(name + '.ts', process.env.FOLDER));
}`;

let issuer: string;
const ports = new Map<string, number>();
let log = '';
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  const fronted = await startFrontedServer(API);
  issuer = fronted.issuer;
  ends.push(() => fronted.end());
  mkdirSync(FOLDER, { recursive: true });
  for (const { name, code } of PROGRAMS) {
    writeFileSync(new URL(`${name}.ts`, FOLDER), code);
    ports.set(name, await freePort());
  }
  const child = spawn(
    process.execPath,
    [
      ...['--conditions=@mapae/source', '--disable-warning=ExperimentalWarning'],
      ...['--input-type=module', '-e', RUNNER],
    ],
    { env: { ...process.env, ISSUER: issuer, PROGRAMS: JSON.stringify([...ports]), FOLDER: FOLDER.href } },
  );
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      log += chunk;
    });
  }
  ends.unshift(() => child.kill('SIGKILL'));
  for (const port of ports.values()) await answering(port, () => child.exitCode === null);
}, 60_000);
afterAll(async () => {
  for (const end of ends) await end();
  rmSync(FOLDER, { recursive: true, force: true });
});

async function answering(port: number, alive: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1_000 && alive(); tries++) {
    if ((await call({ port }).catch(() => undefined)) !== undefined) return;
    await sleep(20);
  }
  throw new Error(`a program did not start:\n${log}`);
}

async function post(at: string, path: string, body: object): Promise<Readonly<Record<string, string>>> {
  const response = await fetch(`${at}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.status === 204 ? {} : ((await response.json()) as Readonly<Record<string, string>>);
}

async function signIn(at: string) {
  const answer = await post(at, '/v1/sign-in', { ...ACCOUNT, resource: API, delivery: 'bearer' });
  const token = answer['access_token'] ?? '';
  const { sub } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string };
  const signOut = (): Promise<unknown> => post(at, '/v1/sign-out', { refresh_token: answer['refresh_token'] });
  return { authorization: `Bearer ${token}`, subject: sub, signOut };
}

/** Opens what goes on; resolves after its first words. */
async function open(name: string, authorization: string) {
  const port = ports.get(name) ?? 0;
  if (name === 'ws') {
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { authorization } });
    const [words] = (await once(webSocket, 'message')) as [Buffer];
    return { words: words.toString(), ended: once(webSocket, 'close') };
  }
  const [response] = (await once(
    get({ port, host: '127.0.0.1', path: '/me', headers: { authorization }, agent: false }),
    'response',
  )) as [IncomingMessage];
  const ended = once(response, 'end');
  const [words] = (await once(response, 'data')) as [Buffer];
  response.resume();
  return { words: words.toString(), ended };
}

async function tsc(...args: string[]) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('node_modules/typescript/bin/tsc', ROOT)), ...args]);
  const [stdout] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { status: child.exitCode, stdout };
}

test('the guide has a program for every adapter of the package, and they compile', async () => {
  const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    exports: Record<string, unknown>;
  };
  const adapters = Object.keys(exports).map((path) => path.replace('./', ''));
  const missing = adapters.filter(
    (name) =>
      !['.', 'package.json', 'next', 'jwe'].includes(name) && !PROGRAMS.some((program) => program.name === name),
  );
  expect(missing).toEqual([]);
  writeFileSync(
    new URL('tsconfig.json', FOLDER),
    JSON.stringify({
      extends: '../../tsconfig.base.json',
      compilerOptions: {
        customConditions: [],
        noEmit: true,
        composite: false,
        rewriteRelativeImportExtensions: false,
        allowImportingTsExtensions: true,
      },
      include: ['*.ts'],
    }),
  );
  // against the declarations that are published; they are brought up to date where that is due
  expect(await tsc('-b', fileURLToPath(new URL('packages/server', ROOT)))).toEqual({ status: 0, stdout: '' });
  expect(await tsc('-p', fileURLToPath(FOLDER))).toEqual({ status: 0, stdout: '' });
}, 120_000);

test('the files of Next.js in the guide are those of examples/api-next', () => {
  const files = [...GUIDE.matchAll(/^<!-- file: (\S+) -->\n\n```ts\n(.*?)^```$/gms)];
  expect(files.length).toBe(3);
  for (const [, file = '', code] of files) expect(code).toBe(readFileSync(new URL(file, ROOT), 'utf8'));
});

describe('each program, as it stands in the guide', () => {
  const ask = (name: string, authorization?: string) =>
    call({
      port: ports.get(name) ?? 0,
      headers: authorization === undefined ? [] : ['authorization', authorization],
      upgrade: name === 'ws',
    });

  test('refuses who brings no token, lets in who does, and feels a sign-out within a second', async () => {
    await post(issuer, '/v1/sign-up', ACCOUNT);
    const { authorization, subject, signOut } = await signIn(issuer);
    const names = PROGRAMS.map(({ name }) => name).filter((name) => name !== 'in-process');
    for (const name of names) {
      const { status, challenge } = await ask(name);
      expect([name, status, challenge?.startsWith('Bearer')]).toEqual([name, 401, true]);
    }
    for (const name of names.filter((one) => !STREAMS.includes(one))) {
      const { status, text: said } = await ask(name, authorization);
      expect([name, status, JSON.stringify(said).includes(subject)]).toEqual([name, 200, true]);
    }
    const streams = await Promise.all(STREAMS.map((name) => open(name, authorization)));
    for (const { words } of streams) expect(words).toContain(subject);

    const since = performance.now();
    await signOut();
    const refused = names.map(async (name) => {
      while ((await ask(name, authorization)).status !== 401) {
        if (performance.now() - since > BOUND_MS) throw new Error(`${name} still lets in`);
        await sleep(20);
      }
    });
    await Promise.all([...refused, ...streams.map(({ ended }) => ended)]);
    expect(performance.now() - since).toBeLessThan(BOUND_MS);
  });

  test('the server in the same process: the same', async () => {
    const at = `http://localhost:${ports.get('in-process')}`;
    await post(at, '/v1/sign-up', ACCOUNT);
    const { authorization, subject, signOut } = await signIn(at);
    const asked = async (headers: Record<string, string>) => {
      const response = await fetch(`${at}/me`, { headers });
      return [response.status, (await response.text()).includes(subject)];
    };
    expect(await asked({})).toEqual([401, false]);
    expect(await asked({ authorization })).toEqual([200, true]);
    await signOut();
    expect(await asked({ authorization })).toEqual([401, false]);
  });

  test('the metadata of the API is where the challenge says (RFC 9728 §5.1)', async () => {
    const { challenge } = await ask('metadata');
    const named = new URL(/resource_metadata="([^"]+)"/.exec(challenge ?? '')?.[1] ?? '');
    const { status, headers, text: body } = await call({ port: ports.get('metadata') ?? 0, path: named.pathname });
    expect([named.origin, status, headers['content-type']?.includes('application/json')]).toEqual([API, 200, true]);
    expect(JSON.parse(body)).toMatchObject({ resource: API, authorization_servers: [issuer] });
  });

  test('and none of them wrote anything', () => {
    expect(log).toBe('');
  });
});
