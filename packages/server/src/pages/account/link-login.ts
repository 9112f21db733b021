import { calledBy } from '../../accounts/no-address.ts';
import { linkPendingLogin } from '../../social/link.ts';
import { type PendingLogin, readPendingLogin, removePendingLogin } from '../../social/pending-login.ts';
import type { Provider } from '../../social/provider.ts';
import { LINK_LOGIN, SECURITY } from '../addresses.ts';
import { answerPage, redirect } from '../answer.ts';
import { form } from '../fields.ts';
import { html } from '../html.ts';
import { sheet } from '../layout.ts';
import { leaveNotice } from '../notices.ts';
import type { Page } from '../page.ts';
import { providerMark, providerName } from '../provider-marks.ts';
import { attempt, type Refusal } from '../refusal.ts';
import { forVisitors, type SignedInVisit } from '../signed-in.ts';

interface Waiting {
  readonly pending: PendingLogin;
  readonly provider: Provider;
}

/** `/account/link-login`: what a provider has brought back waits here until whoever began it says yes. A visit links nothing. */
export const linkLoginPage: Page = forVisitors({
  get: (visit) => show(visit, undefined),
  async post(visit, sent, stale) {
    if (stale !== undefined) return show(visit, stale);
    const { context, visitor, scope } = visit;
    const waiting = findWaiting(visit);
    if (waiting === undefined) return show(visit, undefined);
    if (sent.get('do') !== 'link') return over(visit);
    const linked = await attempt(visit, () => linkPendingLogin(context, visitor, { ...waiting, ip: scope.ip }));
    if ('refusal' in linked) return show(visit, linked.refusal);
    leaveNotice(visit, 'linked');
    return over(visit);
  },
});

function over(visit: SignedInVisit): Response {
  visit.cookies.push(removePendingLogin(visit.context.settings.issuer));
  return redirect(visit, visit.at(SECURITY));
}

/** The login that waits in this browser for this person. */
function findWaiting({ context, request, visitor }: SignedInVisit): Waiting | undefined {
  const pending = readPendingLogin(context, request);
  const provider = context.providers.get(pending?.provider ?? '');
  return pending === undefined || provider === undefined || pending.userId !== visitor.user.id
    ? undefined
    : { pending, provider };
}

function show(visit: SignedInVisit, refusal: Refusal | undefined): Response {
  const { texts, visitor } = visit;
  const { linkLogin } = texts;
  const waiting = findWaiting(visit);
  if (waiting === undefined) {
    const body = html`<p class="lead">${linkLogin.nothing}</p><a class="button wide" href="${visit.at(SECURITY)}">${linkLogin.back}</a>`;
    return answerPage(visit, sheet(visit, { title: linkLogin.over, body, failed: true }), { status: 400 });
  }
  const { pending, provider } = waiting;
  const name = providerName(visit, provider.id);
  const who = pending.profile.email ?? pending.profile.name;
  const body = html`<p class="lead">${linkLogin.lead(name, calledBy(visitor.user))}</p>
<div class="way boxed">${providerMark(visit, provider.id)}<div class="tight"><strong>${name}</strong>${who !== undefined && html`<div class="faint small">${who}</div>`}</div></div>
${form(visit, {
  action: LINK_LOGIN,
  refusal,
  body: html`<button class="button wide" name="do" value="link">${linkLogin.button}</button>
<button class="button quiet wide" name="do" value="no">${linkLogin.no}</button>`,
})}`;
  return answerPage(visit, sheet(visit, { title: linkLogin.title(name), body, failed: refusal !== undefined }), {
    status: refusal?.status ?? 200,
  });
}
