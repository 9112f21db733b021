import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from '@mapae/jwt';
import { createVerifier } from '@mapae/verifier';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthorizationServer, createServer, openKeyring, type ServerOptions, sqlite } from '../src/index.ts';
import { planRotation } from '../src/keys/plan-rotation.ts';
import { makeKey } from '../src/keys/signing-keys.ts';
import { deriveSecrets } from '../src/secrets/secrets.ts';
import type { SigningKeyRow } from '../src/stores/signing-key-store.ts';
import { StoreFailed } from '../src/stores/store.ts';

const ISSUER = 'https://auth.example.test';
const API = 'https://api.example.test';
const OLD_API = 'https://old.example.test';
const ACCOUNT = { email: 'kim@example.test', password: 'correct horse battery' };
const DAY = 86_400_000;

let folder: string;
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mapae-keys-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const newSecret = (): string => randomBytes(32).toString('base64url');
const newPath = (): string => {
  files += 1;
  return join(folder, `${files}.db`);
};

interface Published {
  readonly kid: string;
  readonly alg: string;
}

async function open(path: string, secrets: readonly string[], more: Partial<ServerOptions> = {}) {
  const log: string[] = [];
  const server = await createServer({
    issuer: ISSUER,
    database: sqlite(path),
    secrets,
    resources: [
      { identifier: API, scopes: ['notes'] },
      { identifier: OLD_API, scopes: ['old'], signingAlg: 'RS256' },
    ],
    log: ({ event }) => void log.push(event),
    ...more,
  });
  const post = (to: string, body: object): Promise<Response> =>
    server.fetch(
      new Request(ISSUER + to, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    );
  return {
    server,
    log,
    signUp: () => post('/v1/sign-up', ACCOUNT),
    async signIn(resource = API) {
      const answer = await post('/v1/sign-in', { ...ACCOUNT, delivery: 'bearer', resource });
      expect(answer.status).toBe(200);
      return (await answer.json()) as { readonly access_token: string; readonly refresh_token: string };
    },
    async refresh(refreshToken: string) {
      const answer = await post('/v1/refresh', { refresh_token: refreshToken, resource: API });
      return { status: answer.status, body: (await answer.json()) as Record<string, string> };
    },
    keys: () => publishedKeys(server),
  };
}

async function publishedKeys(server: AuthorizationServer): Promise<readonly Published[]> {
  const answer = await server.fetch(new Request(`${ISSUER}/.well-known/jwks.json`));
  return ((await answer.json()) as { readonly keys: readonly Published[] }).keys;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const began = performance.now();
  while (!(await holds())) {
    if (performance.now() - began > 15_000) throw new Error('it never came');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const kidOf = (token: string): unknown => decode(token).header['kid'];

describe('planRotation', () => {
  const key = (state: SigningKeyRow['state'], since: number, createdAt = since): SigningKeyRow => ({
    kid: `${state}-${since}`,
    alg: 'ES256',
    publicJwk: '{}',
    sealedPrivateJwk: new Uint8Array(),
    secretId: 's',
    state,
    since,
    createdAt,
  });
  const schedule = { rotationMs: 100, leadMs: 10, lagMs: 50 };

  test.each([
    ['before its time nothing happens', [key('active', 0), key('next', 0)], 99, { promote: false, needsNext: false }],
    ['at its time the next one signs', [key('active', 0), key('next', 0)], 100, { promote: true, needsNext: true }],
    ['I7: one not published for the lead waits', [key('active', 0), key('next', 91)], 100, { promote: false }],
    ['I7: until it was', [key('active', 0), key('next', 91)], 101, { promote: true }],
    ['a next key that is missing is made', [key('active', 0)], 5, { promote: false, needsNext: true }],
    ['nothing retires before its last token is dead', [key('retiring', 0)], 49, { drop: [] }],
    ['and then it goes', [key('retiring', 0)], 50, { drop: ['retiring-0'] }],
  ])('%s', (_title, rows, now, expected) => {
    expect(planRotation(rows, now, schedule)).toMatchObject(expected);
  });

  test('I7: not even by hand does a key sign that was not published for the lead', () => {
    const rows = [key('active', 0), key('next', 15)];
    expect(planRotation(rows, 24, schedule, 'now').promote).toBe(false);
    expect(planRotation(rows, 25, schedule, 'now').promote).toBe(true);
  });
});

describe('signing keys', () => {
  test('ES256 and, for whoever asks, RS256 and others; a token says which key signed it, and that key is published', async () => {
    const { server, signUp, signIn, keys } = await open(newPath(), [newSecret()]);
    await signUp();
    for (const [resource, alg] of [
      [API, 'ES256'],
      [OLD_API, 'RS256'],
    ] as const) {
      const { access_token: token } = await signIn(resource);
      expect(decode(token).header['alg']).toBe(alg);
      expect((await keys()).filter((key) => key.kid === kidOf(token))).toMatchObject([{ alg }]);
    }
    expect((await keys()).map(({ alg }) => alg).sort()).toEqual(['ES256', 'ES256', 'RS256', 'RS256']);
    await server.close();
  });

  test('RS256 is made in the background where nothing waits for it', async () => {
    const { server, keys } = await open(newPath(), [newSecret()], { resources: [], signingAlgs: ['EdDSA'] });
    expect((await keys()).map(({ alg }) => alg)).toEqual(['ES256', 'ES256']);
    await until(async () => (await keys()).length === 6);
    expect(new Set((await keys()).map(({ alg }) => alg))).toEqual(new Set(['ES256', 'RS256', 'EdDSA']));
    await server.close();
  });

  test('I7: keys rotate on schedule on every server: the next one signs, the old one is published until its last token is dead', async () => {
    const clock = { now: Date.UTC(2026, 0, 1) };
    const [path, secrets] = [newPath(), [newSecret()]];
    const options = { clock: () => clock.now, resources: [{ identifier: API, scopes: ['notes'] }] };
    const one = await open(path, secrets, options);
    const two = await open(path, secrets, options);
    await one.signUp();
    const { access_token: before } = await one.signIn();
    const published = (await one.keys()).map(({ kid }) => kid);
    expect((await two.keys()).map(({ kid }) => kid)).toEqual(published);

    clock.now += 90 * DAY;
    await until(async () => kidOf((await one.signIn()).access_token) !== kidOf(before));
    await until(async () => kidOf((await two.signIn()).access_token) !== kidOf(before));
    const after = kidOf((await two.signIn()).access_token);
    expect(published).toContain(after);
    expect(kidOf((await one.signIn()).access_token)).toBe(after);
    const now = (await one.keys()).filter(({ alg }) => alg === 'ES256').map(({ kid }) => kid);
    expect(now).toEqual(expect.arrayContaining(published));
    expect(now.length).toBe(3);

    clock.now += 661_000;
    for (const { keys } of [one, two])
      await until(async () => (await keys()).every(({ kid }) => kid !== kidOf(before)));
    await Promise.all([one.server.close(), two.server.close()]);
  });

  test('a key that is taken out of force is refused by a verifier at once, and signing goes on', async () => {
    const [path, secrets] = [newPath(), [newSecret()]];
    const { server, signUp, signIn, keys } = await open(path, secrets, { dangerouslyOpenFeed: true });
    await signUp();
    const verifier = createVerifier({
      issuer: ISSUER,
      audience: API,
      fetch: (input, init) => server.fetch(new Request(input, init)),
    });
    await verifier.ready();
    const { access_token: token } = await signIn();
    const call = (bearer: string) =>
      verifier.authenticate(new Request(API, { headers: { authorization: `Bearer ${bearer}` } }));
    await call(token);
    // the account API remembers that a signature held; of a key that is gone it is worth nothing
    const { access_token: forAccount } = await signIn(ISSUER);
    const me = async (): Promise<number> => {
      const headers = { authorization: `Bearer ${forAccount}` };
      return (await server.fetch(new Request(`${ISSUER}/v1/me`, { headers }))).status;
    };
    expect([await me(), await me()]).toEqual([200, 200]);

    const keyring = await openKeyring({ issuer: ISSUER, database: sqlite(path), secrets });
    const stolen = String(kidOf(token));
    expect(await keyring.removeKeys([stolen, 'unknown'])).toEqual([stolen]);
    expect(await keyring.removeKeys([stolen])).toEqual([]);
    await until(() =>
      call(token).then(
        () => false,
        () => true,
      ),
    );
    await expect(call(token)).rejects.toMatchObject({ code: 'token/unknown-key' });
    expect(await me()).toBe(401);
    expect((await keys()).map(({ kid }) => kid)).not.toContain(stolen);
    const { access_token: fresh } = await signIn();
    await call(fresh);
    const states = (await keyring.listKeys()).filter(({ alg }) => alg === 'ES256').map(({ state }) => state);
    expect(states.sort()).toEqual(['active', 'next']);
    expect(await keyring.rotateKeys('ES256')).toBe(false);
    await keyring.close();
    verifier.close();
    await server.close();
  });
});

describe('secrets', () => {
  test('a changed secret without the old one is refused, and with it everyone stays signed in', async () => {
    const [path, old, fresh] = [newPath(), newSecret(), newSecret()];
    const first = await open(path, [old]);
    await first.signUp();
    const tokens = await first.signIn();
    await first.server.close();

    await expect(open(path, [fresh])).rejects.toThrow(TypeError);
    const second = await open(path, [fresh, old]);
    expect((await second.refresh(tokens.refresh_token)).status).toBe(200);
    const { refresh_token: later } = await second.signIn();
    const keyring = await openKeyring({ issuer: ISSUER, database: sqlite(path), secrets: [fresh, old] });
    const [freshId, oldId] = keyring.secretIds;
    expect(later.split('.')[1]).toBe(freshId);
    expect((await keyring.listKeys()).map(({ secretId }) => secretId)).not.toContain(oldId);
    expect(await keyring.secretStatus()).toMatchObject({ inUse: freshId, grants: expect.any(Array) as unknown });
    await keyring.close();
    await second.server.close();

    // sealed anew: the old one is needed by refresh tokens only
    const third = await open(path, [fresh]);
    expect((await third.refresh(later)).status).toBe(200);
    await third.server.close();
  });

  test('a new secret is used when every live server accepts it, and not before', async () => {
    const [path, old, fresh] = [newPath(), newSecret(), newSecret()];
    const a = await open(path, [old]);
    await a.signUp();
    const b = await open(path, [fresh, old]);
    const keyring = await openKeyring({ issuer: ISSUER, database: sqlite(path), secrets: [fresh, old] });
    const [freshId = '', oldId] = keyring.secretIds;
    expect(await keyring.secretStatus()).toMatchObject({ inUse: oldId, wanted: freshId });
    const { refresh_token: token } = await b.signIn();
    expect(token.split('.')[1]).toBe(oldId);
    expect((await a.refresh(token)).status).toBe(200);
    expect(await keyring.useSecret(freshId)).toBe('waiting');
    await expect(keyring.useSecret('nobody')).rejects.toThrow(TypeError);

    await a.server.close();
    const again = await open(path, [old, fresh]);
    expect(await keyring.useSecret(freshId)).toBe('in-use');
    await until(async () => (await again.signIn()).refresh_token.split('.')[1] === freshId);
    await keyring.close();
    await Promise.all([again.server.close(), b.server.close()]);
  });

  test('a key that was being made while its secret was dropped does not come into force', async () => {
    const [path, old, fresh] = [newPath(), newSecret(), newSecret()];
    const store = await sqlite(path).open({ issuer: ISSUER });
    const keyring = await openKeyring({ issuer: ISSUER, database: sqlite(path), secrets: [old, fresh] });
    const [oldId = ''] = keyring.secretIds;
    await store.announceReplica({ id: 'server', secretIds: [oldId], startedAt: 0 });
    const made = await makeKey('ES256', deriveSecrets([old]));
    await keyring.dropSecret(oldId);
    await expect(store.ensureSigningKeys([made])).rejects.toThrow(StoreFailed);
    await expect(store.resealSigningKeys([made])).rejects.toThrow(StoreFailed);
    expect(await keyring.listKeys()).toEqual([]);
    await keyring.close();
    await store.close();
  });

  test('a compromised secret: nothing made under it is accepted, keys are new, and the server goes on', async () => {
    const [path, old, fresh] = [newPath(), newSecret(), newSecret()];
    const { server, signUp, signIn, refresh, keys } = await open(path, [old, fresh]);
    await signUp();
    const tokens = await signIn();
    const before = (await keys()).map(({ kid }) => kid);
    const keyring = await openKeyring({ issuer: ISSUER, database: sqlite(path), secrets: [old, fresh] });
    const [oldId = '', freshId] = keyring.secretIds;
    await expect(
      openKeyring({ issuer: ISSUER, database: sqlite(path), secrets: [old] }).then((alone) => alone.dropSecret(oldId)),
    ).rejects.toThrow(TypeError);
    await keyring.dropSecret(oldId);
    await keyring.dropSecret(oldId);
    await until(async () => (await refresh(tokens.refresh_token)).status === 400);
    await until(async () => (await keys()).every(({ kid }) => !before.includes(kid)));
    await until(async () => (await signIn()).refresh_token.split('.')[1] === freshId);
    expect(await keyring.secretStatus()).toMatchObject({ inUse: freshId, dropped: [oldId] });
    await keyring.close();
    await server.close();
  });
});
