/** Exit codes, all of them. Scripts rely on the numbers: they are never reused. */
export const EXIT = {
  ok: 0,
  /** Something broke while running. */
  failed: 1,
  /** An option, a setting or the config file is wrong. */
  usage: 2,
  /** The port is taken or may not be opened. */
  port: 3,
  /** The data folder, the secret or the database can't be used. */
  data: 4,
  /** The database's schema is behind or ahead of this program. */
  schema: 5,
  /** `mapae doctor` found something that is wrong. */
  unfit: 6,
  /** Nothing is wrong, but it is too early: a signing key was not published for its lead yet. */
  early: 7,
  /** `mapae attack`: something was let in. */
  letIn: 8,
} as const;

/** What a person is told when a command can't go on: what happened, what to do, and the exit code for scripts. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly hint: string;
  readonly exitCode: number;

  constructor(message: string, hint: string, exitCode: number = EXIT.usage, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

/**
 * Writes `mapae: error: …` and `mapae: hint: …` to stderr, never a stack trace.
 *
 * @returns The exit code.
 */
export function reportFailure(error: unknown, write: (text: string) => void): number {
  const failure = error instanceof CliError ? error : unexpected(error);
  write(`mapae: error: ${oneLine(failure.message)}\nmapae: hint: ${oneLine(failure.hint)}\n`);
  return failure.exitCode;
}

function unexpected(error: unknown): CliError {
  const text = error instanceof Error ? error.message : String(error);
  // options of @mapae/server are parsed by it: its TypeErrors name the option
  if (error instanceof TypeError) return new CliError(text, 'run `mapae serve --help` for the settings');
  return new CliError(text, 'run again with --log-level debug; if it stays, please report it', EXIT.failed);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

/** The `code` of a system error (`EADDRINUSE`), if it is one. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
