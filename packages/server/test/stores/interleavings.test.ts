import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresDatabase } from '../../../../tests/support/postgres-database.ts';
import type { RefreshVerdict } from '../../src/stores/grant-store.ts';
import { openStore } from '../../src/stores/kysely-store.ts';
import { openNodeSqlite } from '../../src/stores/node-sqlite.ts';
import { openPool, postgresDialect } from '../../src/stores/postgres.ts';
import type { SessionStarted } from '../../src/stores/session-store.ts';
import { sqliteDialect } from '../../src/stores/sqlite.ts';
import type { Store } from '../../src/stores/store.ts';
import type { User } from '../../src/stores/user-store.ts';
import {
  createUser,
  DAY,
  HandClock,
  presentation,
  sessionStart,
  startSession,
} from '../../src/testing/store-contract/harness.ts';
import { type Process, runEveryOrder, type Scenario } from './interleavings.ts';
import { ParkingLot, withParking } from './parking-dialect.ts';

interface World {
  readonly processes: readonly Process[];
  /** A store whose statements are never held back. */
  readonly store: Store;
  readonly clock: HandClock;
  readonly serial: boolean;
  isBlocked(underWay: number): Promise<boolean>;
  close(): Promise<void>;
}

const OPTIONS = { issuer: 'https://auth.example.test' };
let users = 0;

/** Someone whose refresh token is due to advance. */
async function someone({ store, clock }: World): Promise<{ readonly user: User; readonly started: SessionStarted }> {
  users += 1;
  const user = await createUser(store, `${users}@example.test`);
  const started = await startSession(store, user);
  clock.now += DAY;
  return { user, started };
}

const isPassed = (verdict: RefreshVerdict): boolean => 'session' in verdict;
const refreshOf =
  (started: SessionStarted, counter = 0) =>
  (store: Store): Promise<RefreshVerdict> =>
    store.presentRefreshCounter(presentation(started, counter));

const SCENARIOS: Readonly<Record<string, (world: World) => Promise<Scenario>>> = {
  'I2: two refreshes: one advances, the other gets the same token': async (world) => {
    const { started } = await someone(world);
    return twoRefreshes(started, 2);
  },
  'I2: three refreshes': async (world) => twoRefreshes((await someone(world)).started, 3),
  'R10: a refresh and a sign-out: afterwards nothing is refreshed': async (world) => {
    const { user, started } = await someone(world);
    return {
      requests: [refreshOf(started), (store) => store.endSession(user.id, started.session.id, 'sign-out')],
      async check([verdict]) {
        expect(['advanced', 'ended']).toContain((verdict as RefreshVerdict).status);
        await expectOver(world, started);
      },
    };
  },
  'R10: a refresh and a password change: the old session is over, the new one lives': async (world) => {
    const { user, started } = await someone(world);
    return {
      requests: [
        refreshOf(started),
        (store) => store.changePassword({ passwordHash: 'new', start: sessionStart(user) }),
      ],
      async check([, changed]) {
        const next = changed as SessionStarted;
        expect(next.session.createdAt).toBeGreaterThan(started.session.createdAt);
        await expectOver(world, started);
        expect((await world.store.presentRefreshCounter(presentation(next, 0))).status).toBe('same');
      },
    };
  },
  'two password changes by one credential: one is made': async (world) => {
    const { user } = await someone(world);
    const change = (store: Store) => store.changePassword({ passwordHash: 'new', start: sessionStart(user) });
    return {
      requests: [change, change],
      async check(answers) {
        expect(answers.map((one) => (one as { readonly status: string }).status).sort()).toEqual([
          'credential-changed',
          'started',
        ]);
        expect((await world.store.listSessions(user.id)).length).toBe(1);
      },
    };
  },
  'R14: a sign-in and a sign-out everywhere: who lives is later than the cut-off': async (world) => {
    const { user, started } = await someone(world);
    return {
      requests: [
        (store) => store.startSession(sessionStart(user)),
        (store) => store.endAllSessions(user.id, 'sign-out-everywhere'),
      ],
      async check([signedIn, ended]) {
        const { session } = signedIn as SessionStarted;
        const { cutoff } = ended as { readonly cutoff: number };
        const live = (await world.store.listSessions(user.id)).map(({ id }) => id);
        expect(live).toEqual(session.createdAt > cutoff ? [session.id] : []);
        await expectOver(world, started);
      },
    };
  },
  'a refresh and a change of roles: a token with the old roles is before the cut-off, one with the new is after':
    async (world) => {
      const { user, started } = await someone(world);
      return {
        requests: [refreshOf(started), (store) => store.changeRoles(user.id, ['editor'])],
        async check([verdict, changed]) {
          const { tokensCutoff } = changed as User;
          const passed = verdict as Extract<RefreshVerdict, { readonly tokensFrom: number }>;
          expect(passed.status).toBe('advanced');
          if (passed.user.roles.length === 0) expect(passed.tokensFrom).toBeLessThanOrEqual(tokensCutoff);
          else expect(passed.tokensFrom).toBeGreaterThan(tokensCutoff);
        },
      };
    },
  'a refresh and a cut-off of everyone: what was made before is covered by it': async (world) => {
    const { user, started } = await someone(world);
    return {
      requests: [refreshOf(started), (store) => store.cutOff('sessions', { kind: 'everyone' })],
      async check([, cutoff]) {
        expect(started.session.createdAt).toBeLessThanOrEqual(cutoff as number);
        await expectOver(world, started);
        expect((await startSession(world.store, user)).session.createdAt).toBeGreaterThan(cutoff as number);
      },
    };
  },
  'I5: a replay and a refresh: the family is over': async (world) => {
    const { started } = await someone(world);
    for (const counter of [0, 1]) {
      await world.store.presentRefreshCounter(presentation(started, counter));
      world.clock.now += DAY;
    }
    return {
      requests: [refreshOf(started, 2), refreshOf(started, 0)],
      async check([, replay]) {
        expect((replay as RefreshVerdict).status).toBe('replayed');
        await expectOver(world, started, 3);
      },
    };
  },
  'a refresh, a sign-out and a refresh: nothing is refreshed after the end': async (world) => {
    const { user, started } = await someone(world);
    return {
      requests: [
        refreshOf(started),
        (store) => store.endSession(user.id, started.session.id, 'sign-out'),
        refreshOf(started),
      ],
      async check(answers) {
        const passed = [answers[0], answers[2]].filter((one) => isPassed(one as RefreshVerdict));
        expect(passed.filter((one) => (one as RefreshVerdict).status === 'advanced').length).toBe(
          passed.length === 0 ? 0 : 1,
        );
        await expectOver(world, started);
      },
    };
  },
  'R17: two sign-ins at a limit of one: one session lives': async (world) => {
    const { user } = await someone(world);
    const signIn = (store: Store) => store.startSession(sessionStart(user, { sessionLimit: 1 }));
    return {
      requests: [signIn, signIn],
      async check() {
        expect((await world.store.listSessions(user.id)).length).toBe(1);
      },
    };
  },
};

function twoRefreshes(started: SessionStarted, count: number): Scenario {
  return {
    requests: Array.from({ length: count }, () => refreshOf(started)),
    async check(answers) {
      const verdicts = answers as readonly RefreshVerdict[];
      expect(verdicts.filter(({ status }) => status === 'advanced').length).toBe(1);
      for (const verdict of verdicts) expect('grant' in verdict && verdict.grant.counter).toBe(1);
    },
  };
}

async function expectOver({ store }: World, started: SessionStarted, newest = 1): Promise<void> {
  for (let counter = 0; counter <= newest; counter += 1)
    expect(await store.presentRefreshCounter(presentation(started, counter))).toEqual({ status: 'ended' });
}

async function openWorld(open: (lot: ParkingLot | undefined, clock: HandClock) => Promise<Store>) {
  const clock = new HandClock();
  const store = await open(undefined, clock);
  const processes: Process[] = [];
  for (let i = 0; i < 3; i += 1) {
    const lot = new ParkingLot();
    processes.push({ store: await open(lot, clock), lot });
  }
  return { clock, store, processes };
}

async function openSqliteWorld(folder: string): Promise<World> {
  const path = join(folder, 'interleavings.db');
  const world = await openWorld(async (lot, clock) => {
    const dialect = sqliteDialect(await openNodeSqlite(path));
    return openStore(lot === undefined ? dialect : withParking(dialect, lot), { ...OPTIONS, clock: clock.read });
  });
  return {
    ...world,
    serial: true,
    isBlocked: () => Promise.resolve(false),
    close: async () => {
      for (const { store } of [...world.processes, { store: world.store }]) await store.close();
    },
  };
}

async function openPostgresWorld(): Promise<World> {
  const url = await createPostgresDatabase();
  const watch = new pg.Client({ connectionString: url, application_name: 'watch' });
  await watch.connect();
  const world = await openWorld(async (lot, clock) => {
    const dialect = postgresDialect(await openPool(url));
    return openStore(lot === undefined ? dialect : withParking(dialect, lot), { ...OPTIONS, clock: clock.read });
  });
  return {
    ...world,
    serial: false,
    async isBlocked(underWay) {
      const { rows } = await watch.query<{ n: string }>(
        `select count(distinct pid) as n from pg_locks join pg_stat_activity using (pid)
         where not granted and datname = current_database()`,
      );
      return Number(rows[0]?.n) >= underWay;
    },
    close: async () => {
      for (const { store } of [...world.processes, { store: world.store }]) await store.close();
      await watch.end();
    },
  };
}

describe.each([
  ['SQLite', openSqliteWorld],
  ['PostgreSQL', openPostgresWorld],
] as const)('every order of statements over %s', (_name, open) => {
  let folder: string;
  let world: World;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mapae-orders-'));
    world = await open(folder);
  }, 60_000);
  afterAll(async () => {
    await world.close();
    rmSync(folder, { recursive: true });
  }, 60_000);

  test.each(Object.entries(SCENARIOS))(
    '%s',
    async (_title, prepare) => {
      const orders = await runEveryOrder(world.processes, world, () => prepare(world));
      expect(orders).toBeGreaterThan(1);
    },
    60_000,
  );
});
