import { sendVerificationTo } from '../endpoints/email.ts';
import { askReset } from '../endpoints/password.ts';
import { answerPage, redirect } from './answer.ts';
import { form } from './fields.ts';
import { html } from './html.ts';
import { sheet } from './layout.ts';
import { readMailed } from './mailed.ts';
import { leaveNotice } from './notices.ts';
import type { Page } from './page.ts';
import { attempt, type Refusal } from './refusal.ts';
import { hiddenReturnTo, parseReturnTo, returnQuery } from './return-to.ts';
import type { Visit } from './visit.ts';

const WAIT_SECONDS = 30;

/** `/check-mail`: says the same for a known address and an unknown one. */
export const checkMailPage: Page = {
  get: (visit) => show(visit, undefined, visit.url.searchParams.get('return_to')),
  async post(visit, sent, stale) {
    const { context, scope } = visit;
    const mailed = readMailed(visit);
    const returnTo = sent.get('return_to');
    if (stale !== undefined || mailed === undefined) return show(visit, stale, returnTo);
    const { email, purpose } = mailed;
    const again = await attempt(visit, () =>
      purpose === 'forgot' ? askReset(context, scope, { email }) : sendVerificationTo(context, scope, email),
    );
    if ('refusal' in again) return show(visit, again.refusal, returnTo);
    leaveNotice(visit, 'sent-again');
    return redirect(visit, visit.at(`/check-mail${returnQuery(parseReturnTo(context.settings, returnTo))}`));
  },
};

function show(visit: Visit, refusal: Refusal | undefined, wanted: string | null): Response {
  const { texts, context } = visit;
  const { mailed: words } = texts;
  const mailed = readMailed(visit);
  const returnTo = parseReturnTo(context.settings, wanted);
  const signIn = `${visit.at('/sign-in')}${returnQuery(returnTo)}`;
  if (mailed === undefined) {
    const body = html`<p class="lead">${words.expired}</p><a class="button wide" href="${signIn}">${words.goOn}</a>`;
    return answerPage(visit, sheet(visit, { title: words.title, body }));
  }
  const { purpose, email } = mailed;
  const again = purpose === 'forgot' ? '/forgot' : '/sign-up';
  const body = html`<p>${purpose === 'forgot' ? words.forgot(email) : words.signUp(email)}</p>
<p class="lead">${words.minutes} ${words.nothing}</p>
${context.mailbox !== undefined && html`<a class="button wide" href="${visit.at('/dev/mailbox')}">${words.mailbox}</a>`}
${form(visit, {
  action: '/check-mail',
  refusal,
  body: html`${hiddenReturnTo(returnTo)}<button class="button quiet wide" data-wait="${WAIT_SECONDS}" data-waiting="${texts.again(0)}">${words.resend}</button>`,
})}
<p class="below"><a href="${signIn}">${words.goOn}</a> · <a href="${visit.at(again)}${returnQuery(returnTo)}">${words.other}</a></p>`;
  return answerPage(visit, sheet(visit, { title: words.title, body, failed: refusal !== undefined }), {
    status: refusal?.status ?? 200,
    headers: refusal?.headers ?? {},
  });
}
