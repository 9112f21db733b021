import { askReset, FORGOT } from '../endpoints/password.ts';
import { answerPage, redirect } from './answer.ts';
import { field, form } from './fields.ts';
import { parseFields } from './form.ts';
import { html } from './html.ts';
import { sheet } from './layout.ts';
import { rememberMailed } from './mailed.ts';
import type { Page } from './page.ts';
import { attempt, type Refusal, refuseFields } from './refusal.ts';
import type { Visit } from './visit.ts';

/** `/forgot`: the same page follows whether there is an account or not. */
export const forgotPage: Page = {
  get: (visit) => show(visit, ''),
  async post(visit, sent, stale) {
    const { context, scope, texts } = visit;
    const typed = sent.get('email');
    if (stale !== undefined) return show(visit, typed, stale);
    const parsed = parseFields(FORGOT, { email: typed });
    if ('wrong' in parsed) return show(visit, typed, refuseFields(parsed.wrong, texts.fields));
    const asked = await attempt(visit, () => askReset(context, scope, parsed.data));
    if ('refusal' in asked) return show(visit, typed, asked.refusal);
    rememberMailed(visit, { purpose: 'forgot', email: parsed.data.email });
    return redirect(visit, visit.at('/check-mail'));
  },
};

function show(visit: Visit, email: string, refusal?: Refusal): Response {
  const { texts } = visit;
  const { forgot } = texts;
  const body = html`<p class="lead">${forgot.lead}</p>
${form(visit, {
  action: '/forgot',
  refusal,
  body: html`${field({ name: 'email', label: texts.email, type: 'email', value: email, autocomplete: 'username', required: true, maxLength: 254, refusal })}
<button class="button wide">${forgot.button}</button>`,
})}
<p class="below"><a href="${visit.at('/sign-in')}">${forgot.back}</a></p>`;
  return answerPage(visit, sheet(visit, { title: forgot.title, body, failed: refusal !== undefined }), {
    status: refusal?.status ?? 200,
    headers: refusal?.headers ?? {},
  });
}
