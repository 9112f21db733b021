// `npm run mobile -- <command>`
import { ClientError } from '@mapae/client';
import { runApp } from './app.ts';
import { askPassword } from './ask-password.ts';
import { KeychainInUse } from './keychain.ts';
import { parseAppOptions, USAGE, UsageError } from './options.ts';

/** What people can do about it. */
const HINTS: Readonly<Record<string, string>> = {
  'client/network': 'is `npm start` running? Nothing is lost: try again, you are still signed in',
  'client/signed-out': 'sign in first',
  invalid_grant: 'you were signed out elsewhere, or by the server: sign in again',
  'account/credentials': 'check the address and the password',
};
const EXIT = { failed: 1, usage: 2, signedOut: 3 } as const;

function fail(message: string, hint: string, code: number): void {
  process.stderr.write(`notes: error: ${message}\nnotes: hint: ${hint}\n`);
  process.exitCode = code;
}

try {
  const options = parseAppOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(USAGE);
  else
    await runApp(options, {
      say: (text) => void process.stdout.write(`${text}\n`),
      password: askPassword,
    });
} catch (error) {
  if (error instanceof UsageError) fail(error.message, '`npm run mobile -- --help`', EXIT.usage);
  else if (error instanceof KeychainInUse) fail(error.message, 'another phone is another --keychain', EXIT.failed);
  else if (error instanceof ClientError) {
    const isOver = error.code === 'invalid_grant' || error.code === 'client/signed-out';
    const hint = HINTS[error.code] ?? 'docs/errors.md says more';
    fail(`${error.message} (${error.code})`, hint, isOver ? EXIT.signedOut : EXIT.failed);
  } else fail(error instanceof Error ? error.message : 'something failed', '`npm run mobile -- --help`', EXIT.failed);
}
