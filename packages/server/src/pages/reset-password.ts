import { RESET, setPasswordByLink } from '../endpoints/password.ts';
import { Problem } from '../problem.ts';
import { answerPage, redirect } from './answer.ts';
import { accountName, form, passwordField } from './fields.ts';
import { parseFields } from './form.ts';
import { html } from './html.ts';
import { sheet } from './layout.ts';
import { answerDeadLink, dropLink, findLinkOwner, readLink } from './link.ts';
import { leaveNotice } from './notices.ts';
import type { Page } from './page.ts';
import { attempt, type Refusal, refuseFields } from './refusal.ts';
import { cookieOf, setCookie, type Visit } from './visit.ts';

/** `/link/reset-password`: a password that is refused leaves the link good for another try. */
export const resetPasswordPage: Page = {
  purpose: 'reset-password',
  get: (visit) => show(visit, undefined),
  async post(visit, sent, stale) {
    if (stale !== undefined) return show(visit, stale);
    const { context, scope, texts } = visit;
    const parsed = parseFields(RESET, {
      token: readLink(visit, 'reset-password') ?? '',
      password: sent.get('password'),
    });
    if ('wrong' in parsed) return show(visit, refuseFields(['password'], { password: texts.fields.newPassword }));
    try {
      const set = await attempt(visit, () => setPasswordByLink(context, scope, parsed.data), {
        'account/password-known': { field: 'password' },
        'account/password-weak': { field: 'password' },
      });
      if ('refusal' in set) return await show(visit, set.refusal);
    } catch (error) {
      if (error instanceof Problem && error.code === 'account/link') return answerDeadLink(visit, 'reset-password');
      throw error;
    }
    dropLink(visit);
    if (cookieOf(visit, 'refresh') !== undefined && visit.visitor !== undefined) setCookie(visit, 'refresh', '', 0);
    leaveNotice(visit, 'password-reset');
    return redirect(visit, visit.at('/sign-in'));
  },
};

async function show(visit: Visit, refusal: Refusal | undefined): Promise<Response> {
  const owner = await findLinkOwner(visit, 'reset-password');
  if (owner === undefined) return answerDeadLink(visit, 'reset-password');
  const { texts } = visit;
  const body = html`<p class="lead">${texts.reset.lead(owner.email)}</p>
${form(visit, {
  action: '/link/reset-password',
  refusal,
  body: html`${accountName(owner.email)}
${passwordField(visit, { name: 'password', label: texts.newPassword, isNew: true, refusal })}
<button class="button wide">${texts.reset.button}</button>`,
})}`;
  return answerPage(visit, sheet(visit, { title: texts.reset.title, body, failed: refusal !== undefined }), {
    status: refusal?.status ?? 200,
  });
}
