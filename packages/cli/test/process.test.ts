import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { freePort } from '../../../tests/support/free-port.ts';
import { buildMapae } from '../../../tests/support/program-build.ts';

let program: string;
let folder: string;
const children = new Set<ChildProcess>();
beforeAll(async () => {
  program = await buildMapae();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mapae-cli-'));
});
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  children.clear();
  rmSync(folder, { recursive: true, force: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly out: { stdout: string; stderr: string };
  readonly exit: Promise<number | null>;
}

function mapae(args: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const out = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    out.stdout += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    out.stderr += chunk;
  });
  return { child, out, exit: once(child, 'close').then(() => child.exitCode) };
}

async function listening(running: Running): Promise<{ readonly port: number; readonly issuer: string }> {
  for (let tries = 0; tries < 200; tries++) {
    const line = running.out.stderr.split('\n').find((one) => one.includes('"event":"listening"'));
    if (line !== undefined) return JSON.parse(line) as { port: number; issuer: string };
    if (running.child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not listening: ${running.out.stderr}`);
}

const FAILURE = /^mapae: error: [^\n]+\nmapae: hint: [^\n]+\n$/;

test('--version prints the version, --help the commands with an example, both on standard output', async () => {
  const version = mapae(['--version']);
  expect(await version.exit).toBe(0);
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  expect(version.out).toEqual({ stdout: `${manifest.version}\n`, stderr: '' });
  const help = mapae(['--help']);
  expect(await help.exit).toBe(0);
  expect(help.out.stdout).toContain('$ mapae serve --dev');
  const serve = mapae(['serve', '--help']);
  expect(await serve.exit).toBe(0);
  expect(serve.out.stdout).toContain('--issuer <url>');
});

test.each([
  { what: 'no command', args: [], code: 2 },
  { what: 'an unknown command', args: ['sevre'], code: 2 },
  { what: 'an unknown option', args: ['serve', '--dev', '--colour'], code: 2 },
  { what: 'an option without its value', args: ['serve', '--port'], code: 2 },
  { what: 'a port that is no number', args: ['serve', '--dev', '--port', 'http'], code: 2 },
  { what: 'no issuer in production', args: ['serve'], code: 2 },
  { what: 'no secret in production', args: ['serve', '--issuer', 'https://auth.example'], code: 4 },
  {
    what: 'plain http in production',
    args: ['serve', '--issuer', 'http://auth.example'],
    env: { MAPAE_SECRET: 's'.repeat(43) },
    code: 2,
  },
  {
    what: 'a provider without its secret',
    args: ['serve', '--dev', '--port', '0'],
    env: { MAPAE_SOCIAL: '{"google":{"clientId":"x"}}' },
    code: 2,
  },
  { what: 'development on a public address', args: ['serve', '--dev', '--host', '0.0.0.0'], code: 2 },
  { what: 'a config file that is not there', args: ['serve', '--dev', '--config', 'none.ts'], code: 2 },
  { what: 'a database of an unknown kind', args: ['serve', '--dev', '--database', 'mysql://x/y'], code: 2 },
  {
    what: 'a database that is not running',
    args: ['serve', '--dev', '--database', 'postgres://127.0.0.1:1/x'],
    code: 4,
  },
])('$what ends with an error, a hint and a code, and no stack trace', async ({ args, env, code }) => {
  const run = mapae(args, env);
  expect(await run.exit).toBe(code);
  expect(run.out.stderr).toMatch(FAILURE);
  expect(run.out.stdout).toBe('');
});

test('a data folder that cannot be made ends with exit code 4', async () => {
  writeFileSync(join(folder, 'file'), '');
  const run = mapae(['serve', '--dev', '--port', '0', '--data', 'file/data']);
  expect(await run.exit).toBe(4);
  expect(run.out.stderr).toMatch(FAILURE);
});

test('a taken port ends with exit code 3', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  const run = mapae(['serve', '--dev', '--port', String(port)]);
  expect(await run.exit).toBe(3);
  expect(run.out.stderr).toMatch(FAILURE);
  holder.close();
});

test.each([1, 2])('SIGINT, %i times, stops cleanly with exit code 0', async (times) => {
  const port = await freePort();
  const run = mapae(['serve', '--dev', '--port', String(port)]);
  await listening(run);
  // an open event stream must not hold the process
  const stream = await fetch(`http://127.0.0.1:${port}/events/revocations`);
  expect(stream.status).toBe(200);
  for (let i = 0; i < times; i++) run.child.kill('SIGINT');
  expect(await run.exit).toBe(0);
  expect(run.out.stderr).toContain('"event":"stopped"');
  await stream.body?.cancel().catch(() => {});
});

test('the config file sets what no flag does, and both loopback addresses answer', async () => {
  const port = await freePort();
  writeFileSync(
    join(folder, 'mapae.config.ts'),
    `export default { dev: true, port: ${port} as number, resources: [{ identifier: 'https://api.example', scopes: ['x'] }] };\n`,
  );
  const run = mapae(['serve']);
  expect(await listening(run)).toMatchObject({ port, issuer: `http://localhost:${port}` });
  for (const host of ['127.0.0.1', 'localhost']) {
    expect((await fetch(`http://${host}:${port}/healthz`)).status).toBe(200);
  }
});

test('D08, L05: promises that nobody waits for and a closed log end nothing: the server answers, and stops when it is told to', async () => {
  const port = await freePort();
  writeFileSync(
    join(folder, 'mapae.config.ts'),
    `import { existsSync } from 'node:fs';
setInterval(() => {
  if (!existsSync('go')) return;
  void Promise.reject(new Error('a secret: kim@example.test'));
  void Promise.reject('a text');
}, 50).unref();
export default { dev: true, port: ${port} as number, logLevel: 'debug' };
`,
  );
  const run = mapae(['serve']);
  await listening(run);
  writeFileSync(join(folder, 'go'), '');
  const strays = (): readonly string[] =>
    run.out.stderr.split('\n').filter((line) => line.includes('process.rejection'));
  await expect.poll(() => strays().length, { timeout: 5_000 }).toBeGreaterThan(2);
  expect(strays().some((line) => line.includes('"kind":"Error"') && line.includes('mapae.config.ts'))).toBe(true);
  expect(run.out.stderr).not.toContain('kim@example.test');
  rmSync(join(folder, 'go'));
  // whoever read the log is gone: EPIPE
  run.child.stdout?.destroy();
  run.child.stderr?.destroy();
  const account = { email: 'kim@example.test', password: 'correct horse battery' };
  for (const path of ['/v1/sign-up', '/v1/sign-in', '/v1/sign-in']) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(path === '/v1/sign-in' ? { ...account, delivery: 'bearer' } : account),
    });
    expect([path, answer.status]).toEqual([path, path === '/v1/sign-up' ? 201 : 200]);
  }
  run.child.kill('SIGTERM');
  expect(await run.exit).toBe(0);
});

test('the data is kept between starts: who signed up before signs in after', async () => {
  const port = await freePort();
  const post = (path: string, body: unknown) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const first = mapae(['serve', '--dev', '--port', String(port)]);
  await listening(first);
  const account = { email: 'kim@example.test', password: 'correct horse battery' };
  expect((await post('/v1/sign-up', account)).status).toBe(201);
  first.child.kill('SIGTERM');
  expect(await first.exit).toBe(0);
  const second = mapae(['serve', '--dev', '--port', String(port)]);
  await listening(second);
  const answer = await post('/v1/sign-in', { ...account, delivery: 'bearer' });
  expect(answer.status).toBe(200);
  // what was typed and what was issued stand in no log line
  const { access_token, refresh_token } = (await answer.json()) as { access_token: string; refresh_token: string };
  for (const secret of [account.password, account.email, access_token, refresh_token]) {
    expect(first.out.stderr + second.out.stderr).not.toContain(secret);
  }
});
