import { APP_ORIGIN, ISSUER } from '../endpoints/server-under-test.ts';
import { CLIENT, type RunningProvider } from './oidc-provider.ts';
import type { SmallBrowser } from './small-browser.ts';

// A provider called "demo", from the side of the server that people sign in to.

export const START = `${ISSUER}/social/demo/start`;
export const CALLBACK = `${ISSUER}/social/demo/callback`;
/** A page of an app, where people want to go. */
export const NOTES = `${APP_ORIGIN}/notes`;
export const STARTS_AT_NOTES = `${START}?return_to=${encodeURIComponent(NOTES)}`;

/** What a server is told of it. */
export const demoAt = (issuer: string) =>
  ({ id: 'demo', name: 'Demo', issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret }) as const;

/** @returns A function that sends somebody new to the provider: whoever signs in there next is this person. */
export function newPeople(
  provider: RunningProvider,
): (changes?: object) => { readonly sub: string; readonly email: string } {
  let people = 0;
  return (changes = {}) => {
    people += 1;
    const sub = `person-${people}`;
    const person = { sub, email: `${sub}@example.test`, email_verified: true, name: `Person ${people}`, ...changes };
    provider.person = person;
    return person;
  };
}

/** Goes as far as the callback, and stops before it. */
export async function toCallback(
  tab: SmallBrowser,
  start = STARTS_AT_NOTES,
): Promise<{ readonly url: string; readonly form: URLSearchParams | undefined }> {
  let last: URLSearchParams | undefined;
  const { url, way } = await tab.open(start, (next, form) => {
    last = form;
    return next.startsWith(CALLBACK);
  });
  if (!url.startsWith(CALLBACK)) throw new Error(`led elsewhere: ${way.join(' ')}`);
  return { url, form: last };
}
