import { askAddressChange, EMAIL_CHANGE } from '../../endpoints/email.ts';
import { askReset, PASSWORD_CHANGE, replacePassword } from '../../endpoints/password.ts';
import { formatTokenCookies } from '../../tokens/token-answer.ts';
import { SECURITY } from '../addresses.ts';
import { redirect } from '../answer.ts';
import { accountName, field, passwordField } from '../fields.ts';
import { type Form, parseFields } from '../form.ts';
import { type Html, html } from '../html.ts';
import { leaveNotice } from '../notices.ts';
import type { Page } from '../page.ts';
import { attempt, type Places, type Refusal, refuseFields } from '../refusal.ts';
import { forVisitors, type SignedInVisit } from '../signed-in.ts';
import { readSocialRefusal } from '../social-refusal.ts';
import { actionForm, answerInside, card } from './inside.ts';
import { changeLogins, loginsCard } from './linked-logins.ts';

const PATH = SECURITY;
const PLACES: Places = {
  'account/credentials': { field: 'password', sentence: 'wrong-password' },
  'account/password-known': { field: 'new_password' },
  'account/password-weak': { field: 'new_password' },
};

/** Where a refusal is shown, by what was to be done. */
const FORMS: Readonly<Record<string, 'forEmail' | 'forLogins'>> = { email: 'forEmail', logins: 'forLogins' };

/** `/account/security`: password and address, each behind the present password. */
export const securityPage: Page = forVisitors({
  get: (visit) => show(visit, { forLogins: readSocialRefusal(visit) }),
  async post(visit, sent, stale) {
    const what = sent.get('do');
    if (stale !== undefined) return show(visit, { email: sent.get('email'), [FORMS[what] ?? 'forPassword']: stale });
    if (what === 'email') return changeEmail(visit, sent);
    if (what === 'logins') {
      const answer = await changeLogins(visit, sent);
      return answer instanceof Response ? answer : show(visit, { forLogins: answer });
    }
    return what === 'set-password' ? sendPasswordLink(visit) : changePassword(visit, sent);
  },
});

async function changePassword(visit: SignedInVisit, sent: Form): Promise<Response> {
  const { context, scope, visitor, texts } = visit;
  const parsed = parseFields(PASSWORD_CHANGE, {
    password: sent.get('password'),
    new_password: sent.get('new_password'),
  });
  if ('wrong' in parsed)
    return show(visit, {
      forPassword: refuseFields(parsed.wrong, { ...texts.fields, new_password: texts.fields.newPassword }),
    });
  const changed = await attempt(visit, () => replacePassword(context, visitor, scope, parsed.data), PLACES);
  if ('refusal' in changed) return show(visit, { forPassword: changed.refusal });
  visit.cookies.push(...formatTokenCookies(context, changed.done));
  leaveNotice(visit, 'password-changed');
  return redirect(visit, visit.at(PATH));
}

/** For somebody who has no password yet: it is set by the link. */
async function sendPasswordLink(visit: SignedInVisit): Promise<Response> {
  const { context, scope, visitor } = visit;
  const sent = await attempt(visit, () => askReset(context, scope, { email: visitor.user.email }));
  if ('refusal' in sent) return show(visit, { forPassword: sent.refusal });
  leaveNotice(visit, 'link-sent');
  return redirect(visit, visit.at(PATH));
}

async function changeEmail(visit: SignedInVisit, sent: Form): Promise<Response> {
  const { context, scope, visitor, texts } = visit;
  const email = sent.get('email');
  const parsed = parseFields(EMAIL_CHANGE, { email, password: sent.get('password') });
  if ('wrong' in parsed) return show(visit, { email, forEmail: refuseFields(parsed.wrong, texts.fields) });
  const asked = await attempt(visit, () => askAddressChange(context, visitor, scope, parsed.data), PLACES);
  if ('refusal' in asked) return show(visit, { email, forEmail: asked.refusal });
  leaveNotice(visit, 'email-asked');
  return redirect(visit, visit.at(PATH));
}

interface Shown {
  readonly email?: string;
  readonly forPassword?: Refusal;
  readonly forEmail?: Refusal;
  readonly forLogins?: Refusal | undefined;
}

async function show(visit: SignedInVisit, { email, forPassword, forEmail, forLogins }: Shown): Promise<Response> {
  const { texts, visitor, context } = visit;
  const logins = await context.store.listLogins(visitor.user.id);
  const { security } = texts;
  const hasPassword = visitor.user.passwordHash !== undefined;
  const body = html`${hasPassword ? passwordCard(visit, forPassword) : noPasswordCard(visit, forPassword)}
${
  hasPassword &&
  card({
    title: security.emailTitle,
    lead: security.emailLead(visitor.user.email),
    body: html`<div class="fields">${actionForm(visit, {
      path: PATH,
      action: 'email',
      refusal: forEmail,
      body: html`${accountName(visitor.user.email)}
${field({ name: 'email', label: security.newEmail, type: 'email', value: email, autocomplete: 'email', required: true, maxLength: 254, refusal: forEmail })}
${passwordField(visit, { name: 'password', label: texts.presentPassword, refusal: forEmail, idPrefix: 'email-' })}
<p class="hint">${security.proof}</p>
<div><button class="button">${security.emailButton}</button></div>`,
    })}</div>`,
  })
}
${(logins.length > 0 || context.socialProviders.length > 0) && loginsCard(visit, logins, forLogins)}`;
  return answerInside(visit, { part: 'security', body, refusal: forPassword ?? forEmail ?? forLogins });
}

function passwordCard(visit: SignedInVisit, refusal: Refusal | undefined): Html {
  const { texts, visitor } = visit;
  const { security } = texts;
  return card({
    title: security.passwordTitle,
    lead: security.passwordLead,
    body: html`<div class="fields">${actionForm(visit, {
      path: PATH,
      action: 'password',
      refusal,
      body: html`${accountName(visitor.user.email)}
${passwordField(visit, { name: 'password', label: texts.presentPassword, refusal })}
${passwordField(visit, { name: 'new_password', label: texts.newPassword, isNew: true, refusal })}
<div><button class="button">${security.passwordButton}</button></div>`,
    })}</div>`,
  });
}

function noPasswordCard(visit: SignedInVisit, refusal: Refusal | undefined): Html {
  const { security } = visit.texts;
  return card({
    title: security.passwordTitle,
    lead: security.passwordNone,
    body: actionForm(visit, {
      path: PATH,
      action: 'set-password',
      refusal,
      body: html`<div><button class="button">${security.passwordSet}</button></div>`,
    }),
  });
}
