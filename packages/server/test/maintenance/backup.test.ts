import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BackupRefused, backupSqlite, restoreSqlite, StoreFailed, sqlite } from '../../src/index.ts';
import type { Store } from '../../src/stores/store.ts';
import { createUser, presentation, startSession } from '../../src/testing/store-contract/harness.ts';

const OPTIONS = { issuer: 'https://auth.example.test' };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mapae-backup-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const openAt = (name: string): Promise<Store> => sqlite(at(name)).open(OPTIONS);

test('a backup taken while a server writes is one state of one commit, whole, and for its owner alone', async () => {
  const store = await openAt('live.db');
  let made = 0;
  let stop = false;
  const writing = (async () => {
    while (!stop) {
      const user = await createUser(store, `${made}@example.test`);
      await startSession(store, user);
      made += 1;
      // SQLite answers without leaving the thread: let others have it
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  while (made < 5) await new Promise((resolve) => setTimeout(resolve, 5));
  const before = made;
  backupSqlite(at('live.db'), at('copy.db'));
  stop = true;
  await writing;
  await store.close();
  expect(statSync(at('copy.db')).mode & 0o077).toBe(0);
  const copy = await openAt('copy.db');
  expect(await copy.findUserByEmail(`${before - 1}@example.test`)).toBeDefined();
  await copy.close();
});

test('X23: after a restore no session of before lives, refresh tokens are refused, and a new one works', async () => {
  const store = await openAt('live.db');
  const user = await createUser(store);
  const started = await startSession(store, user);
  await store.publishRevocations();
  backupSqlite(at('live.db'), at('copy.db'));
  // answered after the backup: gone with the restore, and must not come back as something else
  const later = await startSession(store, user);
  const position = await store.readState();
  await store.close();

  const aside = await restoreSqlite(at('copy.db'), at('live.db'), { ...OPTIONS, replace: true });
  expect(aside).toContain('live.db.before-restore-');
  const restored = await openAt('live.db');
  const { epoch } = await restored.readState();
  expect(epoch).not.toEqual(position.epoch);
  expect(await restored.listSessions(user.id)).toEqual([]);
  expect(await restored.presentRefreshCounter(presentation(started, 0))).toMatchObject({ status: 'epoch' });
  expect(await restored.presentRefreshCounter({ ...presentation(started, 0), epoch })).toMatchObject({
    status: 'ended',
  });
  expect(await restored.presentRefreshCounter({ ...presentation(later, 0), epoch })).toMatchObject({
    status: 'unknown',
  });
  await restored.publishRevocations();
  const { rows } = await restored.snapshotRevocations();
  const cutoff = rows.find(({ code }) => code === 6);
  // the token of a session that the backup doesn't know is cut off as well
  expect(cutoff?.before).toBeGreaterThanOrEqual(later.session.createdAt);
  const again = await startSession(restored, user);
  expect(await restored.presentRefreshCounter({ ...presentation(again, 0), epoch })).toMatchObject({ status: 'same' });
  await restored.close();
});

test('a restore refuses a database that is there, one that is open although `replace` is given, and what is no backup', async () => {
  const store = await openAt('live.db');
  await createUser(store);
  backupSqlite(at('live.db'), at('copy.db'));
  const restore = (options: object, from = 'copy.db') =>
    restoreSqlite(at(from), at('live.db'), { ...OPTIONS, ...options });
  await expect(restore({})).rejects.toThrow(BackupRefused);
  await expect(restore({ replace: true })).rejects.toThrow(/in use/);
  // still the server's, and it goes on
  expect(await store.findUserByEmail('kim@example.test')).toBeDefined();
  await store.close();
  await expect(restore({})).rejects.toThrow(BackupRefused);
  await expect(restore({ replace: true }, 'none.db')).rejects.toThrow(BackupRefused);
  writeFileSync(at('text.db'), 'not a database, and longer than the header of one'.repeat(100));
  await expect(restore({ replace: true }, 'text.db')).rejects.toThrow(StoreFailed);
  const damaged = readFileSync(at('copy.db'));
  damaged.fill(0x5a, 8_192, 16_384);
  writeFileSync(at('damaged.db'), damaged);
  await expect(restore({ replace: true }, 'damaged.db')).rejects.toThrow(StoreFailed);
  const kept = await openAt('live.db');
  expect(await kept.findUserByEmail('kim@example.test')).toBeDefined();
  await kept.close();
});

test('a backup overwrites nothing and leaves no draft behind', async () => {
  await (await openAt('live.db')).close();
  writeFileSync(at('there'), 'x');
  expect(() => backupSqlite(at('live.db'), at('there'))).toThrow(BackupRefused);
  expect(() => backupSqlite(at('none.db'), at('copy.db'))).toThrow(BackupRefused);
  expect(() => backupSqlite(at('live.db'), at('no-folder/copy.db'))).toThrow(StoreFailed);
  expect(readFileSync(at('there'), 'utf8')).toBe('x');
  expect(readdirSync(folder).filter((name) => name.includes('draft'))).toEqual([]);
});
