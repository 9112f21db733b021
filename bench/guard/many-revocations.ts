import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Reach, Table } from '../harness/result.ts';
import { type ServerProcess, startServer } from '../harness/server-process.ts';
import { manyAccessTokens, signUp } from '../servers/account.ts';
import type { AuthServerReady } from '../servers/auth-server.ts';
import type { LongListReady, LongListSettings } from './servers/long-list.ts';

const API = 'https://notes.example';

/** What a long revocation list costs: a check, memory, and the snapshot that brings it. */
export interface ManyRevocations extends LongListReady {
  readonly count: number;
  readonly snapshotBytes: number;
  /** Until the server had made it and sent it. */
  readonly snapshotMs: number;
}

/** Two real servers, one with a list that is almost empty and one with a long one, and one process that follows both. */
export async function measureManyRevocations(count: number, quick: boolean): Promise<ManyRevocations> {
  const folder = mkdtempSync(join(tmpdir(), 'mapae-bench-'));
  const running: ServerProcess<unknown>[] = [];
  const start = async (name: string): Promise<ServerProcess<AuthServerReady>> => {
    const settings = { database: `sqlite:${join(folder, name)}`, secret: SECRET, api: API };
    const server = await startServer<AuthServerReady>(new URL('../servers/auth-server.ts', import.meta.url), settings, {
      core: 1,
    });
    running.push(server);
    return server;
  };
  try {
    // makes the tables, and is stopped again: the rows are written while nobody has the file open
    await (await start('many.db')).stop();
    insertRevocations(join(folder, 'many.db'), count);
    const sides = [];
    for (const name of ['few.db', 'many.db']) {
      const { issuer } = (await start(name)).ready;
      const account = await signUp(issuer, API);
      const revoked = await account.signIn();
      await account.signOut(revoked.refreshToken);
      const tokens = await manyAccessTokens(account, quick ? 40 : 400);
      sides.push({ issuer, tokens, revoked: revoked.accessToken });
    }
    const [few, many] = sides;
    if (few === undefined || many === undefined) throw new Error('unreachable: there are two sides');
    const began = performance.now();
    const response = await fetch(`${many.issuer}/events/revocations/snapshot`);
    const snapshotBytes = (await response.arrayBuffer()).byteLength;
    const snapshotMs = performance.now() - began;
    const follower = await startServer<LongListReady>(
      new URL('./servers/long-list.ts', import.meta.url),
      { api: API, few, many, count, quick } satisfies LongListSettings,
      { core: 0, flags: ['--expose-gc'] },
    );
    running.push(follower);
    return { ...follower.ready, count, snapshotBytes, snapshotMs };
  } finally {
    await Promise.all(running.map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

const SECRET = randomBytes(32).toString('base64url');

/** Sessions that are over, as the server itself writes them once they are published. */
function insertRevocations(file: string, count: number): void {
  const database = new DatabaseSync(file);
  const until = Date.now() + 3_600_000;
  database.exec('begin');
  const insert = database.prepare(
    'insert into revocations (number, code, blind_id, "before", until) values (?, 1, ?, 0, ?)',
  );
  for (let number = 1; number <= count; number++) insert.run(number, randomBytes(16), until);
  database.prepare('update meta set number = ?').run(count);
  database.exec('commit');
  database.close();
}

export function revocationTable(many: ManyRevocations): Table {
  return {
    title: `${many.count.toLocaleString('en-US')} live revocations`,
    columns: ['', 'few revocations', 'many'],
    rows: [
      ['check of a token seen before, ns', many.seenFewNs, many.seenManyNs],
      ['check of a token never seen, µs', many.unseenFewNs / 1_000, many.unseenManyNs / 1_000],
      ['memory per revocation, bytes', '–', many.bytesEach],
      ['snapshot, MiB', '–', many.snapshotBytes / 1_048_576],
      ['snapshot: made and sent by the server, ms', '–', many.snapshotMs],
      ['from the start of a verifier to its first verdict, ms', many.readyFewMs, many.readyManyMs],
      ['longest the verifier blocked its process meanwhile, ms', '–', many.longestBlockMs],
    ],
  };
}

export function revocationReach(many: ManyRevocations): Reach[] {
  const count = many.count.toLocaleString('en-US');
  return [
    {
      what: `token seen before, ${count} live revocations against a few`,
      unit: '×',
      better: 'less',
      floor: 1.2,
      got: many.seenRatio,
    },
    {
      what: `token never seen, ${count} live revocations against a few`,
      unit: '×',
      better: 'less',
      floor: 1.2,
      got: many.unseenRatio,
    },
    { what: 'memory per revocation', unit: 'B', better: 'less', floor: 120, got: many.bytesEach },
  ];
}
