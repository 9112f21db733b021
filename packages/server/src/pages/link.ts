import { hashOneTimeToken } from '../accounts/one-time-link.ts';
import type { OneTimePurpose } from '../stores/account-store.ts';
import type { User } from '../stores/user-store.ts';
import { answerPage, redirect } from './answer.ts';
import { html } from './html.ts';
import { sheet } from './layout.ts';
import { cookieOf, setCookie, type Visit } from './visit.ts';

/** As long as the link that lives longest. */
const SECONDS = 3_600;

/**
 * Takes the token of a link out of the address and keeps it in a cookie that no script can read, so that it stands neither in the
 * history nor in a page nor in a referrer. Spends nothing: mail scanners open links, too.
 */
export function takeLink(visit: Visit, purpose: OneTimePurpose, token: string): Response {
  // what can't be a token needn't be kept: the page says so
  if (hashOneTimeToken(token) !== undefined) setCookie(visit, 'link', `${purpose}.${token}`, SECONDS);
  else dropLink(visit);
  return redirect(visit, visit.at(`/link/${purpose}`));
}

/** The token that was kept for this purpose. */
export function readLink(visit: Visit, purpose: OneTimePurpose): string | undefined {
  const kept = cookieOf(visit, 'link');
  return kept?.startsWith(`${purpose}.`) === true ? kept.slice(purpose.length + 1) : undefined;
}

export function dropLink(visit: Visit): void {
  setCookie(visit, 'link', '', 0);
}

/** Whose link it is, as long as it is good. */
export async function findLinkOwner(visit: Visit, purpose: OneTimePurpose): Promise<User | undefined> {
  const hash = hashOneTimeToken(readLink(visit, purpose) ?? '');
  return hash === undefined ? undefined : visit.context.store.findOneTimeTokenOwner(hash, purpose);
}

/** The link is used up, too old or incomplete: says so, and where to go. */
export function answerDeadLink(visit: Visit, purpose: OneTimePurpose): Response {
  const { link } = visit.texts;
  const lead = readLink(visit, purpose) === undefined ? link.incomplete : link.lead;
  const [address, label] = wayOut(visit, purpose);
  const body = html`<p class="lead">${lead}</p><a class="button wide" href="${visit.at(address)}">${label}</a>`;
  return answerPage(visit, sheet(visit, { title: link.title, body, failed: true }), { status: 400 });
}

function wayOut(
  { texts: { link }, visitor }: Visit,
  purpose: OneTimePurpose,
): readonly [address: string, label: string] {
  if (purpose === 'reset-password') return ['/forgot', link.forgot];
  return visitor === undefined ? ['/sign-in', link.signIn] : ['/account', link.account];
}
