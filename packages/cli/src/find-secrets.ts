import { join } from 'node:path';
import { prepareDataFolder } from './data-folder.ts';
import { CliError, EXIT } from './failure.ts';
import { developmentSecret, readSecretFile } from './secret.ts';
import type { Settings } from './settings.ts';

export interface FoundSecrets {
  /** The first one makes new things. */
  readonly secrets: readonly string[];
  /** Where they stand, one a line; none where they came by environment or config file. */
  readonly file: string | undefined;
}

/** The secrets that these settings mean; made in the data folder for development. @throws {CliError} where there are none. */
export function findSecrets({ secrets, secretFile, dev, data }: Partial<Settings>): FoundSecrets {
  if (secrets !== undefined) return { secrets, file: undefined };
  if (secretFile !== undefined) return { secrets: readSecretFile(secretFile), file: secretFile };
  if (dev === true) {
    const folder = prepareDataFolder(data ?? './data');
    return { secrets: developmentSecret(folder), file: join(folder, 'secret') };
  }
  throw new CliError(
    'no secret: signing keys and refresh tokens depend on one',
    'make one with `openssl rand -base64 32 > secret && chmod 600 secret`, then --secret-file secret',
    EXIT.data,
  );
}
