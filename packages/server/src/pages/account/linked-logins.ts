import { checkFreshProof, unlinkLogin } from '../../social/link.ts';
import type { Login } from '../../stores/login-store.ts';
import { redirect } from '../answer.ts';
import { accountName, passwordField } from '../fields.ts';
import type { Form } from '../form.ts';
import { type Html, html } from '../html.ts';
import { leaveNotice } from '../notices.ts';
import { attempt, type Refusal } from '../refusal.ts';
import type { SignedInVisit } from '../signed-in.ts';
import { actionForm, card } from './inside.ts';
import { timeOf } from './time.ts';

const PATH = '/account/security';

/** Unlinks the login that a form names, behind the password where there is one. */
export async function unlink(visit: SignedInVisit, sent: Form): Promise<Response | Refusal> {
  const { context, visitor, scope } = visit;
  const password = sent.get('password');
  const done = await attempt(
    visit,
    async () => {
      await checkFreshProof(context, visitor, { password: password === '' ? undefined : password, ip: scope.ip });
      await unlinkLogin(context, visitor, { loginId: sent.get('login'), ip: scope.ip });
    },
    { 'account/credentials': { field: 'password', sentence: 'wrong-password' } },
  );
  if ('refusal' in done) return done.refusal;
  leaveNotice(visit, 'unlinked');
  return redirect(visit, visit.at(PATH));
}

/** Logins at other providers, each with a button that unlinks it. */
export function loginsCard(visit: SignedInVisit, logins: readonly Login[], refusal: Refusal | undefined): Html {
  const { texts, visitor } = visit;
  const { security } = texts;
  const hasPassword = visitor.user.passwordHash !== undefined;
  if (logins.length === 0)
    return card({
      title: security.loginsTitle,
      lead: security.loginsLead,
      body: html`<p class="faint">${security.loginsNone}</p>`,
    });
  return card({
    title: security.loginsTitle,
    lead: security.loginsLead,
    body: html`<div class="fields">${actionForm(visit, {
      path: PATH,
      action: 'unlink',
      refusal,
      body: html`<ul class="list">${logins.map((login) => row(visit, login))}</ul>
${hasPassword && html`${accountName(visitor.user.email)}${passwordField(visit, { name: 'password', label: texts.presentPassword, refusal, idPrefix: 'unlink-' })}`}`,
    })}</div>`,
  });
}

function row({ context, texts, locale }: SignedInVisit, { id, provider, email, createdAt }: Login): Html {
  const { security } = texts;
  const name = context.socialProviders.find((one) => one.id === provider)?.name ?? provider;
  return html`<li><div class="tight"><strong>${name}</strong><div class="faint small">${email !== undefined && `${email} · `}${security.linkedSince} ${timeOf(locale, createdAt)}</div></div>
<button class="button quiet small" name="login" value="${id}" aria-label="${security.unlink}: ${name}">${security.unlink}</button></li>`;
}
