import { accessSync, constants, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { CliError, EXIT, systemCode } from './failure.ts';

/**
 * Makes the data folder (0700) where there is none.
 *
 * @throws {CliError} when it can't be made or written to.
 */
export function prepareDataFolder(path: string): string {
  const folder = resolve(path);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new CliError(
      `the data folder ${folder} can't be written to (${systemCode(cause) ?? 'unknown'})`,
      'name another with --data, or give this user the right to write there',
      EXIT.data,
      { cause },
    );
  }
  return folder;
}
