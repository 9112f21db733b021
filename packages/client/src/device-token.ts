import type { ClientSettings } from './options.ts';
import type { TokenAnswer } from './token-answer.ts';

/** What the server takes. docs/protocol.md §3 */
const DEVICE_TOKEN = /^[\x21-\x7e]{1,100}$/;

/**
 * The mark that the last sign-in left: shown at the next one, this device keeps tries of its own, and the person isn't told of a new device. It
 * opens nothing, outlives a sign-out, and is missed by nobody who signs in: a storage that fails counts as one that is empty.
 */
export async function findDeviceToken({ delivery, storage }: ClientSettings): Promise<string | undefined> {
  if (delivery === 'cookie') return undefined;
  const kept = await storage.get('device-token').catch(() => undefined);
  return kept !== undefined && DEVICE_TOKEN.test(kept) ? kept : undefined;
}

export async function keepDeviceToken({ storage }: ClientSettings, { deviceToken }: TokenAnswer): Promise<void> {
  if (deviceToken !== undefined) await storage.set('device-token', deviceToken).catch(() => {});
}
