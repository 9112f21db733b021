import type { Command } from 'commander';
import { addSettings, readSettings } from './command-settings.ts';
import { findUser, STORE_SETTINGS, withStore } from './database.ts';
import { CliError } from './failure.ts';
import type { Surroundings } from './surroundings.ts';

type Flags = Readonly<Record<string, unknown>>;

/** `mapae user roles <email>`: shows them, or changes them, felt by every verifier within a second and without a new sign-in. */
export function addUser(program: Command, around: Surroundings): void {
  const user = program.command('user').description('look at and change accounts').exitOverride();
  const roles = user
    .command('roles')
    .argument('<email>', 'address of the account')
    .description("show a user's roles, or change them: older tokens are refused, the next refresh brings the new roles")
    .option('--add <role...>', 'give these')
    .option('--remove <role...>', 'take these away')
    .option('--none', 'take every role away')
    .option('--json', 'print JSON')
    .exitOverride();
  addSettings(roles, STORE_SETTINGS).action(async (email: string, flags: Flags) => {
    const { parseRoles } = await import('@mapae/server');
    const parse = (given: unknown): readonly string[] =>
      Array.isArray(given) ? within(() => parseRoles(given.map(String))) : [];
    const [add, remove] = [parse(flags['add']), parse(flags['remove'])];
    const none = flags['none'] === true;
    await withStore(await readSettings(flags, around), async (store) => {
      const before = await findUser(store, email);
      const kept = none ? [] : before.roles.filter((role) => !remove.includes(role));
      const wanted = within(() => parseRoles([...kept, ...add]));
      // to name a change is to ask for it, also where it changes nothing
      const asked = none || add.length > 0 || remove.length > 0;
      const after = asked
        ? await store.changeRoles(before.id, wanted, () => ({
            audit: [
              {
                event: 'roles-changed',
                outcome: 'success',
                userId: before.id,
                actor: undefined,
                reason: wanted.join(' '),
              },
            ],
          }))
        : before;
      if (after === undefined) throw new CliError('there is no such user any more', 'check the address');
      const json = JSON.stringify({ email: after.email, roles: after.roles });
      around.stdout.write(flags['json'] === true ? `${json}\n` : `${after.roles.join(' ') || '(none)'}\n`);
    });
  });
}

function within<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new CliError(cause.message, 'for instance `mapae user roles kim@example.com --add editor`', undefined, {
      cause,
    });
  }
}
