import { expect } from 'vitest';
import { SAME_ORIGIN, type UnderTest } from '../endpoints/server-under-test.ts';
import type { SmallBrowser } from './small-browser.ts';

/** The account that a browser is signed in to. */
export async function signedIn(
  under: UnderTest,
  tab: SmallBrowser,
): Promise<{ readonly id: string; readonly email: string; readonly email_verified: boolean; readonly name: string }> {
  const refreshed = await under.call('/v1/refresh', { json: {}, cookie: tab.cookies(), headers: SAME_ORIGIN });
  expect(refreshed.status).toBe(200);
  const { access_token: bearer } = (await refreshed.json()) as { readonly access_token: string };
  return (await (await under.call('/v1/me', { bearer })).json()) as never;
}
