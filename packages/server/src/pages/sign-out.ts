import { calledBy } from '../accounts/no-address.ts';
import { endSessionOf } from '../endpoints/sign-out.ts';
import { answerPage, redirect } from './answer.ts';
import { form } from './fields.ts';
import { html } from './html.ts';
import { sheet } from './layout.ts';
import { leaveNotice } from './notices.ts';
import type { Page } from './page.ts';
import type { Refusal } from './refusal.ts';
import { parseReturnTo, returnQuery } from './return-to.ts';
import { cookieOf, setCookie, type Visit } from './visit.ts';

/** `/sign-out`: a visit asks, the button does it. Answered once every connected verifier has been handed the revocation. */
export const signOutPage: Page = {
  needsSession: true,
  get: (visit) => show(visit, undefined),
  async post(visit, sent, stale) {
    if (stale !== undefined) return show(visit, stale);
    const { context, scope } = visit;
    const text = cookieOf(visit, 'refresh');
    if (text !== undefined) {
      await endSessionOf(context, text, { delivery: 'cookie', ip: scope.ip });
      setCookie(visit, 'refresh', '', 0);
    }
    leaveNotice(visit, 'signed-out');
    return redirect(visit, visit.at('/sign-in') + returnQuery(parseReturnTo(context.settings, sent.get('return_to'))));
  },
};

function show(visit: Visit, refusal: Refusal | undefined): Response {
  const { texts, visitor } = visit;
  if (visitor === undefined) return redirect(visit, visit.at('/sign-in'));
  const { signOut } = texts;
  const body = html`<p class="lead">${signOut.lead(calledBy(visitor.user))}</p>
${form(visit, { action: '/sign-out', refusal, body: html`<button class="button wide">${signOut.button}</button>` })}
<p class="below"><a href="${visit.at('/account')}">${signOut.stay}</a></p>`;
  return answerPage(visit, sheet(visit, { title: signOut.title, body, failed: refusal !== undefined }), {
    status: refusal?.status ?? 200,
  });
}
