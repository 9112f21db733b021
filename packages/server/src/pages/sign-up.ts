import { makeAccount, SIGN_UP } from '../endpoints/sign-up.ts';
import { answerPage, redirect } from './answer.ts';
import { field, form, passwordField } from './fields.ts';
import { parseFields } from './form.ts';
import { html } from './html.ts';
import { sheet } from './layout.ts';
import { rememberMailed } from './mailed.ts';
import type { Page } from './page.ts';
import { providerButtons } from './provider-buttons.ts';
import { attempt, type Refusal, refuseFields } from './refusal.ts';
import { hiddenReturnTo, parseReturnTo, returnQuery } from './return-to.ts';
import type { Visit } from './visit.ts';

/** `/sign-up`: the same page follows for an address that is new and for one that is known. docs/adr/0006 */
export const signUpPage: Page = {
  get: (visit) => show(visit, {}),
  async post(visit, sent, stale) {
    const { context, scope, texts, locale } = visit;
    const typed = { email: sent.get('email'), name: sent.get('name'), returnTo: sent.get('return_to') };
    if (stale !== undefined) return show(visit, { ...typed, refusal: stale });
    const parsed = parseFields(SIGN_UP, {
      email: typed.email,
      password: sent.get('password'),
      ...(typed.name.trim() === '' ? {} : { name: typed.name }),
    });
    const sentences = { ...texts.fields, password: texts.fields.newPassword };
    if ('wrong' in parsed) return show(visit, { ...typed, refusal: refuseFields(parsed.wrong, sentences) });
    const made = await attempt(visit, () => makeAccount(context, scope, parsed.data, locale), {
      'account/password-known': { field: 'password' },
      'account/password-weak': { field: 'password' },
    });
    if ('refusal' in made) return show(visit, { ...typed, refusal: made.refusal });
    rememberMailed(visit, { purpose: 'sign-up', email: parsed.data.email });
    return redirect(visit, visit.at(`/check-mail${returnQuery(parseReturnTo(context.settings, typed.returnTo))}`));
  },
};

interface Shown {
  readonly email?: string;
  readonly name?: string;
  readonly returnTo?: string;
  readonly refusal?: Refusal;
}

function show(visit: Visit, shown: Shown): Response {
  const { texts, url, context } = visit;
  const { refusal } = shown;
  const returnTo = parseReturnTo(context.settings, shown.returnTo ?? url.searchParams.get('return_to'));
  const { signUp } = texts;
  const body = html`${form(visit, {
    action: '/sign-up',
    refusal,
    body: html`${hiddenReturnTo(returnTo)}
${field({ name: 'email', label: texts.email, type: 'email', value: shown.email, autocomplete: 'username', required: true, maxLength: 254, refusal })}
${field({ name: 'name', label: texts.name, value: shown.name, autocomplete: 'name', hint: texts.nameHint, maxLength: 100, refusal })}
${passwordField(visit, { name: 'password', label: texts.password, isNew: true, refusal })}
<button class="button wide">${signUp.button}</button>`,
  })}
${providerButtons(visit, { returnTo })}
<p class="below">${signUp.have} <a href="${visit.at('/sign-in')}${returnQuery(returnTo)}">${signUp.signIn}</a></p>`;
  return answerPage(visit, sheet(visit, { title: signUp.title, body, failed: refusal !== undefined }), {
    status: refusal?.status ?? 200,
    headers: refusal?.headers ?? {},
  });
}
