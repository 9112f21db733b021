import type { Keyring, SecretStatus } from '@mapae/server';
import type { Command } from 'commander';
import { addSettings, readSettings } from './command-settings.ts';
import { CliError, EXIT } from './failure.ts';
import { type FoundSecrets, findSecrets } from './find-secrets.ts';
import { KEYRING_SETTINGS, withKeyring } from './keyring.ts';
import { newSecret, writeSecretFile } from './secret.ts';
import type { Surroundings } from './surroundings.ts';
import { formatTable } from './table.ts';

type Flags = Readonly<Record<string, unknown>>;

interface Call extends FoundSecrets {
  readonly flags: Flags;
  /** Opens the keyring with these secrets, or with those that were found. */
  open<T>(work: (keyring: Keyring) => Promise<T>, secrets?: readonly string[]): Promise<T>;
  print(text: string, machine: object): void;
  say(text: string): void;
}

/** `mapae secret add | use | status | rotate`: the secret itself is never printed, only its id. */
export function addSecret(program: Command, around: Surroundings): void {
  const secret = program.command('secret').description('change the secret that seals keys and makes refresh tokens');
  secret.exitOverride();

  const add = secret.command('add').description('make a new secret and put it first in the secret file');
  addTo(add, around, addOne);

  const use = secret
    .command('use')
    .argument('<id>', 'as `mapae secret status` shows it')
    .description('ask for a secret to make what is new; it does when every live server accepts it');
  addTo(use, around, useOne);

  const status = secret.command('status').description('secrets, who accepts them and what depends on them');
  addTo(status, around, showStatus);

  const rotate = secret
    .command('rotate')
    .description('replace a secret that a stranger knows: everybody has to sign in again, every signing key is new')
    .option('--compromised', 'say that this is so; an ordinary change is `mapae secret add`')
    .option('--id <id>', 'the one that is known to a stranger (the one in use)');
  addTo(rotate, around, rotateOne);
}

function addTo(command: Command, around: Surroundings, run: (call: Call, id: string) => Promise<void>): void {
  command.option('--json', 'print JSON').exitOverride();
  const takesId = command.registeredArguments.length > 0;
  addSettings(command, KEYRING_SETTINGS).action(async (...given: unknown[]) => {
    const flags = given[takesId ? 1 : 0] as Flags;
    const settings = await readSettings(flags, around);
    const found = findSecrets(settings);
    const json = flags['json'] === true;
    await run(
      {
        ...found,
        flags,
        open: (work, secrets = found.secrets) => withKeyring(settings, secrets, work),
        print: (text, machine) => void around.stdout.write(json ? `${JSON.stringify(machine)}\n` : text),
        say: (text) => void around.stderr.write(`mapae: ${text}\n`),
      },
      takesId ? String(given[0]) : '',
    );
  });
}

/** First in the file: a server that is started with it asks for it to be used, and gets it when all accept it. */
async function addOne({ secrets, file, open, print, say }: Call): Promise<void> {
  const path = mustHaveFile(file);
  const all = [newSecret(), ...secrets];
  const id = await open(async ({ secretIds }) => secretIds[0] ?? '', all);
  writeSecretFile(path, all);
  print(`added ${id}\n`, { added: id, file: path });
  say(
    `give ${path} to every server and restart them, in any order: ${id} comes into use when each live one accepts it. Keep the others in it until \`mapae secret status\` says that nothing depends on them.`,
  );
}

async function useOne({ secrets, file, open, print, say }: Call, id: string): Promise<void> {
  const answer = await open(async (keyring) => {
    const { dropped } = await keyring.secretStatus();
    if (!keyring.secretIds.includes(id) || dropped.includes(id))
      throw new CliError(
        `there is no secret ${id} among those given, or it has been dropped`,
        'see `mapae secret status`',
      );
    // a server that starts asks for the first: without this, the next restart would ask for the old one again
    if (file !== undefined) writeSecretFile(file, moveFirst(secrets, keyring.secretIds.indexOf(id)));
    return keyring.useSecret(id);
  });
  print(`${answer}\n`, { id, answer });
  if (file === undefined) say(`put ${id} first where the secrets are given: a server that starts asks for the first.`);
  if (answer === 'waiting') say('a live server does not accept it yet; give it the secret and restart it.');
}

function moveFirst(secrets: readonly string[], at: number): readonly string[] {
  return [...secrets.slice(at, at + 1), ...secrets.filter((_, i) => i !== at)];
}

async function showStatus({ open, print }: Call): Promise<void> {
  await open(async (keyring) => {
    const status = await keyring.secretStatus();
    const live = status.replicas.filter((replica) => replica.live);
    const rows = idsOf(keyring.secretIds, status).map((id) => ({
      id,
      state: stateOf(id, status),
      given: keyring.secretIds.includes(id),
      acceptedBy: live.filter(({ secretIds }) => secretIds.includes(id)).length,
      grants: countOf(id, status.grants),
      sealed: countOf(id, status.sealed),
    }));
    const lines = rows.map((row) => [
      row.id,
      row.state,
      row.given ? 'yes' : 'no',
      `${row.acceptedBy} of ${live.length}`,
      String(row.grants),
      String(row.sealed),
      row.state === 'accepted' && row.given && row.grants + row.sealed === 0
        ? 'nothing depends on it: may be taken away'
        : '',
    ]);
    print(formatTable([['id', 'state', 'given here', 'accepted by', 'live grants', 'sealed', ''], ...lines]), {
      secrets: rows,
      liveServers: live.length,
    });
  });
}

function countOf(id: string, counts: SecretStatus['grants']): number {
  return counts.find(({ secretId }) => secretId === id)?.count ?? 0;
}

function idsOf(given: readonly string[], { inUse, wanted, dropped, grants, sealed, replicas }: SecretStatus): string[] {
  const known = [inUse, wanted, ...given, ...replicas.flatMap(({ secretIds }) => secretIds)];
  const all = [...known, ...[...grants, ...sealed].map(({ secretId }) => secretId), ...dropped];
  return [...new Set(all.filter((id) => id !== undefined))];
}

function stateOf(id: string, { inUse, wanted, dropped }: SecretStatus): string {
  if (dropped.includes(id)) return 'dropped';
  if (id === inUse) return 'in use';
  return id === wanted ? 'wanted' : 'accepted';
}

/** The file gets a good secret before the bad one is dropped, and loses the bad one after: it can be run again at any point. */
async function rotateOne({ secrets, file, flags, open, print, say }: Call): Promise<void> {
  if (flags['compromised'] !== true)
    throw new CliError(
      'this signs everybody out, and is only for a secret that a stranger knows',
      'say so with --compromised; an ordinary change is `mapae secret add`',
    );
  const { bad, good } = await open(async (keyring) => {
    const { inUse, dropped } = await keyring.secretStatus();
    const named = flags['id'];
    const id = typeof named === 'string' ? named : (inUse ?? keyring.secretIds[0] ?? '');
    const isGood = (one: string | undefined): boolean => one !== undefined && one !== id && !dropped.includes(one);
    return { bad: id, good: secrets.filter((_, i) => isGood(keyring.secretIds[i])) };
  });
  say(`dropping ${bad}; if this is interrupted, run it again with --id ${bad}`);
  // one that servers have already keeps them working; a new one they have to be given first
  if (good.length === 0) good.push(makeSuccessor(file));
  const all = [...good, ...secrets.filter((one) => !good.includes(one))];
  if (file !== undefined) writeSecretFile(file, all);
  const successor = await open(async (keyring) => {
    await keyring.dropSecret(bad);
    return (await keyring.secretStatus()).inUse;
  }, all);
  if (file !== undefined) writeSecretFile(file, good);
  print(`dropped ${bad}\nin use ${successor}\n`, { dropped: bad, inUse: successor });
  say(
    `nothing made under ${bad} is accepted any more: everybody has to sign in again, and every signing key is new. ${
      file === undefined ? 'Take it away where the secrets are given' : `Give ${file} to every server`
    } and restart them: a server without ${successor} answers 503 until then.`,
  );
}

function makeSuccessor(file: string | undefined): string {
  if (file !== undefined) return newSecret();
  throw new CliError(
    'there is no other secret to take its place',
    'put a new one in front of it (`openssl rand -base64 32`), then run this again',
    EXIT.data,
  );
}

function mustHaveFile(file: string | undefined): string {
  if (file !== undefined) return file;
  throw new CliError(
    'the secrets are given by environment or config file, which this does not change',
    'put a new one (`openssl rand -base64 32`) in front of them, and restart the servers; or use --secret-file',
    EXIT.data,
  );
}
