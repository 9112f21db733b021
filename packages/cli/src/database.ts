import { join } from 'node:path';
import type { Database, Maintenance } from '@mapae/server';
import { prepareDataFolder } from './data-folder.ts';
import { CliError, EXIT } from './failure.ts';
import { issuerOf, type Settings } from './settings.ts';

/** Settings that say which database is meant. */
export const DATABASE_SETTINGS = ['data', 'database'] as const;
/** What a command needs that writes beside running servers. */
export const STORE_SETTINGS = [...DATABASE_SETTINGS, 'issuer', 'dev', 'accessTokenSeconds'] as const;

export type Store = Awaited<ReturnType<Database['open']>>;
export type User = NonNullable<Awaited<ReturnType<Store['findUser']>>>;

/** Address of the database that these settings mean. Makes the data folder where that is the embedded one. */
export function databaseUrl(settings: Partial<Settings>): string {
  return settings.database ?? `sqlite:${join(prepareDataFolder(settings.data ?? './data'), 'mapae.db')}`;
}

/** Opens the database for one command and closes it after. @throws {CliError} exit code 4 or 5 */
export async function withMaintenance<T>(
  settings: Partial<Settings>,
  work: (database: Maintenance) => Promise<T>,
  options: { readonly create?: boolean } = {},
): Promise<T> {
  const { openMaintenance } = await import('@mapae/server');
  try {
    const database = await openMaintenance(databaseUrl(settings), options);
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  } catch (cause) {
    throw await databaseError(cause);
  }
}

/** Opens the store as a server does, beside those that run, for one command. @throws {CliError} exit code 4 or 5 */
export async function withStore<T>(settings: Partial<Settings>, work: (store: Store) => Promise<T>): Promise<T> {
  const { accessTokenSeconds } = settings;
  const { databaseFromUrl } = await import('@mapae/server');
  try {
    const store = await databaseFromUrl(databaseUrl(settings)).open({
      issuer: issuerOf(settings),
      schema: 'fill',
      ...(accessTokenSeconds === undefined ? {} : { accessTokenSeconds }),
    });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  } catch (cause) {
    throw await databaseError(cause);
  }
}

/** @throws {CliError} where nobody has the address. */
export async function findUser(store: Store, address: string): Promise<User> {
  const { normalizeEmail } = await import('@mapae/server');
  const email = normalizeEmail(address);
  const user = email === undefined ? undefined : await store.findUserByEmail(email);
  if (user === undefined) throw new CliError('there is no such user', 'check the address');
  return user;
}

/** A failure of the database in a person's words; anything else as it is. */
export async function databaseError(cause: unknown): Promise<unknown> {
  const { BackupRefused, ClockOff, SchemaMismatch, StoreFailed } = await import('@mapae/server');
  if (cause instanceof SchemaMismatch) {
    const hint =
      cause.code === 'schema/behind'
        ? 'see `mapae migrate --plan`, then run `mapae migrate --apply`'
        : 'run the newer version of mapae, or go back to a backup from before it';
    return new CliError(cause.message, hint, EXIT.schema, { cause });
  }
  if (cause instanceof ClockOff)
    return new CliError(cause.message, 'let NTP set both clocks, then start again', EXIT.data, { cause });
  if (cause instanceof BackupRefused) return new CliError(cause.message, 'nothing was changed', EXIT.data, { cause });
  if (cause instanceof StoreFailed) {
    return new CliError(
      `the database can't be used: ${cause.message}`,
      'check --database and that it is running',
      EXIT.data,
      { cause },
    );
  }
  return cause;
}
