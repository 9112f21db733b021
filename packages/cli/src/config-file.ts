import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CliError } from './failure.ts';
import { parseConfigFile, type Settings } from './settings.ts';

const NAMES = ['mapae.config.ts', 'mapae.config.mjs', 'mapae.config.js'];

/**
 * Reads the config file: the one named, or the first of {@link NAMES} in the folder, or nothing.
 *
 * @throws {CliError} when a named file isn't there, doesn't load or holds an unknown setting.
 */
export async function readConfigFile(folder: string, named: string | undefined): Promise<Partial<Settings>> {
  const path =
    named === undefined ? NAMES.map((name) => resolve(folder, name)).find(existsSync) : resolve(folder, named);
  if (path === undefined) return {};
  if (!existsSync(path)) throw new CliError(`there is no config file at ${path}`, 'check --config');
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(`${path} does not load: ${reason}`, 'it is run as a module of this Node', undefined, { cause });
  }
  return parseConfigFile(module.default, path);
}
