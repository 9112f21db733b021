import type { Command } from 'commander';
import { addSettings, readSettings } from './command-settings.ts';
import { DATABASE_SETTINGS, databaseError, databaseUrl } from './database.ts';
import { CliError } from './failure.ts';
import { issuerOf, type Settings } from './settings.ts';
import type { Surroundings } from './surroundings.ts';

/** `mapae backup <file>`: beside a running server, of the embedded database. */
export function addBackup(program: Command, around: Surroundings): void {
  const command = program
    .command('backup')
    .argument('<file>', 'where the copy goes; must not be there yet')
    .description('copy the embedded database while the server runs; the secret is not in it')
    .option('--json', 'print JSON')
    .exitOverride();
  addSettings(command, DATABASE_SETTINGS).action(async (file: string, flags: Record<string, unknown>) => {
    const path = await sqlitePath(await readSettings(flags, around), 'use pg_dump, see docs/operations.md');
    const { backupSqlite } = await import('@mapae/server');
    await told(async () => backupSqlite(path, file));
    print(around, flags, `${file}\n`, { backup: file, database: path });
  });
}

/** `mapae restore <file>`, or `mapae restore --done` after another tool restored the database. */
export function addRestore(program: Command, around: Surroundings): void {
  const command = program
    .command('restore')
    .argument('[file]', 'a file that `mapae backup` made')
    .description('put a backup in place of the embedded database; everybody has to sign in again')
    .option('--replace', 'move a database that is there aside first; no server may be running on it')
    .option('--done', 'the database was restored by another tool (pg_restore, a snapshot): say so to Mapae')
    .option('--json', 'print JSON')
    .exitOverride();
  addSettings(command, [...DATABASE_SETTINGS, 'issuer', 'dev', 'accessTokenSeconds']).action(
    async (file: string | undefined, flags: Record<string, unknown>) => {
      const settings = await readSettings(flags, around);
      if ((file === undefined) === (flags['done'] !== true))
        throw new CliError(
          'name a backup, or --done',
          '`mapae restore <file>`, or `mapae restore --done` after pg_restore',
        );
      const options = {
        issuer: issuerOf(settings),
        ...(settings.accessTokenSeconds === undefined ? {} : { accessTokenSeconds: settings.accessTokenSeconds }),
      };
      if (file === undefined) {
        await told(() => declareRestored(databaseUrl(settings), options));
        return print(around, flags, 'everybody has to sign in again\n', { restored: true });
      }
      const path = await sqlitePath(settings, 'use pg_restore, then `mapae restore --done`; see docs/operations.md');
      const { restoreSqlite } = await import('@mapae/server');
      const aside = await told(() => restoreSqlite(file, path, { ...options, replace: flags['replace'] === true }));
      const kept = aside === undefined ? '' : `the database that was there: ${aside}\n`;
      print(around, flags, `${path}\n${kept}`, { restored: true, database: path, ...(aside && { aside }) });
    },
  );
}

/** What a restore by another tool needs as well: a new epoch, and a cut-off for everyone. */
async function declareRestored(url: string, options: { readonly issuer: string }): Promise<void> {
  const { databaseFromUrl } = await import('@mapae/server');
  const store = await databaseFromUrl(url).open({ ...options, schema: 'fill' });
  try {
    await store.changeEpoch((await store.readState()).epoch);
  } finally {
    await store.close();
  }
}

async function sqlitePath(settings: Partial<Settings>, hint: string): Promise<string> {
  const { parseDatabaseUrl } = await import('@mapae/server');
  const address = parseDatabaseUrl(databaseUrl(settings));
  if (address.kind === 'sqlite' && address.path !== ':memory:') return address.path;
  throw new CliError('this is for the embedded database', hint);
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  return work().catch(async (cause: unknown) => Promise.reject(await databaseError(cause)));
}

function print(around: Surroundings, flags: Record<string, unknown>, text: string, machine: object): void {
  around.stdout.write(flags['json'] === true ? `${JSON.stringify(machine)}\n` : text);
}
