import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { readConfigFile } from './config-file.ts';
import { CliError, EXIT } from './failure.ts';
import { createLog } from './log.ts';
import { serve } from './serve.ts';
import { mergeSettings, SETTINGS } from './settings.ts';

/** What a command needs of the process it runs in. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream & { readonly fd: number };
  /** Calls back for each request to stop (SIGINT, SIGTERM). */
  onStop(listener: () => void): void;
}

const EXAMPLE = `
Example:
  $ mapae serve --dev
  $ curl -s http://localhost:4000/v1/sign-up -H 'content-type: application/json' \\
      -d '{"email":"kim@example.test","password":"correct horse"}'
  {"email":"kim@example.test"}

Every setting also has an environment variable and a place in mapae.config.ts; flags win, then the environment.
`;

/**
 * Runs one command line.
 *
 * @param args Arguments after the program's name.
 * @returns The exit code, when the command has ended.
 * @throws {CliError} for everything a person can mend.
 */
export async function run(args: readonly string[], around: Surroundings): Promise<number> {
  const program = new Command('mapae')
    .description('Token-based authentication: checked with no look-up, revoked within a second.')
    .version(version(), '-V, --version')
    .showSuggestionAfterError(false)
    .addHelpText('after', EXAMPLE)
    .configureOutput({
      writeOut: (text) => void around.stdout.write(text),
      // its own wording is replaced by ours, in reportFailure
      outputError: () => {},
      writeErr: () => {},
    })
    .exitOverride();
  const command = program.command('serve').description('run the authorization server').exitOverride();
  command.option('--config <path>', 'config file (mapae.config.ts, .mjs or .js in this folder)');
  const attributes = new Map<string, string>();
  for (const row of SETTINGS) {
    if (row.flag === undefined) continue;
    const option = new Option(row.flag, `${row.help} [${row.env}]`);
    attributes.set(row.name, option.attributeName());
    if (row.many === true) option.argParser((value: string, so: string[] | undefined) => [...(so ?? []), value]);
    command.addOption(option);
  }
  command.action(async (flags: Record<string, unknown>) => {
    const named = flags['config'];
    const file = await readConfigFile(around.cwd, typeof named === 'string' ? named : undefined);
    const given = Object.fromEntries([...attributes].map(([name, attribute]) => [name, flags[attribute]]));
    const settings = mergeSettings(given, around.env, file);
    const log = createLog(settings.logLevel ?? 'info', around.stderr);
    await new Promise<void>((resolve, reject) => {
      let wanted = false;
      let stop: (() => Promise<void>) | undefined;
      around.onStop(() => {
        wanted = true;
        stop?.().then(resolve, reject);
      });
      serve(settings, log).then((serving) => {
        stop = serving.stop;
        if (wanted) serving.stop().then(resolve, reject);
      }, reject);
    });
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.ok;
    if (error.code === 'commander.help') {
      throw new CliError('no command was named', 'run `mapae --help`, or `mapae serve --dev` to start');
    }
    throw new CliError(error.message.replace(/^error: /, ''), 'run `mapae --help` or `mapae serve --help`');
  }
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version);
  throw new Error('unreachable: package.json has a version');
}
