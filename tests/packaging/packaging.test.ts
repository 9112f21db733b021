import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findNodeRelease } from '../support/node-release.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGES = ['jwt', 'verifier', 'server', 'cli', 'client'];

let folder: string;
const tarballs = new Map<string, string>();

function npm(args: readonly string[], cwd: string): string {
  const cli = process.env['npm_execpath'];
  const [command, first] = cli !== undefined && /\.[cm]?js$/.test(cli) ? [process.execPath, [cli]] : ['npm', []];
  return execFileSync(command, [...first, ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** An empty project with these packages of ours in it, as a stranger would have after `npm install`. */
function install(name: string, packages: readonly string[]): string {
  const project = join(folder, name);
  mkdirSync(project);
  // ours by tarball wherever they are asked for, since they aren't on a registry yet
  const ours = Object.fromEntries(
    [...tarballs].filter(([title]) => title !== 'cli').map(([title, path]) => [`@mapae/${title}`, `file:${path}`]),
  );
  const wanted = Object.fromEntries(
    packages.map((title) => [title === 'cli' ? 'mapae' : `@mapae/${title}`, `file:${tarballs.get(title)}`]),
  );
  const overrides = Object.fromEntries(Object.entries(ours).filter(([title]) => !(title in wanted)));
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies: wanted, overrides }),
  );
  npm(['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], project);
  return project;
}

function node(project: string, source: string): string {
  writeFileSync(join(project, 'consumer.mjs'), source);
  return execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', 'consumer.mjs'], {
    cwd: project,
    encoding: 'utf8',
  });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mapae-packaging-'));
  execFileSync(process.execPath, [join(ROOT, 'tools/build.mjs')], { stdio: 'pipe' });
  for (const name of PACKAGES) {
    const [packed] = JSON.parse(
      npm(['pack', '--json', '--pack-destination', folder], join(ROOT, 'packages', name)),
    ) as { filename: string }[];
    tarballs.set(name, join(folder, packed?.filename ?? ''));
  }
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('@mapae/verifier brings exactly itself and @mapae/jwt, and both work from plain JavaScript', () => {
  const project = install('verifier', ['verifier']);
  expect(readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['@mapae']);
  expect(readdirSync(join(project, 'node_modules/@mapae')).toSorted()).toEqual(['jwt', 'verifier']);
  const out = node(
    project,
    `import { createJwtSigner, createJwtVerifier, generatePrivateKey, publicKeyOf } from '@mapae/jwt';
     import { decode } from '@mapae/jwt/decode';
     import { createVerifier } from '@mapae/verifier';
     import { protect } from '@mapae/verifier/node';
     for (const adapter of ['fetch', 'express', 'fastify', 'hono', 'koa', 'nest', 'next', 'trpc', 'ws', 'sse']) await import('@mapae/verifier/' + adapter);
     const key = generatePrivateKey('ES256');
     const now = Math.floor(Date.now() / 1000);
     const token = createJwtSigner({ key, typ: 'JWT' }).sign({ iss: 'https://a.example', aud: 'b', sub: 'c', iat: now, exp: now + 60 });
     const claims = createJwtVerifier({ keys: publicKeyOf(key), issuer: 'https://a.example', audience: 'b', typ: 'JWT' }).verify(token);
     console.log(claims.sub, decode(token).header.alg, typeof createVerifier, typeof protect);`,
  );
  expect(out).toBe('c ES256 function function\n');
});

/** What every line of Node.js must be able to do with the packages as they are published. */
const EVERY_ALGORITHM = `
  import { ALGORITHMS, createJwtSigner, createJwtVerifier, generatePrivateKey, generateSecretKey, publicKeyOf } from '@mapae/jwt';
  import { createVerifier } from '@mapae/verifier';
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: 'https://a.example', aud: 'b', sub: 'c', iat: now, exp: now + 60 };
  const done = [];
  for (const alg of ALGORITHMS) {
    let key;
    try {
      key = alg.startsWith('HS') ? generateSecretKey(alg) : generatePrivateKey(alg);
    } catch (error) {
      if (error.code !== 'key/unsupported') throw error;
      continue;
    }
    const keys = alg.startsWith('HS') ? key : publicKeyOf(key);
    const verifier = createJwtVerifier({ keys, issuer: claims.iss, audience: claims.aud, typ: 'JWT', maxTokenBytes: 16384 });
    const token = createJwtSigner({ key, typ: 'JWT', budgetBytes: 16384 }).sign(claims);
    if (verifier.verify(token).sub !== 'c') throw new Error(alg);
    if ((await verifier.verifyAsync(token)).sub !== 'c') throw new Error(alg);
    const turned = token.slice(0, -20) + (token.at(-20) === 'A' ? 'B' : 'A') + token.slice(-19);
    try {
      verifier.verify(turned);
      throw new Error('accepted ' + alg);
    } catch (error) {
      if (error.code !== 'token/signature') throw error;
    }
    done.push(alg);
  }
  const verifier = createVerifier({ issuer: 'https://a.example', audience: 'b' });
  try {
    await verifier.authenticate(new Request('https://b.example'));
  } catch (error) {
    done.push(error.code);
  }
  await verifier.close?.();
  console.log(process.version.split('.')[0], done.join(' '));`;

const CLASSIC = 'HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K EdDSA Ed25519 Ed448';
const ML_DSA = 'ML-DSA-44 ML-DSA-65 ML-DSA-87';

test.for([
  // ML-DSA came with Node 24.7
  [22, CLASSIC],
  [24, `${CLASSIC} ${ML_DSA}`],
] as const)(
  '@mapae/jwt and @mapae/verifier run on Node %i, with every algorithm that it has',
  ([line, algorithms], context) => {
    const release = findNodeRelease(line);
    if ('missing' in release) return context.skip(release.missing);
    const project = join(folder, 'verifier');
    writeFileSync(join(project, 'algorithms.mjs'), EVERY_ALGORITHM);
    const out = execFileSync(release.binary, ['algorithms.mjs'], { cwd: project, encoding: 'utf8' });
    expect(out).toBe(`v${line} ${algorithms} request/no-credentials\n`);
  },
);

test('the same on this Node', () => {
  const [major] = process.version.split('.');
  expect(node(join(folder, 'verifier'), EVERY_ALGORITHM)).toBe(
    `${major} ${CLASSIC} ${ML_DSA} request/no-credentials\n`,
  );
});

test('@mapae/jwt works without jose, which only @mapae/jwt/jwe asks for, by its name', () => {
  const project = join(folder, 'verifier');
  const bare = spawnSync(
    process.execPath,
    ['-e', "import('@mapae/jwt/jwe').catch((error) => console.log(error.code, error.message))"],
    {
      cwd: project,
      encoding: 'utf8',
    },
  );
  expect(bare.stdout).toContain("ERR_MODULE_NOT_FOUND Cannot find package 'jose'");
  // with it, the same installation encrypts
  symlinkSync(join(ROOT, 'node_modules/jose'), join(project, 'node_modules/jose'));
  const out = node(
    project,
    `import { createJweDecrypter, createJweEncrypter, encryptionKeyOf, generateDecryptionKey } from '@mapae/jwt/jwe';
     const key = await generateDecryptionKey('ECDH-ES');
     const token = await createJweEncrypter({ key: encryptionKeyOf(key) }).encrypt(Buffer.from('hello'));
     const { decryptWith } = await import('@mapae/verifier/jwe');
     console.log(Buffer.from((await createJweDecrypter({ keys: key }).decrypt(token)).plaintext).toString(), typeof decryptWith(key).open);`,
  );
  rmSync(join(project, 'node_modules/jose'));
  expect(out).toBe('hello function\n');
});

test('@mapae/server signs people in from plain JavaScript, with pg not there', () => {
  const project = install('server', ['server', 'client']);
  expect(readdirSync(join(project, 'node_modules'))).not.toContain('pg');
  const out = node(
    project,
    `import { createServer, sqlite } from '@mapae/server';
     import { createClient } from '@mapae/client';
     const issuer = 'https://auth.example';
     const server = await createServer({ issuer, database: sqlite(':memory:'), secrets: ['${'s3cret-of-a-test-'.repeat(3)}'], dangerouslyOpenFeed: true });
     const client = createClient({ server: issuer, delivery: 'bearer', fetch: (input, init) => server.fetch(new Request(input, init)) });
     const account = { email: 'kim@example.test', password: 'correct horse battery' };
     await client.signUp(account);
     await client.signIn(account);
     console.log((await client.me()).email);
     await client.signOut();
     await server.close();`,
  );
  expect(out).toBe('kim@example.test\n');
});

test('the mapae command runs from its package', () => {
  const project = install('cli', ['cli']);
  const bin = join(project, 'node_modules/.bin/mapae');
  const { version } = JSON.parse(readFileSync(join(ROOT, 'packages/cli/package.json'), 'utf8')) as { version: string };
  expect(execFileSync(bin, ['--version'], { encoding: 'utf8' })).toBe(`${version}\n`);
});

test('a TypeScript consumer compiles against what is published, library checks on', () => {
  const project = join(folder, 'server');
  mkdirSync(join(project, 'node_modules/@types'), { recursive: true });
  for (const name of ['@types/node', 'undici-types']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(project, 'node_modules', name));
  }
  writeFileSync(
    join(project, 'consumer.ts'),
    `import { createServer, sqlite, type AuthorizationServer } from '@mapae/server';
     import { createVerifier, type Principal } from '@mapae/verifier';
     import { createClient } from '@mapae/client';
     export const server: Promise<AuthorizationServer> = createServer({ issuer: 'https://a.example', database: sqlite(':memory:'), secrets: [] });
     export const principal: Promise<Principal> = createVerifier({ issuer: 'https://a.example', audience: 'b' }).authenticate(new Request('https://b.example'));
     export const client = createClient({ server: 'https://a.example' });
     // @ts-expect-error an unknown option is refused by the types too
     createVerifier({ issuer: 'https://a.example', audience: 'b', algorithms: ['none'] });\n`,
  );
  const args = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--lib',
    'es2024,dom',
    '--skipLibCheck',
    'false',
    '--types',
    'node',
    'consumer.ts',
  ];
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...args], {
    cwd: project,
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
});

test.each(PACKAGES)('the package %s passes publint and holds neither tests nor build info', (name) => {
  const files = execFileSync('tar', ['-tzf', tarballs.get(name) ?? ''], { encoding: 'utf8' }).split('\n');
  expect(files.filter((file) => /(^|\/)test\/|tsbuildinfo/.test(file))).toEqual([]);
  expect(files).toContain('package/dist/index.js');
  const out = execFileSync(
    process.execPath,
    [join(ROOT, 'node_modules/publint/src/cli.js'), tarballs.get(name) ?? ''],
    { encoding: 'utf8' },
  );
  expect(out).toContain('All good!');
});
