import { calledBy } from '../accounts/no-address.ts';
import { becomeFirstAdmin } from '../endpoints/admin.ts';
import { Problem } from '../problem.ts';
import { answerPage } from './answer.ts';
import { form } from './fields.ts';
import { html } from './html.ts';
import { sheet } from './layout.ts';
import { answerDeadLink, dropLink, readLink } from './link.ts';
import type { Page } from './page.ts';
import type { Refusal } from './refusal.ts';
import { forVisitors, type SignedInVisit } from './signed-in.ts';

/** `/link/first-admin`: the link that the first start prints. Whoever opens it signs in first. */
export const firstAdminPage: Page = {
  purpose: 'first-admin',
  ...forVisitors({
    get: (visit) => show(visit, undefined),
    async post(visit, _sent, stale) {
      if (stale !== undefined) return show(visit, stale);
      const { context, scope, visitor, texts } = visit;
      try {
        await becomeFirstAdmin(context, visitor.user, scope, readLink(visit, 'first-admin') ?? '');
      } catch (error) {
        if (error instanceof Problem && error.code === 'account/link') return answerDeadLink(visit, 'first-admin');
        throw error;
      }
      dropLink(visit);
      const { firstAdmin } = texts;
      const body = html`<p class="lead">${firstAdmin.doneLead}</p><a class="button wide" href="${visit.at('/account')}">${firstAdmin.toAccount}</a>`;
      return answerPage(visit, sheet(visit, { title: firstAdmin.done, body }));
    },
  }),
};

function show(visit: SignedInVisit, refusal: Refusal | undefined): Response {
  if (readLink(visit, 'first-admin') === undefined) return answerDeadLink(visit, 'first-admin');
  const { firstAdmin } = visit.texts;
  const body = html`<p class="lead">${firstAdmin.lead(calledBy(visit.visitor.user))}</p>
${form(visit, { action: '/link/first-admin', refusal, body: html`<button class="button wide">${firstAdmin.button}</button>` })}`;
  return answerPage(visit, sheet(visit, { title: firstAdmin.title, body, failed: refusal !== undefined }), {
    status: refusal?.status ?? 200,
  });
}
