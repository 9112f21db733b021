import { createOneTimeLink } from '../accounts/one-time-link.ts';
import type { Store } from '../stores/store.ts';
import { ADMIN_ROLE } from './authenticate-admin.ts';

const HOUR_SECONDS = 3_600;

/**
 * A link that makes whoever opens it, signed in, the first administrator: made at each start while there is none; a newer one voids it.
 *
 * @returns undefined where there is an administrator.
 */
export async function createFirstAdminLink(
  store: Store,
  issuer: string,
  random: (bytes: number) => Uint8Array,
): Promise<string | undefined> {
  if (await store.hasRole(ADMIN_ROLE)) return undefined;
  const { hash, link } = createOneTimeLink(issuer, 'first-admin', random);
  const token = { hash, purpose: 'first-admin', user: undefined, payload: undefined } as const;
  await store.issueOneTimeToken({ ...token, lifetimeSeconds: HOUR_SECONDS });
  return link;
}
