import { setTimeout as pause } from 'node:timers/promises';
import { databaseFromUrl, openKeyring } from '@mapae/server';
import type { ApiServerSettings } from '../../support/api-server.ts';
import { kidOf, observeKeys } from '../../support/key-observer.ts';
import type { KeyRotatorSettings } from '../../support/key-rotator.ts';
import { start } from '../../support/process.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { API, type Cluster, settle, storm } from '../cluster.ts';
import type { Experiment } from '../experiment.ts';
import { withCluster } from './crashes.ts';

const LEAD_SECONDS = 4;
/** A server looks each second, and then tells its verifiers. */
const REMOVED_MS = 2_500;

export const X9: Experiment = {
  id: 'X9',
  title: 'signing keys rotate every few seconds under load; one is removed; a verifier is cut off from the key set',
  databases: ['sqlite', 'postgres'],
  run: (given) =>
    withCluster(given, { replicas: given.database === 'postgres' ? 2 : 1, devices: 6 }, async (cluster) => {
      const { address, database, secret, devices, servers, found } = cluster;
      const breakage = given.breakage?.in === 'server' ? given.breakage : undefined;
      const observer = await observeKeys(
        () => servers.map(({ port }) => `http://localhost:${port}`),
        LEAD_SECONDS * 1_000,
      );
      const rotation: KeyRotatorSettings = {
        ...{ issuer: address, database, secret },
        ...{ everyMs: 500, keyLeadSeconds: LEAD_SECONDS },
      };
      const rotator = await start('./key-rotator.ts', rotation, breakage);
      const apart = await startApart(cluster);
      try {
        const until = performance.now() + Math.max(given.seconds, 2 * LEAD_SECONDS + 2) * 1_000;
        // signed by a key that everybody has seen; its last signature is alive for minutes
        const held = devices[0]?.accessToken ?? '';
        found.push(...(await apart.call(held)));
        await storm(cluster, async () => {
          apart.cut();
          while (performance.now() < until) {
            for (const device of devices) found.push(...observer.judge(device.accessToken));
            found.push(...(await apart.call(held)));
            await pause(100);
          }
          apart.heal();
        });
        if (given.breakage !== undefined) return;
        if (observer.used.size < 2)
          found.push({ invariant: 'I7', what: 'no key was rotated: the experiment proves nothing' });
        found.push(...(await apart.recover(held)));
        await rotator.end('SIGTERM');
        await settle(cluster);
        await removeKey(cluster);
      } finally {
        await observer.stop();
        await rotator.end('SIGTERM');
        await apart.end();
      }
    }),
};

/** An API that can be cut off from the issuer: it goes on with the keys it has, then says that it can't know; it never calls a token by one of them bad. */
async function startApart({ address, servers }: Cluster) {
  const hop = await startTcpProxy(() => servers.map(({ port }) => port));
  const settings: ApiServerSettings = {
    issuer: address,
    audience: API,
    via: `http://localhost:${hop.port}`,
    staleAfterSeconds: 2,
    staleGraceSeconds: 2,
  };
  const api = await start('./api-server.ts', settings);
  const ask = async (token: string): Promise<number> => {
    const answer = await fetch(api.url, { headers: { authorization: `Bearer ${token}` } });
    await answer.arrayBuffer();
    return answer.status;
  };
  return {
    cut: () => hop.cut(),
    heal: () => hop.heal(),
    async call(token: string) {
      const status = await ask(token);
      if (status === 200 || status === 503) return [];
      return [
        {
          invariant: 'I7',
          what: `a token by a known key was answered ${status} where the key set is out of reach`,
        } as const,
      ];
    },
    async recover(token: string) {
      for (let tries = 0; tries < 300; tries += 1) {
        if ((await ask(token)) === 200) return [];
        await pause(100);
      }
      return [{ invariant: 'I9', what: 'a verifier that was cut off is not well again after 30 s' } as const];
    },
    async end() {
      await api.end('SIGTERM');
      await hop.close();
    },
  };
}

/** A stolen key: what it signed is refused soon, nobody is signed out, and what is signed next is let in. */
async function removeKey({ address, database, secret, newDevice, found }: Cluster): Promise<void> {
  const device = newDevice('signed by a stolen key');
  await device.signIn();
  if ((await device.call()) !== 200)
    found.push({ invariant: 'I7', what: 'a token was refused before its key was removed' });
  const keyring = await openKeyring({ issuer: address, database: databaseFromUrl(database), secrets: [secret] });
  await keyring.removeKeys([kidOf(device.accessToken)]);
  await keyring.close();
  await pause(REMOVED_MS);
  // each API in turn
  for (let n = 0; n < 2; n += 1) await device.callWith(device.accessToken);
  await device.refresh();
  for (let n = 0; n < 2; n += 1)
    if ((await device.call()) !== 200) found.push({ invariant: 'I7', what: 'a token of after the removal is refused' });
}
