import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { CliError, EXIT, systemCode } from './failure.ts';

/**
 * The secrets in a file, one a line.
 *
 * @throws {CliError} when the file can't be read, is empty, or can be read by others on this machine.
 */
export function readSecretFile(path: string): readonly string[] {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CliError(
      `the secret file ${path} can't be read (${systemCode(cause) ?? 'unknown'})`,
      'check --secret-file',
      EXIT.data,
      { cause },
    );
  }
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
    throw new CliError(`the secret file ${path} can be read by others`, `run: chmod 600 ${path}`, EXIT.data);
  }
  const secrets = content
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (secrets.length === 0)
    throw new CliError(`the secret file ${path} is empty`, 'one secret a line, the first in use', EXIT.data);
  return secrets;
}

export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Replaces what is in a secret file, whole or not at all, for its owner alone. @throws {CliError} */
export function writeSecretFile(path: string, secrets: readonly string[]): void {
  try {
    renameSync(writeDraft(path, secrets), path);
  } catch (cause) {
    throw new CliError(
      `the secret file ${path} can't be written (${systemCode(cause) ?? 'unknown'})`,
      'run this where the file may be changed, or change it by hand: one secret a line, the first in use',
      EXIT.data,
      { cause },
    );
  }
}

/** @returns Its path: beside the file, durable. */
function writeDraft(path: string, secrets: readonly string[]): string {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeSync(file, secrets.map((secret) => `${secret}\n`).join(''));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return draft;
}

/** The development secret: made at the first start, 0600, and the same one for two processes that start at once. */
export function developmentSecret(folder: string): readonly string[] {
  const path = join(folder, 'secret');
  try {
    return readSecretFile(path);
  } catch (error) {
    if (!(error instanceof CliError) || systemCode(error.cause) !== 'ENOENT') throw error;
  }
  mkdirSync(dirname(path), { recursive: true });
  // written whole under another name, then linked: a reader never sees half a secret, and only the first link wins
  const draft = writeDraft(path, [newSecret()]);
  try {
    linkSync(draft, path);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
  chmodSync(path, 0o600);
  return readSecretFile(path);
}
