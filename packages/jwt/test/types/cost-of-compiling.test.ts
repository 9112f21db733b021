import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const BUDGET = 2_000;

const BARE = `
  import * as crypto from 'node:crypto';
  export const id: string = crypto.randomUUID();
`;

/** A verifier whose claims a schema types, and a signer; what an application writes. */
const TYPED = `
  ${BARE}
  import { createJwtSigner, createJwtVerifier, generatePrivateKey, publicKeyOf, rememberTokens, type StandardSchema } from '@mapae/jwt';
  const key = generatePrivateKey('ES256');
  declare const schema: StandardSchema<{ readonly sub: string; readonly roles: readonly string[] }>;
  const verifier = createJwtVerifier({ keys: publicKeyOf(key), issuer: 'a', audience: 'b', typ: 'at+jwt', claims: schema, cache: rememberTokens({ maxEntries: 10, maxBytes: 1_024 }) });
  export const roles: readonly string[] = verifier.verify('token').roles;
  export const token: string = createJwtSigner({ key, typ: 'at+jwt' }).sign({ sub: 'c' });
`;

function tsc(args: readonly string[], cwd: string): string {
  const command = [join(ROOT, 'node_modules/typescript/bin/tsc'), ...args];
  const { status, stdout } = spawnSync(process.execPath, command, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(stdout);
  return stdout;
}

/** Puts the package into a project as it is published: its declarations, not its sources. */
function installDeclarations(project: string): void {
  const target = join(project, 'node_modules/@mapae/jwt');
  mkdirSync(target, { recursive: true });
  cpSync(join(ROOT, 'packages/jwt/package.json'), join(target, 'package.json'));
  const plain = [
    '--composite',
    'false',
    '--incremental',
    'false',
    '--tsBuildInfoFile',
    'null',
    '--declarationMap',
    'false',
  ];
  const emit = ['--emitDeclarationOnly', '--declaration', '--outDir', join(target, 'dist')];
  tsc(['-p', join(ROOT, 'packages/jwt/tsconfig.json'), ...plain, ...emit], ROOT);
}

/** Instantiations that tsc counts for a program. @throws {Error} with what tsc says, when it doesn't compile. */
function instantiations(project: string, source: string): number {
  writeFileSync(join(project, 'program.ts'), source);
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck'];
  const types = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')];
  const out = tsc([...options, ...types, '--extendedDiagnostics', 'program.ts'], project);
  return Number(/^Instantiations:\s+(\d+)/m.exec(out)?.[1]);
}

test('a typed verifier costs tsc at most 2,000 instantiations over the bare program', () => {
  const project = mkdtempSync(join(tmpdir(), 'mapae-types-'));
  try {
    writeFileSync(join(project, 'package.json'), '{"type":"module"}');
    installDeclarations(project);
    const bare = instantiations(project, BARE);
    const typed = instantiations(project, TYPED);
    expect(typed).toBeGreaterThan(bare);
    expect(typed - bare).toBeLessThanOrEqual(BUDGET);
    expect(() => instantiations(project, `${TYPED} export const wrong: number = token;`)).toThrow('TS2322');
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}, 120_000);
