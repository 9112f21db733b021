import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresDatabase } from '../../../../tests/support/postgres-database.ts';
import { createServer, databaseFromUrl, openKeyring } from '../../src/index.ts';
import { deriveSecrets } from '../../src/secrets/secrets.ts';
import type { UpstreamTokens } from '../../src/social/provider.ts';
import { resealTokens, sealTokens } from '../../src/social/upstream-tokens.ts';

const ISSUER = 'https://auth.example.test';
const LOGIN_ISSUER = 'https://id.example.test';
const newSecret = (): string => randomBytes(32).toString('base64url');
const tokensOf = (subject: string): UpstreamTokens => ({
  accessToken: `access token of ${subject}`,
  refreshToken: undefined,
  expiresIn: 3_600,
  scope: 'openid',
});

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mapae-resealing-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function until(holds: () => Promise<boolean>): Promise<void> {
  const began = performance.now();
  while (!(await holds())) {
    if (performance.now() - began > 15_000) throw new Error('it never came');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe.each(['SQLite', 'PostgreSQL'])("providers' tokens and a secret that changes, on %s", (kind) => {
  let databases = 0;
  async function newDatabase(): Promise<string> {
    databases += 1;
    return kind === 'SQLite' ? `sqlite:${join(folder, `${databases}.db`)}` : createPostgresDatabase();
  }
  const start = (url: string, secrets: readonly string[]) =>
    createServer({ issuer: ISSUER, database: databaseFromUrl(url), secrets, log: () => {} });

  /** Logins whose tokens were sealed under a secret, as a sign-in leaves them. @returns Their users. */
  async function keepTokens(url: string, secret: string, subjects: readonly string[]): Promise<readonly string[]> {
    const store = await databaseFromUrl(url).open({ issuer: ISSUER });
    const users: string[] = [];
    for (const subject of subjects) {
      const login = { provider: 'demo', issuer: LOGIN_ISSUER, subject, email: undefined };
      const tokens = sealTokens(deriveSecrets([secret]), login, tokensOf(subject));
      const made = await store.createUserWithLogin(
        {
          email: `${subject}@example.test`,
          emailVerified: true,
          name: undefined,
          picture: undefined,
          locale: undefined,
          ip: undefined,
        },
        { ...login, tokens },
      );
      if (made.status !== 'created') throw new Error(made.status);
      users.push(made.user.id);
    }
    await store.close();
    return users;
  }

  test('more of them than a page are sealed anew, and are read when the old secret is taken away', async () => {
    const [url, old, fresh] = [await newDatabase(), newSecret(), newSecret()];
    const first = await start(url, [old]);
    const subjects = Array.from({ length: 120 }, (_, i) => `person-${i}`);
    const users = await keepTokens(url, old, subjects);
    await first.close();

    const keyring = await openKeyring({ issuer: ISSUER, database: databaseFromUrl(url), secrets: [fresh, old] });
    const [freshId, oldId] = keyring.secretIds;
    const under = async (id: string | undefined): Promise<number> =>
      (await keyring.secretStatus()).sealed.find(({ secretId }) => secretId === id)?.count ?? 0;
    // the signing keys are among them
    expect(await under(oldId)).toBeGreaterThan(subjects.length);
    const second = await start(url, [fresh, old]);
    await until(async () => (await under(oldId)) === 0);
    expect(await under(freshId)).toBeGreaterThan(subjects.length);
    expect(await second.findUpstreamTokens(users[0] ?? '', 'demo')).toEqual(tokensOf('person-0'));
    await second.close();

    const third = await start(url, [fresh]);
    for (const [i, user] of users.entries())
      expect(await third.findUpstreamTokens(user, 'demo')).toEqual(tokensOf(`person-${i}`));
    await third.close();
    await keyring.close();
  });

  test('a compromised secret: they are sealed anew before it is forgotten, also when the command was cut off half way', async () => {
    const [url, old, fresh] = [await newDatabase(), newSecret(), newSecret()];
    await (await start(url, [old, fresh])).close();
    const [user = ''] = await keepTokens(url, old, ['kim']);
    const options = { issuer: ISSUER, database: databaseFromUrl(url), secrets: [fresh, old] };
    const keyring = await openKeyring(options);
    const [freshId = '', oldId = ''] = keyring.secretIds;
    // as far as a command got that was killed
    const store = await databaseFromUrl(url).open({ issuer: ISSUER });
    await store.dropSecret(oldId, freshId);
    await store.close();
    await keyring.dropSecret(oldId);
    await keyring.close();
    const after = await start(url, [fresh]);
    expect(await after.findUpstreamTokens(user, 'demo')).toEqual(tokensOf('kim'));
    await after.close();
  });

  test('what can not be opened stays as it is, and holds nothing else up', async () => {
    const [url, old, fresh] = [await newDatabase(), newSecret(), newSecret()];
    await keepTokens(url, old, ['kim']);
    const store = await databaseFromUrl(url).open({ issuer: ISSUER });
    const { current: from } = deriveSecrets([old]);
    const { current: to } = deriveSecrets([fresh]);
    const [kept] = await store.listTokensUnder(from.id, undefined, 1);
    const bent = Uint8Array.from(kept?.sealed ?? [], (byte, i) => (i === 20 ? byte ^ 1 : byte));
    await store.noteLogin(kept?.loginId ?? '', { email: undefined, tokens: { sealed: bent, secretId: from.id } });
    await keepTokens(url, old, ['lee']);
    expect(await resealTokens(store, to, [from])).toBe(1);
    expect((await store.listTokensUnder(from.id, undefined, 9)).map(({ sealed }) => sealed)).toEqual([bent]);
    await store.close();
  });
});
