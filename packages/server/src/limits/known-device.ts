import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret, Secrets } from '../secrets/secrets.ts';

/**
 * The mark of a device on which a person has signed in before: `md1.<secretId>.<device>.<tag>`. It opens nothing. It gives its holder a
 * bucket of tries of their own at this one account, so that strangers who use up the account's tries lock nobody out.
 */
export interface KnownDevice {
  /** 22 characters of base64url. */
  readonly id: string;
}

const FORM = /^md1\.([\w-]{6})\.([\w-]{22})\.([\w-]{43})$/;

/** @returns undefined for any text that isn't a mark made here, for this address. */
export function findKnownDevice(secrets: Secrets, text: string | undefined, email: string): KnownDevice | undefined {
  const [, secretId = '', id = '', tag = ''] = FORM.exec(text ?? '') ?? [];
  const secret = secrets.find(secretId);
  if (secret === undefined) return undefined;
  const expected = Buffer.from(tagOf(secret, id, email));
  const presented = Buffer.from(tag);
  return presented.length === expected.length && timingSafeEqual(expected, presented) ? { id } : undefined;
}

/** @param known  The device as it was known; a new one gets a random id. */
export function formatKnownDevice(
  secrets: Secrets,
  email: string,
  known: KnownDevice | undefined,
  random: (bytes: number) => Uint8Array,
): string {
  const secret = secrets.current;
  const id = known?.id ?? Buffer.from(random(16)).toString('base64url');
  return `md1.${secret.id}.${id}.${tagOf(secret, id, email)}`;
}

function tagOf({ deviceKey }: Secret, id: string, email: string): string {
  // the id has a fixed width: no two inputs run together
  return createHmac('sha256', deviceKey).update(id).update(email).digest('base64url');
}
