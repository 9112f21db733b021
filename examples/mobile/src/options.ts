import { parseArgs } from 'node:util';

export const USAGE = `Usage: npm run mobile -- <command> [options]

A notes app as it would be on a phone. Each command is one start of the app: what it has to remember is in its keychain.

  sign-up <e-mail>     make an account          (the password is asked for, or read from NOTES_PASSWORD)
  sign-in <e-mail>     sign in
  notes                the notes of whoever is signed in
  write <text>         one more
  devices              where this account is signed in
  end <id>             signs one of them out
  watch                stays open, as in the foreground, and says when the sign-in ends
  sign-out

  --server <url>       authorization server (http://localhost:4000)
  --api <url>          notes API (http://localhost:4001)
  --keychain <folder>  another folder is another phone (./data/phone)
  --device <name>      what the list of devices calls it (Notes on a phone)
`;

export interface AppOptions {
  readonly command: string;
  /** E-mail, text or id, as the command has it; empty where it takes none. */
  readonly argument: string;
  readonly server: string;
  readonly api: string;
  readonly keychain: string;
  readonly device: string;
}

/** Something is wrong with what was typed. */
export class UsageError extends Error {}

const TAKES = { 'sign-up': 'an e-mail', 'sign-in': 'an e-mail', write: 'a text', end: 'an id' } as const;
const COMMANDS = new Set([...Object.keys(TAKES), 'notes', 'devices', 'watch', 'sign-out']);

/** @returns undefined where help is wanted. @throws {UsageError} */
export function parseAppOptions(args: readonly string[]): AppOptions | undefined {
  const { values, positionals } = read(args);
  const [command, argument = '', ...more] = positionals;
  if (command === undefined || values.help === true) return undefined;
  if (!COMMANDS.has(command)) throw new UsageError(`there is no command ${command}`);
  const wanted = Object.hasOwn(TAKES, command) ? TAKES[command as keyof typeof TAKES] : undefined;
  if (wanted !== undefined && argument === '') throw new UsageError(`${command} takes ${wanted}`);
  if (more.length > 0 || (wanted === undefined && argument !== '')) throw new UsageError('there is too much');
  return {
    command,
    argument,
    server: values.server ?? 'http://localhost:4000',
    api: values.api ?? 'http://localhost:4001',
    keychain: values.keychain ?? './data/phone',
    device: values.device ?? 'Notes on a phone',
  };
}

function read(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { server: text, api: text, keychain: text, device: text, help: { type: 'boolean' } },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'unknown option');
  }
}
