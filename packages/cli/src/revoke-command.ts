import type { Command } from 'commander';
import { addSettings, readSettings } from './command-settings.ts';
import { findUser, STORE_SETTINGS, type Store, withStore } from './database.ts';
import { CliError } from './failure.ts';
import type { Surroundings } from './surroundings.ts';

const WAYS = ['user', 'session', 'client', 'token'] as const;
const ID = /^[\w-]{22}$/;

/** `mapae revoke`: beside a running server, which notices within 200 ms and tells its verifiers. */
export function addRevoke(program: Command, around: Surroundings): void {
  const command = program
    .command('revoke')
    .description('end sessions, or refuse tokens, now and at every verifier')
    .option('--user <email>', 'every session of this user')
    .option('--session <id>', 'one session')
    .option('--client <id>', 'every session of this client, up to now')
    .option('--token <jti>', 'one access token')
    .option('--json', 'print JSON')
    .exitOverride();
  addSettings(command, STORE_SETTINGS).action(async (flags: Record<string, unknown>) => {
    const [way, ...more] = WAYS.filter((one) => flags[one] !== undefined);
    const value = String(way === undefined ? '' : flags[way]);
    if (way === undefined || more.length > 0)
      throw new CliError(
        'name one of --user, --session, --client and --token',
        '`mapae revoke --user kim@example.com`',
      );
    if ((way === 'session' || way === 'token') && !ID.test(value))
      throw new CliError(`--${way} is no id of 22 characters`, 'GET /v1/sessions, or the claim of the token, shows it');
    await withStore(await readSettings(flags, around), (store) => revoke(store, way, value));
    around.stdout.write(flags['json'] === true ? `${JSON.stringify({ revoked: { [way]: value } })}\n` : 'revoked\n');
  });
}

async function revoke(store: Store, way: (typeof WAYS)[number], value: string): Promise<void> {
  if (way === 'user') await store.endAllSessions((await findUser(store, value)).id, 'admin');
  else if (way === 'client') await store.revoke({ code: 5, value, before: (await store.readState()).now });
  else await store.revoke({ code: way === 'session' ? 1 : 2, value, before: 0 });
}
