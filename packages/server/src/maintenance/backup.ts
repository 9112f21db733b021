import { closeSync, copyFileSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sqlite } from '../stores/sqlite.ts';
import { StoreFailed } from '../stores/store.ts';

/** Why a backup or a restore was refused. Nothing was changed. */
export class BackupRefused extends Error {
  override readonly name = 'BackupRefused';
}

/**
 * Copies a SQLite database that servers may be working on: the copy is one consistent state, as of one commit.
 *
 * The file appears whole or not at all, for this user alone, after it was checked and is on the disk.
 *
 * @param to  Path of a file that is not there yet.
 * @throws {BackupRefused} where `from` is not there, or `to` is.
 * @throws {StoreFailed} where the copy fails (a full disk), or is found damaged.
 */
export function backupSqlite(from: string, to: string): void {
  if (!existsSync(from)) throw new BackupRefused(`there is no database file at ${from}`);
  if (existsSync(to)) throw new BackupRefused(`${to} is there already`);
  const draft = draftOf(to);
  try {
    // SQLite takes an empty file that is there, and with it the mode we gave it
    closeSync(openSync(draft, 'wx', 0o600));
    using source = openFile(from);
    // one read transaction: writers go on in the write-ahead log meanwhile
    source.prepare('vacuum into ?').run(draft);
    checkWhole(draft);
    putInPlace(draft, to);
  } catch (cause) {
    throw failed(cause);
  } finally {
    rmSync(draft, { force: true });
  }
}

export interface RestoreOptions {
  readonly issuer: string;
  readonly accessTokenSeconds?: number;
  /** Moves a database that is there aside, if nobody has it open. Default: false. */
  readonly replace?: boolean;
}

/**
 * Puts a backup in the place of a SQLite database. Before it is there, it gets a new epoch and a cut-off for everyone: all
 * sessions are over, refresh tokens of before are refused, verifiers take a new snapshot. Its schema is brought up to date.
 *
 * @returns Where the database that was there is now, if there was one.
 * @throws {BackupRefused} where a database is there and `replace` isn't given, or a process has it open.
 * @throws {StoreFailed} where `from` is no undamaged backup.
 */
export async function restoreSqlite(from: string, to: string, options: RestoreOptions): Promise<string | undefined> {
  if (!existsSync(from)) throw new BackupRefused(`there is no backup at ${from}`);
  const aside = `${to}.before-restore-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  const replaces = existsSync(to);
  if (replaces) {
    if (options.replace !== true) throw new BackupRefused(`there is a database at ${to}`);
    closeForGood(to);
  }
  const draft = draftOf(to);
  try {
    closeSync(openSync(draft, 'wx', 0o600));
    copyFileSync(from, draft);
    checkWhole(draft);
    checkOurs(draft);
    await startNewEpoch(draft, options);
    if (replaces) {
      // again: the copy took its time
      closeForGood(to);
      renameSync(to, aside);
    }
    putInPlace(draft, to);
  } catch (cause) {
    throw failed(cause);
  } finally {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${draft}${suffix}`, { force: true });
  }
  return replaces ? aside : undefined;
}

async function startNewEpoch(path: string, { issuer, accessTokenSeconds }: RestoreOptions): Promise<void> {
  const store = await sqlite(path).open({
    issuer,
    schema: 'apply',
    ...(accessTokenSeconds === undefined ? {} : { accessTokenSeconds }),
  });
  try {
    await store.changeEpoch((await store.readState()).epoch);
  } finally {
    await store.close();
  }
}

function draftOf(path: string): string {
  return `${path}.${process.pid}.draft`;
}

function openFile(path: string): DatabaseSync {
  return new DatabaseSync(path, { timeout: 2_000 });
}

function checkWhole(path: string): void {
  using copy = openFile(path);
  const found = copy.prepare('pragma quick_check').get();
  if (found?.['quick_check'] !== 'ok') throw new StoreFailed(`SQLite: ${path} is damaged`);
}

function checkOurs(path: string): void {
  using copy = openFile(path);
  const found = copy
    .prepare(`select count(*) as n from sqlite_master where name in ('meta', 'kysely_migration')`)
    .get();
  if (found?.['n'] !== 2) throw new BackupRefused(`${path} is no backup of Mapae`);
}

/** Folds the write-ahead log into the file and leaves the mode that needs it, which no other connection lets happen. */
function closeForGood(path: string): void {
  try {
    using database = new DatabaseSync(path, { timeout: 0 });
    database.exec('pragma locking_mode = exclusive; pragma journal_mode = delete');
    database.exec('begin exclusive; rollback');
  } catch (cause) {
    throw new BackupRefused(`${path} is in use: ${cause instanceof Error ? cause.message : 'unknown'}`, { cause });
  }
}

/** On the disk first, then under its name, which must still be free. */
function putInPlace(draft: string, to: string): void {
  sync(draft);
  linkSync(draft, to);
  sync(dirname(to));
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function failed(cause: unknown): Error {
  if (cause instanceof BackupRefused || cause instanceof StoreFailed) return cause;
  return new StoreFailed(cause instanceof Error ? cause.message : 'unknown', { cause });
}
