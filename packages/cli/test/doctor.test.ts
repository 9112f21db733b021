import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPostgresDatabase } from '../../../tests/support/postgres-database.ts';
import { runMapae } from './run-mapae.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mapae-doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SECRET = 'dG8gYmUgb3Igbm90IHRvIGJlLCB0aGF0IGlzIGl0Pw0K';

async function findings(args: readonly string[], env: Record<string, string> = {}) {
  const { code, stdout } = await runMapae(folder, ['doctor', '--json', ...args], env);
  const { findings } = JSON.parse(stdout) as { findings: { check: string; status: string }[] };
  return { code, ...Object.fromEntries(findings.map(({ check, status }) => [check, status])) };
}

test('a set-up that is right ends with 0, each fault in its own line with 6', async () => {
  writeFileSync(join(folder, 'secret'), `${SECRET}\n`, { mode: 0o600 });
  await runMapae(folder, ['migrate', '--apply']);
  const good = ['--issuer', 'https://auth.example', '--secret-file', 'secret', '--trusted-proxy', '10.0.0.0/8'];
  const env = { MAPAE_FEED_KEYS: `api=${SECRET}` };
  expect(await findings(good, env)).toEqual({
    ...{ code: 0, issuer: 'ok', secret: 'ok', proxies: 'ok', feed: 'ok', files: 'ok' },
    ...{ database: 'ok', schema: 'ok', clock: 'ok', durability: 'ok', standby: 'ok' },
  });
  chmodSync(join(folder, 'secret'), 0o644);
  chmodSync(join(folder, 'data/mapae.db'), 0o644);
  expect(await findings(['--issuer', 'http://auth.example', '--secret-file', 'secret'])).toMatchObject({
    ...{ code: 6, issuer: 'fail', secret: 'fail', proxies: 'warn', feed: 'warn', files: 'fail' },
  });
});

test('PostgreSQL: a clock that is off, settings that lose commits and a schema that is not there are found', async () => {
  const env = { MAPAE_DATABASE: await createPostgresDatabase('nothing'), MAPAE_SECRET: SECRET };
  const shifted = {
    ...env,
    NODE_OPTIONS: '--import=data:text/javascript,const%20now=Date.now;Date.now=()=>now()-90000',
  };
  // the test server runs without fsync
  expect(await findings(['--issuer', 'https://auth.example'], shifted)).toMatchObject({
    ...{ code: 6, database: 'ok', schema: 'fail', clock: 'fail', durability: 'fail', standby: 'ok', files: 'ok' },
  });
  const serve = await runMapae(folder, ['serve', '--issuer', 'https://auth.example', '--port', '0'], shifted);
  expect(serve).toMatchObject({ code: 4, stderr: expect.stringMatching(/clock .* 90\.\d s behind/) as string });
});
