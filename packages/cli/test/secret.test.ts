import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliError } from '../src/failure.ts';
import { developmentSecret, readSecretFile } from '../src/secret.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mapae-secret-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the development secret is made once, 256 bits, readable by its owner alone, and leaves no draft behind', () => {
  const first = developmentSecret(folder);
  expect(first).toHaveLength(1);
  expect(Buffer.from(first[0] ?? '', 'base64url')).toHaveLength(32);
  expect(statSync(join(folder, 'secret')).mode & 0o777).toBe(0o600);
  expect(developmentSecret(folder)).toEqual(first);
  expect(readdirSync(folder)).toEqual(['secret']);
});

test('a secret file that others can read is refused', () => {
  const path = join(folder, 'secret');
  writeFileSync(path, 'x\n', { mode: 0o600 });
  chmodSync(path, 0o644);
  expect(() => readSecretFile(path)).toThrow(CliError);
  expect(() => developmentSecret(folder)).toThrow(/others/);
  expect(readFileSync(path, 'utf8')).toBe('x\n');
});

test('an empty or missing secret file is refused', () => {
  const path = join(folder, 'other');
  expect(() => readSecretFile(path)).toThrow(CliError);
  writeFileSync(path, '\n \n', { mode: 0o600 });
  expect(() => readSecretFile(path)).toThrow(/empty/);
});

test('a file may hold several secrets, one a line, the first in use', () => {
  const path = join(folder, 'two');
  writeFileSync(path, 'new\n\nold\n', { mode: 0o600 });
  expect(readSecretFile(path)).toEqual(['new', 'old']);
});
