import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addAttack } from './attack-command.ts';
import { addBackup, addRestore } from './backup-command.ts';
import { addDoctor } from './doctor-command.ts';
import { CliError, EXIT } from './failure.ts';
import { addKeys } from './keys-command.ts';
import { addMigrate } from './migrate-command.ts';
import { addRevoke } from './revoke-command.ts';
import { addSecret } from './secret-command.ts';
import { addServe } from './serve-command.ts';
import { addSessions } from './sessions-command.ts';
import type { Surroundings } from './surroundings.ts';
import { addUser } from './user-command.ts';

const COMMANDS = [
  addServe,
  addMigrate,
  addBackup,
  addRestore,
  addDoctor,
  addRevoke,
  addAttack,
  addSessions,
  addUser,
  addKeys,
  addSecret,
];

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
  for (const add of COMMANDS) add(program, around);
  try {
    await program.parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.ok;
    if (error.code === 'commander.help') {
      throw new CliError('no command was named', 'run `mapae --help`, or `mapae serve --dev` to start');
    }
    throw new CliError(error.message.replace(/^error: /, ''), 'run `mapae --help`, or `mapae <command> --help`');
  }
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version);
  throw new Error('unreachable: package.json has a version');
}
