import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type Started, start } from '../support/process.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

// examples/mobile as a person uses it: each command a process, everything it remembers in its keychain, and a real TCP hop that
// loses answers between it and the server.
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FLAGS = ['--conditions=@mapae/source', '--disable-warning=ExperimentalWarning'];
const EMAIL = 'kim@example.test';
const WINDOW_SECONDS = 1;

const folder = mkdtempSync(join(tmpdir(), 'mapae-mobile-'));
let server: Started;
let api: ChildProcess;
let apiUrl = '';
let proxy: TcpProxy;

beforeAll(async () => {
  const [port, apiPort] = [await freePort(), await freePort()];
  apiUrl = `http://localhost:${apiPort}`;
  server = await start('./auth-server.ts', {
    port,
    database: `sqlite:${join(folder, 'mapae.db')}`,
    issuer: `http://localhost:${port}`,
    secret: randomBytes(32).toString('base64url'),
    api: apiUrl,
    scopes: ['notes:read', 'notes:write'],
    retryWindowSeconds: WINDOW_SECONDS,
  });
  const program = join(ROOT, 'examples/notes/src/api-main.ts');
  api = spawn(process.execPath, [...FLAGS, program, String(apiPort), server.url, 'http://localhost:1'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await once(api.stderr as NonNullable<typeof api.stderr>, 'data');
  proxy = await startTcpProxy(() => [port]);
});

afterAll(async () => {
  await proxy?.close();
  api?.kill('SIGKILL');
  await server?.end('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

// asymmetric matchers are `any`
const containing = (text: string): unknown => expect.stringContaining(text);
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);

interface Run {
  readonly child: ChildProcess;
  text(): string;
  readonly code: Promise<number | null>;
}

/** One start of the app on a phone. */
function launch(phone: string, ...args: readonly string[]): Run {
  const options = ['--server', `http://localhost:${proxy.port}`, '--api', apiUrl];
  const child = spawn(
    process.execPath,
    [
      ...[...FLAGS, join(ROOT, 'examples/mobile/src/main.ts'), ...args],
      ...[...options, '--keychain', keychain(phone), '--device', phone],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NOTES_PASSWORD: 'quill lantern 7f3c91d2 barley' } },
  );
  let written = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      written += chunk;
    });
  return { child, text: () => written, code: once(child, 'close').then(() => child.exitCode) };
}

async function app(phone: string, ...args: readonly string[]): Promise<{ code: number | null; text: string }> {
  const run = launch(phone, ...args);
  return { code: await run.code, text: run.text() };
}

const keychain = (phone: string): string => join(folder, phone);
const entries = (phone: string): string[] => readdirSync(keychain(phone)).map((name) => join(keychain(phone), name));
/** The file with the refresh token, and what stands in it. */
const refreshTokenOf = (phone: string): { readonly file: string; readonly text: string } => {
  for (const file of entries(phone)) {
    const text = readFileSync(file, 'utf8');
    if (text.startsWith('mr1.')) return { file, text };
  }
  throw new Error('there is no refresh token');
};

test('signs up, in, and goes on at the next start, with nothing but what the keychain holds', async () => {
  expect(await app('phone', 'notes')).toMatchObject({ code: 3, text: containing('client/signed-out') });
  expect(await app('phone', 'sign-up', EMAIL)).toMatchObject({ code: 0 });
  expect(await app('phone', 'sign-in', EMAIL)).toMatchObject({ code: 0, text: `signed in as ${EMAIL}\n` });
  expect(await app('phone', 'write', 'bought milk')).toMatchObject({ code: 0, text: 'written\n' });
  expect(await app('phone', 'notes')).toMatchObject({ code: 0, text: matching(/Z {2}bought milk\n$/) });
  for (const file of entries('phone')) {
    expect(statSync(file).mode & 0o077).toBe(0);
    // an access token is a JWT, and stays in memory
    expect(readFileSync(file, 'utf8')).not.toMatch(/^eyJ/);
  }
});

test('docs/protocol.md §2: a refresh whose every answer was lost signs nobody out, and the next start gets the same successor', async () => {
  await pause(WINDOW_SECONDS * 1_000 + 100);
  const before = refreshTokenOf('phone');
  proxy.loseAnswers(100);
  expect(await app('phone', 'notes')).toMatchObject({ code: 1, text: containing('client/network') });
  proxy.loseAnswers(0);
  expect(refreshTokenOf('phone')).toEqual(before);
  // past the window only the key, kept over the restart, tells a lost answer from a thief
  await pause(WINDOW_SECONDS * 1_000 + 100);
  expect(await app('phone', 'notes')).toMatchObject({ code: 0, text: containing('bought milk') });
  expect(refreshTokenOf('phone').text).not.toBe(before.text);
});

test('one that is killed while it waits for an answer goes on at the next start', async () => {
  await pause(WINDOW_SECONDS * 1_000 + 100);
  proxy.hang();
  const run = launch('phone', 'notes');
  await expect.poll(() => entries('phone').length, { timeout: 10_000 }).toBeGreaterThan(3);
  run.child.kill('SIGKILL');
  await run.code;
  proxy.heal();
  expect(await app('phone', 'notes')).toMatchObject({ code: 0 });
});

test('two starts of one app at a time are refused, another phone is let in', async () => {
  expect(await app('tablet', 'sign-in', EMAIL)).toMatchObject({ code: 0 });
  const run = launch('phone', 'watch');
  await expect.poll(run.text, { timeout: 10_000 }).toContain('signed in');
  expect(await app('phone', 'notes')).toMatchObject({ code: 1, text: containing('running already') });
  run.child.kill('SIGKILL');
  await run.code;
});

test('a sign-out elsewhere is felt by an app that is open, and at the next start', async () => {
  const run = launch('phone', 'watch');
  await expect.poll(run.text, { timeout: 10_000 }).toContain('signed in');
  const { text } = await app('tablet', 'devices');
  const id = /^(\S+) {2}phone,/m.exec(text)?.[1] ?? 'none';
  expect(await app('tablet', 'end', id)).toMatchObject({ code: 0, text: 'signed out there\n' });
  const ended = performance.now();
  expect(await run.code).toBe(3);
  expect(performance.now() - ended).toBeLessThan(5_000);
  expect(run.text()).toContain('invalid_grant');
  expect(await app('phone', 'notes')).toMatchObject({ code: 3, text: containing('client/signed-out') });
  expect(await app('tablet', 'notes')).toMatchObject({ code: 0 });
});

test('RFC 9700 §4.14.2: a refresh token that somebody copied is no use to two, and the app is told', async () => {
  const copied = refreshTokenOf('tablet');
  for (let time = 0; time < 2; time++) {
    await pause(WINDOW_SECONDS * 1_000 + 100);
    expect(await app('tablet', 'notes')).toMatchObject({ code: 0 });
  }
  writeFileSync(copied.file, copied.text);
  expect(await app('tablet', 'notes')).toMatchObject({ code: 3, text: containing('invalid_grant') });
});

test('sign-out ends the session at the server, and leaves no refresh token', async () => {
  expect(await app('phone', 'sign-in', EMAIL)).toMatchObject({ code: 0 });
  const { text } = refreshTokenOf('phone');
  expect(await app('phone', 'sign-out')).toMatchObject({ code: 0, text: 'signed out\n' });
  expect(() => refreshTokenOf('phone')).toThrow('no refresh token');
  const body = JSON.stringify({ refresh_token: text });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${server.url}/v1/refresh`, { method: 'POST', headers, body });
  expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'invalid_grant' }]);
});

test('--help prints how it is used', async () => {
  expect(await app('phone', '--help')).toMatchObject({
    code: 0,
    text: containing('Usage: npm run mobile'),
  });
});

test.each([[['dance']], [['write']], [['notes', 'too much']], [['notes', '--colour']]])(
  '%j is refused with a hint',
  async (args) => {
    expect(await app('phone', ...args)).toMatchObject({
      code: 2,
      text: matching(/^notes: error: .+\nnotes: hint: .+\n$/),
    });
  },
);
