import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuthorizationServer, createServer, sqlite } from '@mapae/server';
import { createVerifier, type Verifier } from '@mapae/verifier';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from '../src/command.ts';
import { reportFailure } from '../src/failure.ts';
import type { Ended } from './run-mapae.ts';

const ISSUER = 'http://localhost:4000';
const API = 'https://api.example';
const ACCOUNT = { email: 'kim@example.test', password: 'turnip bronze lantern 41' };
const FAILURE = /^(mapae: [^\n]+\n)*mapae: error: [^\n]+\nmapae: hint: [^\n]+\n$/;
const OLD = 'dG8gYmUgb3Igbm90IHRvIGJlLCB0aGF0IGlzIGl0Pw0K';

let folder: string;
let server: AuthorizationServer;
let verifier: Verifier;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mapae-operator-'));
  writeFileSync(join(folder, 'secret'), `${OLD}\n`, { mode: 0o600 });
  server = await createServer({
    issuer: ISSUER,
    database: sqlite(join(folder, 'mapae.db')),
    secrets: [OLD],
    mode: 'development',
    dangerouslyOpenFeed: true,
    resources: [{ identifier: API, scopes: ['read'] }],
  });
  verifier = createVerifier({
    issuer: ISSUER,
    audience: API,
    dangerouslyAllowHttp: true,
    fetch: async (input, init) => server.fetch(new Request(input, init)),
  });
  await post('/v1/sign-up', ACCOUNT);
});
afterEach(async () => {
  verifier.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A command line in this process, as main.ts runs it: each on a database connection of its own. */
async function mapae(...args: string[]): Promise<Ended> {
  const written = { stdout: '', stderr: '' };
  const writeErr = (text: string): void => {
    written.stderr += text;
  };
  const around = {
    env: {},
    cwd: folder,
    stdout: {
      write: (text: string) => {
        written.stdout += text;
      },
    },
    stderr: { fd: 2, write: writeErr },
    onStop: () => {},
  };
  const command = [...args, '--dev', '--data', folder];
  const code = await run(command, around).catch((error: unknown) => reportFailure(error, writeErr));
  return { code, ...written };
}

async function post(path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return server.fetch(new Request(ISSUER + path, { method: 'POST', headers, body: JSON.stringify(body) }));
}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

async function signIn(device: string): Promise<Tokens> {
  const answer = await post('/v1/sign-in', { ...ACCOUNT, delivery: 'bearer', resource: API, device });
  return (await answer.json()) as Tokens;
}

async function refresh({ refresh_token: token }: Tokens): Promise<{ readonly status: number; readonly body: Tokens }> {
  const answer = await post('/v1/refresh', { refresh_token: token, resource: API });
  return { status: answer.status, body: (await answer.json()) as Tokens };
}

/** The code with which the API refuses a token, or nothing. */
function refusal(token: string): unknown {
  try {
    verifier.verifySync(token);
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}

test('roles: a change is felt by verifiers, the session goes on, and the next refresh brings the new role', async () => {
  const tokens = await signIn('Laptop');
  await verifier.ready();
  expect(verifier.verifySync(tokens.access_token).claims['roles']).toBeUndefined();
  expect(await mapae('user', 'roles', ACCOUNT.email)).toEqual({ code: 0, stdout: '(none)\n', stderr: '' });
  expect(await mapae('user', 'roles', ACCOUNT.email, '--add', 'NO ROLE')).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(FAILURE) as string,
  });
  const given = await mapae('user', 'roles', ACCOUNT.email, '--add', 'editor', 'author', '--json');
  expect(JSON.parse(given.stdout)).toEqual({ email: ACCOUNT.email, roles: ['editor', 'author'] });
  await expect.poll(() => refusal(tokens.access_token), { timeout: 5_000 }).toBe('token/revoked');
  const next = await refresh(tokens);
  expect(next.status).toBe(200);
  expect(verifier.verifySync(next.body.access_token).claims['roles']).toEqual(['editor', 'author']);
  expect((await mapae('user', 'roles', ACCOUNT.email, '--remove', 'author')).stdout).toBe('editor\n');
});

test('sessions: listed, ended one by one and all at once; a session of nobody ends none', async () => {
  const [laptop, phone] = [await signIn('Laptop'), await signIn('Phone \u202e')];
  await verifier.ready();
  const listed = await mapae('sessions', ACCOUNT.email);
  expect(listed.stdout.split('\n')).toHaveLength(4);
  expect(listed.stdout).not.toContain('\u202e');
  const sid = verifier.verifySync(laptop.access_token).sessionId ?? '';
  const unknown = await mapae('sessions', ACCOUNT.email, '--end', sid, 'AZAZAZAZAZAZAZAZAZAZAZ');
  expect(unknown).toMatchObject({ code: 2, stdout: '' });
  expect(refusal(laptop.access_token)).toBeUndefined();
  expect((await mapae('sessions', ACCOUNT.email, '--end', sid)).stdout).toBe(`ended ${sid}\n`);
  await expect.poll(() => refusal(laptop.access_token), { timeout: 5_000 }).toBe('token/revoked');
  expect(refusal(phone.access_token)).toBeUndefined();
  expect((await refresh(laptop)).status).toBe(400);
  expect(JSON.parse((await mapae('sessions', ACCOUNT.email, '--end-all', '--json')).stdout)).toMatchObject({
    ended: [expect.any(String)],
  });
  expect((await refresh(phone)).status).toBe(400);
});

interface Key {
  readonly kid: string;
  readonly alg: string;
  readonly state: string;
}

test('keys: what a removal breaks is said before it is done, and a rotation that is too early ends with 7', async () => {
  const tokens = await signIn('Laptop');
  await verifier.ready();
  const { keys } = JSON.parse((await mapae('keys', 'list', '--json')).stdout) as { keys: Key[] };
  const active = keys.find(({ alg, state }) => alg === 'ES256' && state === 'active')?.kid ?? '';
  expect(keys.map(({ state }) => state)).toContain('next');
  expect(JSON.stringify(keys)).not.toMatch(/"d"|rivate/);
  const early = await mapae('keys', 'rotate', 'ES256', '--json');
  expect(early).toMatchObject({ code: 7, stderr: expect.stringMatching(FAILURE) as string });
  expect(JSON.parse(early.stdout)).toEqual({ rotated: [], early: ['ES256'] });

  const told = await mapae('keys', 'remove', active);
  expect(told).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(FAILURE) as string });
  expect(told.stderr).toMatch(/signs now: every access token that it signed is refused/);
  expect(refusal(tokens.access_token)).toBeUndefined();
  expect(await mapae('keys', 'remove', active, '--yes')).toMatchObject({ code: 0, stdout: `removed ${active}\n` });
  await expect.poll(() => refusal(tokens.access_token), { timeout: 5_000 }).toBe('token/unknown-key');
  // nobody is signed out
  const next = await refresh(tokens);
  expect(next.status).toBe(200);
  expect(refusal(next.body.access_token)).toBeUndefined();
});

interface Status {
  readonly secrets: readonly {
    readonly id: string;
    readonly state: string;
    readonly grants: number;
    readonly sealed: number;
  }[];
}

test('a secret: added in front of the file, used when every server has it, dropped when a stranger has it', async () => {
  const tokens = await signIn('Laptop');
  const status = async (): Promise<Status> => JSON.parse((await mapae('secret', 'status', '--json')).stdout) as Status;
  const [old] = (await status()).secrets;
  expect(old).toMatchObject({ state: 'in use', grants: 1 });
  // signing keys and a mail or two: without the secret nobody can read them
  expect(old?.sealed).toBeGreaterThanOrEqual(2);
  expect((await mapae('secret', 'status')).stdout).toMatch(/live grants\s+sealed/);

  const added = await mapae('secret', 'add', '--json');
  const { added: fresh } = JSON.parse(added.stdout) as { added: string };
  const lines = readFileSync(join(folder, 'secret'), 'utf8').trim().split('\n');
  expect(lines).toEqual([expect.stringMatching(/^[\w-]{43}$/), OLD]);
  expect(statSync(join(folder, 'secret')).mode & 0o777).toBe(0o600);
  expect(added.stdout + added.stderr).not.toContain(lines[0]);
  // the server that runs was not given it
  expect((await mapae('secret', 'use', fresh)).stdout).toBe('waiting\n');
  expect((await status()).secrets.map(({ id, state }) => [id, state])).toEqual([
    [old?.id, 'in use'],
    [fresh, 'wanted'],
  ]);
  expect((await refresh(tokens)).status).toBe(200);

  expect(await mapae('secret', 'rotate')).toMatchObject({ code: 2, stderr: expect.stringMatching(FAILURE) as string });
  const rotated = await mapae('secret', 'rotate', '--compromised', '--json');
  expect(JSON.parse(rotated.stdout)).toEqual({ dropped: old?.id, inUse: fresh });
  expect(readFileSync(join(folder, 'secret'), 'utf8')).toBe(`${lines[0]}\n`);
  await expect.poll(async () => (await refresh(tokens)).status, { timeout: 10_000 }).not.toBe(200);

  await server.close();
  server = await createServer({
    issuer: ISSUER,
    database: sqlite(join(folder, 'mapae.db')),
    secrets: [lines[0] ?? ''],
    mode: 'development',
    resources: [{ identifier: API, scopes: ['read'] }],
  });
  expect((await refresh(tokens)).status).toBe(400);
  expect((await refresh(await signIn('Laptop'))).status).toBe(200);
});
