// What a phone's secure storage is to an app: strings under names, for this app alone, durable when a promise resolves.
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClientStorage } from '@mapae/client';

/** Another copy of the app has it open. */
export class KeychainInUse extends Error {}

export interface Keychain extends ClientStorage {
  /** Lets the next start of the app in. */
  close(): Promise<void>;
}

/**
 * Opens a keychain in a folder that nobody else may read. Android's Keystore and Apple's Keychain encrypt as well; a file can't do better than
 * the disk under it.
 *
 * One process at a time: the client's lock then needs to reach no further than the process.
 *
 * @throws {KeychainInUse}
 */
export async function openKeychain(folder: string): Promise<Keychain> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = join(folder, 'lock');
  await takeLock(lock);
  // names hold addresses of servers, which file names can't
  const fileOf = (name: string): string => join(folder, createHash('sha256').update(name).digest('hex'));
  return {
    async get(name) {
      return readFile(fileOf(name), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
    },
    async set(name, value) {
      const file = fileOf(name);
      const draft = await open(`${file}.new`, 'w', 0o600);
      try {
        await draft.writeFile(value);
        await draft.sync();
      } finally {
        await draft.close();
      }
      // either the old value or the new one, whenever the power fails
      await rename(`${file}.new`, file);
      await syncFolder(folder);
    },
    async remove(name) {
      await rm(fileOf(name), { force: true });
      await syncFolder(folder);
    },
    close: () => rm(lock, { force: true }),
  };
}

async function takeLock(lock: string): Promise<void> {
  const holder = Number(await readFile(lock, 'utf8').catch(() => '0'));
  // one that was killed left its lock behind
  if (holder !== 0 && !isAlive(holder)) await rm(lock, { force: true });
  try {
    const file = await open(lock, 'wx', 0o600);
    await file.writeFile(String(process.pid));
    await file.close();
  } catch {
    throw new KeychainInUse('the app is running already');
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // it lives, and is another user's
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
