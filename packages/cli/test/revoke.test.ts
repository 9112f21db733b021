import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, sqlite } from '@mapae/server';
import { createVerifier } from '@mapae/verifier';
import { expect, test } from 'vitest';
import { runMapae } from './run-mapae.ts';

const ISSUER = 'http://localhost:4000';
const API = 'https://api.example';

test('a revocation that the command writes beside a running server is felt by its verifiers', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mapae-revoke-'));
  const database = join(folder, 'mapae.db');
  const server = await createServer({
    issuer: ISSUER,
    database: sqlite(database),
    secrets: ['dG8gYmUgb3Igbm90IHRvIGJlLCB0aGF0IGlzIGl0Pw0K'],
    mode: 'development',
    dangerouslyOpenFeed: true,
    resources: [{ identifier: API, scopes: ['read'] }],
  });
  const post = async (path: string, body: object): Promise<Response> =>
    server.fetch(
      new Request(`${ISSUER}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    );
  const verifier = createVerifier({
    issuer: ISSUER,
    audience: API,
    dangerouslyAllowHttp: true,
    fetch: async (input, init) => server.fetch(new Request(input, init)),
  });
  try {
    const account = { email: 'kim@example.test', password: 'turnip bronze lantern 41' };
    expect((await post('/v1/sign-up', account)).status).toBe(201);
    const signIn = async (): Promise<string> => {
      const answer = await post('/v1/sign-in', { ...account, delivery: 'bearer', resource: API });
      return ((await answer.json()) as { access_token: string }).access_token;
    };
    const token = await signIn();
    await verifier.ready();
    expect(verifier.verifySync(token)).toMatchObject({ clientId: 'first-party' });
    const args = ['--dev', '--database', `sqlite:${database}`];
    expect(await runMapae(folder, ['revoke', '--user', 'nobody@example.test', ...args])).toMatchObject({ code: 2 });
    expect(await runMapae(folder, ['revoke', '--session', 'short', ...args])).toMatchObject({ code: 2 });
    expect(verifier.verifySync(token)).toBeDefined();
    expect(await runMapae(folder, ['revoke', '--user', 'kim@example.test', ...args])).toMatchObject({ code: 0 });
    await expect.poll(() => code(() => verifier.verifySync(token)), { timeout: 5_000 }).toBe('token/revoked');
    // and who signs in afterwards is let in
    const again = await signIn();
    expect(verifier.verifySync(again)).toBeDefined();
  } finally {
    verifier.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

function code(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'other';
  }
}
