import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runMapae } from '../../packages/cli/test/run-mapae.ts';
import { runMapae as startMapae } from '../faults/mapae-process.ts';
import { freePort } from '../support/free-port.ts';

/** The setting `social` as operators meet it: through the command, as a process. */

const FAILURE = /^mapae: error: ([^\n]+)\nmapae: hint: ([^\n]+)\n$/;
const SECRET = 'a-secret-that-no-message-may-show';
const app = { clientId: 'x', clientSecret: SECRET };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mapae-social-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const wrong: readonly (readonly [string, object, string])[] = [
  ['an unknown provider', { gogle: app }, 'social.gogle'],
  ['a secret that is missing', { google: { clientId: 'x' } }, 'social.google.clientSecret'],
  ['an option that the provider does not know', { naver: { ...app, native: {} } }, 'social.naver.native'],
  [
    'a key that is none',
    { apple: { clientId: 'x', teamId: 'ABCDE12345', keyId: 'KEY1234567', privateKey: SECRET } },
    'social.apple.privateKey',
  ],
  ['a tenant that is none', { microsoft: { ...app, tenant: 'contoso' } }, 'social.microsoft.tenant'],
  [
    'an issuer without TLS',
    { oidc: [{ ...app, id: 'corp', name: 'Corp', issuer: 'http://id.example' }] },
    'social.corp.issuer',
  ],
  [
    'the third of a list',
    {
      oidc: [1, 2]
        .map((n) => ({ ...app, id: `c${n}`, name: 'C', issuer: 'https://id.example' }))
        .concat({ ...app } as never),
    },
    'social.oidc.2.id',
  ],
  [
    'a member of the profile that is no path',
    {
      oauth2: [
        {
          ...app,
          id: 'forum',
          name: 'Forum',
          issuer: 'https://f.example',
          authorizationEndpoint: 'https://f.example/a',
          tokenEndpoint: 'https://f.example/t',
          profileEndpoint: 'https://f.example/p',
          members: { subject: 'a..b' },
        },
      ],
    },
    'social.forum.members.subject',
  ],
];

describe('a mistake is found at start, before anything is opened, and names provider and option', () => {
  test.concurrent.each(wrong)('%s, in MAPAE_SOCIAL', async (_what, social, option) => {
    const { code, stdout, stderr } = await runMapae(folder, ['serve', '--dev', '--port', '0'], {
      MAPAE_SOCIAL: JSON.stringify(social),
    });
    const [, error = '', hint = ''] = FAILURE.exec(stderr) ?? [];
    expect([code, stdout, error.split(':')[0]]).toEqual([2, '', option]);
    expect(hint).toContain('docs/guides/social');
    expect(stderr).not.toContain(SECRET);
  });

  test('what is no JSON is no JSON, and is not shown', async () => {
    const { code, stderr } = await runMapae(folder, ['serve', '--dev', '--port', '0'], {
      MAPAE_SOCIAL: `{"google":{"clientSecret":"${SECRET}"`,
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(FAILURE);
    expect(stderr).toContain('MAPAE_SOCIAL');
    expect(stderr).not.toContain(SECRET);
  });

  test.each(['google', 'null', '[]', '7'])('%s for an object', async (text) => {
    const value = text === 'google' ? '"google"' : text;
    const { code, stderr } = await runMapae(folder, ['serve', '--dev', '--port', '0'], { MAPAE_SOCIAL: value });
    expect([code, FAILURE.exec(stderr)?.[1]?.split(':')[0]]).toEqual([2, 'social']);
  });

  test('in the config file', async () => {
    const path = join(folder, 'wrong.config.ts');
    writeFileSync(path, `export default { social: { line: { clientId: 'x', clientSecret: 'too short' } } };\n`);
    const { code, stderr } = await runMapae(folder, ['serve', '--dev', '--port', '0', '--config', path]);
    expect([code, FAILURE.exec(stderr)?.[1]?.split(':')[0]]).toEqual([2, 'social.line.clientSecret']);
    expect(stderr).not.toContain('too short');
  });
});

/** @returns What `GET /v1/social` says, while the command runs. */
async function serve(args: readonly string[], env: Readonly<Record<string, string>>): Promise<unknown> {
  const port = await freePort();
  const data = join(folder, `data-${port}`);
  const run = startMapae(['serve', '--dev', '--port', `${port}`, '--data', data, ...args], env);
  try {
    for (let tries = 0; !run.text().includes('"event":"listening"'); tries += 1) {
      if (tries === 400 || run.child.exitCode !== null) throw new Error(run.text());
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return await (await fetch(`http://127.0.0.1:${port}/v1/social`)).json();
  } finally {
    run.child.kill('SIGTERM');
    await (run.child.exitCode === null ? once(run.child, 'close') : undefined);
  }
}

test('what is right is taken, in order: from MAPAE_SOCIAL, from the config file, and the environment goes before the file', async () => {
  const path = join(folder, 'right.config.ts');
  writeFileSync(
    path,
    `export default { social: { naver: { clientId: 'x', clientSecret: 'y', name: '네이버로' } } };\n`,
  );
  const social = JSON.stringify({ google: { ...app, native: { clientIds: ['a'] } }, github: app });
  const fromFile = [{ id: 'naver', name: '네이버로', native: false }];
  const fromEnvironment = [
    { id: 'google', name: 'Google', native: true },
    { id: 'github', name: 'GitHub', native: false },
  ];
  expect(await serve(['--config', path], {})).toEqual({ providers: fromFile });
  expect(await serve([], { MAPAE_SOCIAL: social })).toEqual({ providers: fromEnvironment });
  expect(await serve(['--config', path], { MAPAE_SOCIAL: social })).toEqual({ providers: fromEnvironment });
});
