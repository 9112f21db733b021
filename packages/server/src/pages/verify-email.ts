import { verifyAddress } from '../endpoints/email.ts';
import { Problem } from '../problem.ts';
import { answerPage, redirect } from './answer.ts';
import { form } from './fields.ts';
import { html } from './html.ts';
import { sheet } from './layout.ts';
import { answerDeadLink, dropLink, findLinkOwner, readLink } from './link.ts';
import { leaveNotice } from './notices.ts';
import type { Page } from './page.ts';
import type { Refusal } from './refusal.ts';
import type { Visit } from './visit.ts';

/** `/link/verify-email` */
export const verifyEmailPage: Page = {
  purpose: 'verify-email',
  get: (visit) => show(visit, undefined),
  async post(visit, _sent, stale) {
    if (stale !== undefined) return show(visit, stale);
    const { context, scope, visitor } = visit;
    try {
      const user = await verifyAddress(context, scope, readLink(visit, 'verify-email') ?? '');
      dropLink(visit);
      leaveNotice(visit, 'verified');
      return redirect(visit, visit.at(visitor?.user.id === user.id ? '/account' : '/sign-in'));
    } catch (error) {
      if (error instanceof Problem && error.code === 'account/link') return answerDeadLink(visit, 'verify-email');
      throw error;
    }
  },
};

async function show(visit: Visit, refusal: Refusal | undefined): Promise<Response> {
  const owner = await findLinkOwner(visit, 'verify-email');
  if (owner === undefined) return answerDeadLink(visit, 'verify-email');
  const { verify } = visit.texts;
  const body = html`<p class="lead">${verify.lead(owner.email)}</p>
${form(visit, { action: '/link/verify-email', refusal, body: html`<button class="button wide">${verify.button}</button>` })}`;
  return answerPage(visit, sheet(visit, { title: verify.title, body, failed: refusal !== undefined }), {
    status: refusal?.status ?? 200,
  });
}
