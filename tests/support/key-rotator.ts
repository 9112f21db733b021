// A process of its own that rotates signing keys as often as it is let, for tests: what `mapae keys rotate` does, without its start each time.
import { databaseFromUrl, openKeyring } from '@mapae/server';

export interface KeyRotatorSettings {
  readonly issuer: string;
  readonly database: string;
  readonly secret: string;
  readonly everyMs: number;
  readonly keyLeadSeconds: number;
}

const settings = JSON.parse(process.env['MAPAE_TEST_SETTINGS'] ?? '{}') as KeyRotatorSettings;
const { issuer, database, secret, everyMs, keyLeadSeconds } = settings;
const keyring = await openKeyring({ issuer, database: databaseFromUrl(database), secrets: [secret], keyLeadSeconds });
process.stdout.write('{"event":"listening","port":0}\n');
let running: Promise<void> = Promise.resolve();
const timer = setInterval(() => {
  running = running.then(async () => {
    // a database that is busy for a moment is tried again at the next turn
    const rotated = await keyring.rotateKeys('ES256').catch(() => false);
    if (rotated) process.stdout.write('{"event":"rotated"}\n');
  });
}, everyMs);
process.once('SIGTERM', () => {
  clearInterval(timer);
  void running.then(() => keyring.close());
});
