import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresDatabase } from '../../../../tests/support/postgres-database.ts';
import { routeTo, startStandIns } from '../social/stand-ins.ts';
import { failEveryCall } from './every-call.ts';
import { callbackOf, SOCIAL, socialFaulted } from './social-endpoints.ts';
import { type FaultWorld, openFaultWorld, START } from './world.ts';

const isLong = process.env['MAPAE_LONG'] !== undefined;
/** A whole flow for each call takes its time: those few are tried in short; all of them, on both, by `npm run test:long`. */
const IN_SHORT: Readonly<Record<string, RegExp>> = {
  SQLite: /^(?!.*(?:callback, (?:somebody known|an account)|with a nonce))/,
  PostgreSQL: /token, somebody new/,
};

describe.each(['SQLite', 'PostgreSQL'])(
  'X19: sign-ins through a provider while the n-th call of the database fails, on %s',
  async (database) => {
    const standIns = await startStandIns(callbackOf, () => START);
    const route = routeTo(standIns);
    let world: FaultWorld;
    beforeAll(async () => {
      world = await openFaultWorld(database === 'SQLite' ? undefined : await createPostgresDatabase(), {
        social: SOCIAL,
        origins: ['https://app.example.test'],
        pages: false,
        fetch: (input, init) => fetch(route(new Request(input).url), init),
      });
    });
    afterAll(async () => {
      await world.close();
      await standIns.close();
    });

    const all = Object.entries(socialFaulted(standIns, route));
    const cases = all.filter(([name]) => isLong || IN_SHORT[database]?.test(name) === true);
    test.each(cases)('%s: 503 or clean, all or nothing, and whoever tries again gets in', async (_, endpoint) => {
      const { wrong, failed } = await failEveryCall(world, endpoint);
      expect(wrong).toEqual([]);
      expect(failed).toBeGreaterThan(0);
    });
  },
);
