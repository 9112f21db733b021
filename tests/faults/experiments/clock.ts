import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Cluster, settle, storm } from '../cluster.ts';
import type { Experiment } from '../experiment.ts';
import { withCluster } from './crashes.ts';

const SHIFTED = fileURLToPath(new URL('../../support/shifted-clock.ts', import.meta.url));
const [SECOND, MINUTE, DAY] = [1_000, 60_000, 86_400_000];
/** With SQLite the process's clock is the store's. With PostgreSQL only its own counts, whatever the servers' say. */
const JUMPS = [30 * SECOND, -30 * SECOND, 5 * MINUTE, -5 * MINUTE, DAY, -DAY];

export const X7: Experiment = {
  id: 'X7',
  title: "the servers' clocks jump by ±30 s, ±5 min, ±1 day, backwards too",
  databases: ['sqlite', 'postgres'],
  async run(given) {
    const folder = mkdtempSync(join(tmpdir(), 'mapae-clock-'));
    const file = join(folder, 'offset');
    const set = (ms: number): void => writeFileSync(file, `${ms}`);
    set(0);
    process.env['MAPAE_TEST_CLOCK_FILE'] = file;
    try {
      return await withCluster(given, { devices: 6, preload: SHIFTED }, async (cluster) => {
        const { random } = cluster;
        const until = performance.now() + given.seconds * 1_000;
        // of a broken build only the end has to be seen
        const isWhole = given.breakage === undefined;
        if (isWhole)
          await storm(cluster, async () => {
            for (let n = 0; n === 0 || performance.now() < until; n += 1) {
              set(random.pick(JUMPS));
              await pause(random.between(300, 900));
            }
          });
        set(0);
        if (isWhole) await settle(cluster);
        // ends all sessions of the account: the last thing that happens
        await endedStaysEnded(cluster, set);
      });
    } finally {
      delete process.env['MAPAE_TEST_CLOCK_FILE'];
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** A sign-out in the future, then the clock goes back: the session stays dead, and a new sign-in works at once. */
async function endedStaysEnded({ newDevice, found, address }: Cluster, set: (ms: number) => void): Promise<void> {
  set(DAY);
  const gone = newDevice('signed out tomorrow');
  await gone.signIn();
  const everywhere = newDevice('signed out everywhere tomorrow');
  await everywhere.signIn();
  await gone.signOut();
  const signedOut = await fetch(`${address}/v1/sign-out-everywhere`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await accountToken(address, everywhere.held.at(-1) ?? '')}` },
  });
  set(0);
  // a server whose clock is a day from PostgreSQL's refuses the account token: nothing was ended then
  for (const device of signedOut.status === 204 ? [gone, everywhere] : [gone]) {
    const held = device.accessToken;
    await device.replay(device.held.length - 1);
    if (device.accessToken !== held) found.push({ invariant: 'I8', what: `${device.family} was revived` });
  }
  const back = newDevice('signed in after the jump');
  await back.signIn();
  const first = back.accessToken;
  await pause(1_100);
  await back.refresh();
  if (back.accessToken === first)
    found.push({ invariant: 'I8', what: 'a session of after the cut-off is over at once' });
}

async function accountToken(address: string, refreshToken: string): Promise<string> {
  const answer = await fetch(`${address}/v1/refresh`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ refresh_token: refreshToken }),
  });
  return ((await answer.json()) as { access_token?: string }).access_token ?? '';
}
