import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
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
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeSync(file, `${randomBytes(32).toString('base64url')}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
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
