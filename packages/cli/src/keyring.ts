import type { Keyring } from '@mapae/server';
import { DATABASE_SETTINGS, databaseError, databaseUrl } from './database.ts';
import { issuerOf, type Settings } from './settings.ts';

/** Settings that say which database is meant, and the secrets of its servers. */
export const KEYRING_SETTINGS = [...DATABASE_SETTINGS, 'secretFile', 'issuer', 'dev'] as const;

/** Opens the keyring of a database for one command. @throws {CliError} exit code 4 or 5 */
export async function withKeyring<T>(
  settings: Partial<Settings>,
  secrets: readonly string[],
  work: (keyring: Keyring) => Promise<T>,
): Promise<T> {
  const { databaseFromUrl, openKeyring } = await import('@mapae/server');
  try {
    const keyring = await openKeyring({
      issuer: issuerOf(settings),
      database: databaseFromUrl(databaseUrl(settings)),
      secrets,
    });
    try {
      return await work(keyring);
    } finally {
      await keyring.close();
    }
  } catch (cause) {
    throw await databaseError(cause);
  }
}
