import type { Command } from 'commander';
import { addSettings, readSettings } from './command-settings.ts';
import { findUser, STORE_SETTINGS, type Store, type User, withStore } from './database.ts';
import { CliError } from './failure.ts';
import type { Surroundings } from './surroundings.ts';
import { formatTable, formatTime } from './table.ts';

type Flags = Readonly<Record<string, unknown>>;

/** `mapae sessions <email>`: where somebody is signed in, and signing them out there. */
export function addSessions(program: Command, around: Surroundings): void {
  const command = program
    .command('sessions')
    .argument('<email>', 'address of the account')
    .description('list the sessions of a user, or end some, felt by every verifier')
    .option('--end <id...>', 'end these')
    .option('--end-all', 'end every one')
    .option('--json', 'print JSON')
    .exitOverride();
  addSettings(command, STORE_SETTINGS).action(async (email: string, flags: Flags) => {
    const ids = Array.isArray(flags['end']) ? flags['end'].map(String) : [];
    const all = flags['endAll'] === true;
    if (all && ids.length > 0) throw new CliError('name one of --end and --end-all', '`mapae sessions --help`');
    await withStore(await readSettings(flags, around), async (store) => {
      const user = await findUser(store, email);
      if (ids.length === 0 && !all) return list(store, user, (text, machine) => print(around, flags, text, machine));
      const ended = all ? await endAll(store, user) : await endEach(store, user, ids);
      print(around, flags, ended.map((id) => `ended ${id}\n`).join(''), { ended });
    });
  });
}

async function list(store: Store, user: User, show: (text: string, machine: object) => void): Promise<void> {
  const sessions = (await store.listSessions(user.id)).map((one) => ({
    id: one.id,
    device: one.device ?? null,
    lastUsedAt: formatTime(one.lastUsedAt),
    createdAt: formatTime(one.createdAt),
    ip: one.ip ?? null,
  }));
  const lines = sessions.map(({ id, device, lastUsedAt, createdAt, ip }) => {
    return [id, lastUsedAt, createdAt, ip ?? '', visible(device ?? '')];
  });
  show(formatTable([['id', 'last used', 'signed in', 'address', 'device'], ...lines]), { sessions });
}

/** @throws {CliError} where one is not theirs; then none was ended. */
async function endEach(store: Store, user: User, ids: readonly string[]): Promise<readonly string[]> {
  const alive = new Set((await store.listSessions(user.id)).map(({ id }) => id));
  const unknown = ids.filter((id) => !alive.has(id));
  if (unknown.length > 0)
    throw new CliError(`no live session of this user: ${unknown.join(', ')}`, 'without --end they are listed');
  for (const id of ids) await store.endSession(user.id, id, 'admin');
  return ids;
}

async function endAll(store: Store, user: User): Promise<readonly string[]> {
  const alive = (await store.listSessions(user.id)).map(({ id }) => id);
  await store.endAllSessions(user.id, 'admin');
  return alive;
}

/** A device names itself: nothing in it may steer a terminal. */
function visible(text: string): string {
  return text.replace(/[^\P{C}]/gu, '?');
}

function print(around: Surroundings, flags: Flags, text: string, machine: object): void {
  around.stdout.write(flags['json'] === true ? `${JSON.stringify(machine)}\n` : text);
}
