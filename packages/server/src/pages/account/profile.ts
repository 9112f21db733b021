import { LOCALES } from '../../accounts/mail/mail.ts';
import { resendVerification } from '../../endpoints/email.ts';
import { changeProfile, PROFILE_CHANGES } from '../../endpoints/profile.ts';
import { redirect } from '../answer.ts';
import { field } from '../fields.ts';
import { type Form, parseFields } from '../form.ts';
import { type Html, html } from '../html.ts';
import { leaveNotice } from '../notices.ts';
import type { Page } from '../page.ts';
import { attempt, type Refusal, refuseFields } from '../refusal.ts';
import { forVisitors, type SignedInVisit } from '../signed-in.ts';
import { LANGUAGE_NAMES } from '../texts/texts.ts';
import { setCookie } from '../visit.ts';
import { actionForm, answerInside, card } from './inside.ts';
import { timeOf } from './time.ts';

const PATH = '/account';
const YEAR_SECONDS = 365 * 86_400;

/** `/account`: who one is. */
export const profilePage: Page = forVisitors({
  get: (visit) => show(visit, {}),
  async post(visit, sent, stale) {
    if (stale !== undefined) return show(visit, { name: sent.get('name'), refusal: stale });
    return sent.get('do') === 'verify' ? sendLink(visit) : save(visit, sent);
  },
});

async function sendLink(visit: SignedInVisit): Promise<Response> {
  const sent = await attempt(visit, () => resendVerification(visit.context, visit.visitor.user, visit.scope));
  if ('refusal' in sent) return show(visit, { verification: sent.refusal });
  leaveNotice(visit, 'link-sent');
  return redirect(visit, visit.at(PATH));
}

async function save(visit: SignedInVisit, sent: Form): Promise<Response> {
  const { context, visitor, scope, texts } = visit;
  const name = sent.get('name');
  const wanted = sent.get('locale');
  const locale = LOCALES.find((one) => one === wanted) ?? null;
  const parsed = parseFields(PROFILE_CHANGES, { name: name.trim() === '' ? null : name, locale });
  if ('wrong' in parsed) return show(visit, { name, refusal: refuseFields(parsed.wrong, texts.fields) });
  const saved = await attempt(visit, () => changeProfile(context, visitor.user, scope, parsed.data));
  if ('refusal' in saved) return show(visit, { name, refusal: saved.refusal });
  setCookie(visit, 'language', locale ?? '', locale === null ? 0 : YEAR_SECONDS);
  leaveNotice(visit, 'saved');
  return redirect(visit, visit.at(PATH));
}

interface Shown {
  readonly name?: string;
  readonly refusal?: Refusal;
  readonly verification?: Refusal;
}

function show(visit: SignedInVisit, { name, refusal, verification }: Shown): Response {
  const { texts, locale, visitor } = visit;
  const { account } = texts;
  const { user } = visitor;
  const body = html`${user.emailVerifiedAt === undefined && verifyBanner(visit, verification)}
${card({
  body: html`<dl>
<dt>${texts.email}</dt><dd>${user.email} ${user.emailVerifiedAt === undefined ? html`<span class="badge">${account.unverified}</span>` : html`<span class="badge good">${account.verified}</span>`}</dd>
<dt>${account.memberSince}</dt><dd>${timeOf(locale, user.createdAt)}</dd>
${user.roles.length > 0 && html`<dt>${account.roles}</dt><dd>${user.roles.join(', ')}</dd>`}
</dl>
<div class="fields">${actionForm(visit, {
    path: PATH,
    action: 'save',
    refusal,
    body: html`${field({ name: 'name', label: texts.name, value: name ?? user.name, autocomplete: 'name', hint: texts.nameHint, maxLength: 100, refusal })}
<div class="tight"><label for="f-locale">${texts.language}</label>
<select id="f-locale" name="locale" aria-describedby="f-locale-hint"><option value="">${account.automatic}</option>
${LOCALES.map((one) => html`<option value="${one}" lang="${one}"${one === user.locale && html` selected`}>${LANGUAGE_NAMES[one]}</option>`)}</select>
<p class="hint" id="f-locale-hint">${account.languageHint}</p></div>
<div><button class="button">${account.save}</button></div>`,
  })}</div>`,
})}`;
  return answerInside(visit, { part: 'profile', body, refusal: refusal ?? verification });
}

function verifyBanner(visit: SignedInVisit, refusal: Refusal | undefined): Html {
  const { account } = visit.texts;
  return html`<div class="notice warn">${account.unverifiedLead(visit.visitor.user.email)}
${actionForm(visit, { path: PATH, action: 'verify', refusal, body: html`<div class="row"><button class="button quiet small">${account.sendLink}</button></div>` })}</div>`;
}
