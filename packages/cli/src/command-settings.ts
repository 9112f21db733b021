import { type Command, Option } from 'commander';
import { readConfigFile } from './config-file.ts';
import { mergeSettings, SETTINGS, type Settings } from './settings.ts';
import type { Surroundings } from './surroundings.ts';

/** Adds flags for these settings (all, if none is named) and `--config` to a command. */
export function addSettings(command: Command, names?: readonly (keyof Settings)[]): Command {
  command.option('--config <path>', 'config file (mapae.config.ts, .mjs or .js in this folder)');
  for (const row of SETTINGS) {
    if (row.flag === undefined || (names !== undefined && !names.includes(row.name))) continue;
    const option = new Option(row.flag, `${row.help} [${row.env}]`);
    if (row.many === true) option.argParser((value: string, so: string[] | undefined) => [...(so ?? []), value]);
    command.addOption(option);
  }
  return command;
}

/** The settings of one call: flags over environment over config file. @throws {CliError} */
export async function readSettings(
  flags: Readonly<Record<string, unknown>>,
  around: Surroundings,
): Promise<Partial<Settings>> {
  const named = flags['config'];
  const file = await readConfigFile(around.cwd, typeof named === 'string' ? named : undefined);
  const given = SETTINGS.flatMap((row) =>
    row.flag === undefined ? [] : [[row.name, flags[new Option(row.flag).attributeName()]] as const],
  );
  return mergeSettings(Object.fromEntries(given), around.env, file);
}
