import type { KeyListing, Keyring } from '@mapae/server';
import type { Command } from 'commander';
import { addSettings, readSettings } from './command-settings.ts';
import { CliError, EXIT } from './failure.ts';
import { findSecrets } from './find-secrets.ts';
import { KEYRING_SETTINGS, withKeyring } from './keyring.ts';
import type { Surroundings } from './surroundings.ts';
import { formatTable, formatTime } from './table.ts';

type Flags = Readonly<Record<string, unknown>>;

/** `mapae keys list | rotate | remove`: signing keys, beside running servers, which notice within a second. */
export function addKeys(program: Command, around: Surroundings): void {
  const keys = program.command('keys').description('list, rotate and remove signing keys').exitOverride();

  const list = keys
    .command('list')
    .description('kid, algorithm, state and times of each key')
    .option('--json', 'print JSON')
    .exitOverride();
  addSettings(list, KEYRING_SETTINGS).action((flags: Flags) =>
    withKeys(flags, around, async (keyring) => {
      const found = await keyring.listKeys();
      print(around, flags, formatTable([HEAD, ...found.map(toLine)]), { keys: found });
    }),
  );

  const rotate = keys
    .command('rotate')
    .argument('[alg]', 'ES256, RS256, …; every algorithm that has keys, where it is left out')
    .description('the next key signs from now on, if it was published for its lead')
    .option('--json', 'print JSON')
    .exitOverride();
  addSettings(rotate, KEYRING_SETTINGS).action((alg: string | undefined, flags: Flags) =>
    withKeys(flags, around, async (keyring) => {
      const { rotated, early } = await rotateEach(keyring, alg);
      print(around, flags, rotated.map((one) => `rotated ${one}\n`).join(''), { rotated, early });
      if (early.length === 0) return;
      throw new CliError(
        `too early for ${early.join(', ')}: the next key was not published for its lead of a day, and whoever keeps a copy of the key set would refuse its tokens`,
        '`mapae keys list` shows since when it is published; a stolen key is taken out of force by `mapae keys remove`',
        EXIT.early,
      );
    }),
  );

  const remove = keys
    .command('remove')
    .argument('<kids...>', 'as `mapae keys list` shows them')
    .description('take stolen keys out of force: what they signed is refused at once')
    .option('--yes', 'do it; without it, only what it breaks is said')
    .option('--json', 'print JSON')
    .exitOverride();
  addSettings(remove, KEYRING_SETTINGS).action((kids: string[], flags: Flags) =>
    withKeys(flags, around, async (keyring) => {
      const there = (await keyring.listKeys()).filter(({ kid }) => kids.includes(kid));
      const unknown = kids.filter((kid) => there.every((key) => key.kid !== kid));
      if (unknown.length > 0) throw new CliError(`there is no key ${unknown.join(', ')}`, 'see `mapae keys list`');
      for (const words of [...there.map(describeRemoval), OUTSIDE]) around.stderr.write(`mapae: ${words}\n`);
      if (flags['yes'] !== true) throw new CliError('nothing was removed', 'add --yes to go on');
      const removed = await keyring.removeKeys(kids);
      print(around, flags, removed.map((kid) => `removed ${kid}\n`).join(''), { removed });
    }),
  );
}

async function withKeys(flags: Flags, around: Surroundings, work: (keyring: Keyring) => Promise<void>): Promise<void> {
  const settings = await readSettings(flags, around);
  await withKeyring(settings, findSecrets(settings).secrets, work);
}

const HEAD = ['kid', 'alg', 'state', 'since', 'published', 'sealed under'];

function toLine({ kid, alg, state, since, createdAt, secretId }: KeyListing): readonly string[] {
  return [kid, alg, state, formatTime(since), formatTime(createdAt), secretId];
}

async function rotateEach(keyring: Keyring, alg: string | undefined) {
  const there = [...new Set((await keyring.listKeys()).map((key) => key.alg))];
  if (alg !== undefined && !there.includes(alg))
    throw new CliError(`there are no keys of ${alg}`, `there are keys of ${there.join(', ') || 'no algorithm yet'}`);
  const rotated: string[] = [];
  const early: string[] = [];
  for (const one of alg === undefined ? there : [alg]) ((await keyring.rotateKeys(one)) ? rotated : early).push(one);
  return { rotated, early };
}

/** What stops working when this key goes, in words. */
function describeRemoval({ kid, alg, state, since }: KeyListing): string {
  const key = `${kid} (${alg}, ${state})`;
  switch (state) {
    case 'active':
      return `${key} signs now: every access token that it signed is refused. Nobody is signed out; each client's next refresh brings a token by another key. The next key signs at once: an API that keeps a copy of the key set from before ${kid}'s successor was published refuses new tokens until it fetches the set again.`;
    case 'next':
      return `${key} has signed nothing: no token is refused. A new next key is made, and no rotation is possible until that one was published for its lead.`;
    case 'retiring':
      return `${key} has not signed since ${formatTime(since)}: tokens that it signed before and that are still alive are refused, and each client's next refresh brings a new one.`;
  }
}

const OUTSIDE =
  'Verifiers that follow the revocation feed refuse the key within about a second; any other goes on accepting it until it fetches the key set again. A removal is not undone.';

function print(around: Surroundings, flags: Flags, text: string, machine: object): void {
  around.stdout.write(flags['json'] === true ? `${JSON.stringify(machine)}\n` : text);
}
