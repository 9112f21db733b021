import { moveAddress } from '../endpoints/email.ts';
import { Problem } from '../problem.ts';
import { answerPage, redirect } from './answer.ts';
import { form } from './fields.ts';
import { html } from './html.ts';
import { sheet } from './layout.ts';
import { answerDeadLink, dropLink, findLinkOwner, readLink } from './link.ts';
import { leaveNotice } from './notices.ts';
import type { Page } from './page.ts';
import { attempt, type Refusal } from './refusal.ts';
import { cookieOf, setCookie, type Visit } from './visit.ts';

/** `/link/change-email` */
export const changeEmailPage: Page = {
  purpose: 'change-email',
  get: (visit) => show(visit, undefined),
  async post(visit, _sent, stale) {
    if (stale !== undefined) return show(visit, stale);
    const { context, scope } = visit;
    try {
      const moved = await attempt(visit, () => moveAddress(context, scope, readLink(visit, 'change-email') ?? ''));
      if ('refusal' in moved) return await show(visit, moved.refusal);
    } catch (error) {
      if (error instanceof Problem && error.code === 'account/link') return answerDeadLink(visit, 'change-email');
      throw error;
    }
    dropLink(visit);
    if (cookieOf(visit, 'refresh') !== undefined) setCookie(visit, 'refresh', '', 0);
    leaveNotice(visit, 'email-changed');
    return redirect(visit, visit.at('/sign-in'));
  },
};

async function show(visit: Visit, refusal: Refusal | undefined): Promise<Response> {
  const isGood = (await findLinkOwner(visit, 'change-email')) !== undefined;
  if (!isGood && refusal === undefined) return answerDeadLink(visit, 'change-email');
  const { changeEmail } = visit.texts;
  const body = html`<p class="lead">${changeEmail.lead}</p>
${form(visit, { action: '/link/change-email', refusal, body: html`<button class="button wide">${changeEmail.button}</button>` })}`;
  return answerPage(visit, sheet(visit, { title: changeEmail.title, body, failed: refusal !== undefined }), {
    status: refusal?.status ?? 200,
  });
}
