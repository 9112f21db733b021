import { FIRST_PARTY_CLIENT } from '../../options.ts';
import { Problem } from '../../problem.ts';
import { beginFlow } from '../../social/flow.ts';
import { destinationOf } from '../../social/leading.ts';
import { checkFreshProof, checkMayLink, FRESH_SECONDS, unlinkLogin } from '../../social/link.ts';
import { findProvider, toSocialProblem } from '../../social/social.ts';
import type { Login } from '../../stores/login-store.ts';
import { LINK_LOGIN, SECURITY } from '../addresses.ts';
import { answerPage, redirect } from '../answer.ts';
import { accountName, passwordField } from '../fields.ts';
import type { Form } from '../form.ts';
import { type Html, html } from '../html.ts';
import { leadingOn } from '../layout.ts';
import { leaveNotice } from '../notices.ts';
import { providerMark, providerName } from '../provider-marks.ts';
import { attempt, type Places, type Refusal, refuseFields } from '../refusal.ts';
import { returnQuery } from '../return-to.ts';
import type { SignedInVisit } from '../signed-in.ts';
import { refuseSocial } from '../social-refusal.ts';
import { actionForm, card } from './inside.ts';
import { timeOf } from './time.ts';

const PLACES: Places = {
  'account/credentials': { field: 'password', sentence: 'wrong-password' },
  'account/proof': { sentence: 'proof-by-sign-in' },
  'account/unverified': { sentence: 'link-unverified' },
};

/** Links or unlinks what a form names. Behind the password; for somebody who has none, behind a sign-in of a moment ago. docs/adr/0056 */
export async function changeLogins(visit: SignedInVisit, sent: Form): Promise<Response | Refusal> {
  const { context, visitor, scope, texts } = visit;
  const hasPassword = visitor.user.passwordHash !== undefined;
  const typed = sent.get('password');
  if (hasPassword && typed === '') return refuseFields(['password'], texts.fields);
  const proof = { password: hasPassword ? typed : undefined, ip: scope.ip };
  const provider = sent.get('link');
  if (provider !== '') return beginLink(visit, provider, () => checkFreshProof(context, visitor, proof));
  const done = await attempt(
    visit,
    async () => {
      await checkFreshProof(context, visitor, proof);
      await unlinkLogin(context, visitor, { loginId: sent.get('login'), ip: scope.ip });
    },
    PLACES,
  );
  if ('refusal' in done) return done.refusal;
  leaveNotice(visit, 'unlinked');
  return redirect(visit, visit.at(SECURITY));
}

/**
 * Sends the browser to a provider; what it brings back waits at {@link LINK_LOGIN}. By a page that leads on: a redirect would be held to
 * `form-action`, and where a provider's page is, is known only once it was asked. CSP 3 §6.4.2
 */
async function beginLink(visit: SignedInVisit, id: string, prove: () => Promise<void>): Promise<Response | Refusal> {
  const { context, request, visitor, scope } = visit;
  const begun = await attempt(
    visit,
    async () => {
      const provider = findProvider(context, id);
      checkMayLink(visitor);
      await context.limits.countSocial(scope.ip);
      await prove();
      return beginFlow(context, request, provider, {
        clientId: FIRST_PARTY_CLIENT,
        returnTo: destinationOf(context, id, visit.at(LINK_LOGIN)),
        link: { userId: visitor.user.id, sessionId: visitor.session.id },
      }).catch((error: unknown) => {
        throw toSocialProblem(context, id, error);
      });
    },
    PLACES,
  ).catch((error: unknown) => {
    const refusal = error instanceof Problem ? refuseSocial(visit, error.code.replace(/^social\//, ''), id) : undefined;
    if (refusal === undefined) throw error;
    return { refusal };
  });
  if ('refusal' in begun) return begun.refusal;
  const { location, cookies } = begun.done;
  visit.cookies.push(...cookies);
  return answerPage(visit, leadingOn(visit, location.href));
}

/** Ways to sign in through other providers: what is linked can be unlinked, what isn't can be linked. */
export function loginsCard(visit: SignedInVisit, logins: readonly Login[], refusal: Refusal | undefined): Html {
  const { texts, visitor, context } = visit;
  const { security } = texts;
  const hasPassword = visitor.user.passwordHash !== undefined;
  const free = context.socialProviders.filter(({ id }) => !logins.some(({ provider }) => provider === id));
  return card({
    title: security.loginsTitle,
    lead: security.loginsLead,
    // the first button of a form is what the Enter key presses: nothing is linked or unlinked by that
    body: actionForm(visit, {
      path: SECURITY,
      action: 'logins',
      refusal,
      body: html`<button disabled hidden></button>
${hasPassword ? html`<div class="fields">${accountName(visitor.user.email)}${passwordField(visit, { name: 'password', label: texts.presentPassword, hint: security.loginsProof, refusal, idPrefix: 'logins-' })}</div>` : signInAgain(visit, logins)}
<ul class="list">${logins.map((login) => linkedRow(visit, login))}${free.map(({ id }) => freeRow(visit, id))}</ul>`,
    }),
  });
}

function linkedRow(visit: SignedInVisit, { id, provider, email, createdAt }: Login): Html {
  const { texts, locale } = visit;
  const { security } = texts;
  const name = providerName(visit, provider);
  return html`<li><div class="way">${providerMark(visit, provider)}<div class="tight"><strong>${name}</strong>${email !== undefined && html`<div class="faint small">${email}</div>`}<div class="faint small">${security.linkedSince} ${timeOf(locale, createdAt)}</div></div></div>
<button class="button quiet small" name="login" value="${id}" aria-label="${security.unlink}: ${name}">${security.unlink}</button></li>`;
}

function freeRow(visit: SignedInVisit, id: string): Html {
  const { security } = visit.texts;
  const name = providerName(visit, id);
  return html`<li><div class="way">${providerMark(visit, id)}<div class="tight"><strong>${name}</strong><div class="faint small">${security.notLinked}</div></div></div>
<button class="button quiet small" name="link" value="${id}" aria-label="${security.link}: ${name}">${security.link}</button></li>`;
}

/** Somebody without a password shows who they are by signing in once more, the way they have. */
function signInAgain(visit: SignedInVisit, logins: readonly Login[]): Html | false {
  const { context, texts, visitor } = visit;
  const now = (context.settings.clock ?? Date.now)();
  if (now - visitor.session.createdAt <= FRESH_SECONDS * 1_000) return false;
  const ways = context.socialProviders.filter(({ id }) => logins.some(({ provider }) => provider === id));
  return html`<div class="notice warn"><p>${texts.problems['proof-by-sign-in']}</p><div class="row">${ways.map(
    ({ id }) =>
      html`<a class="button quiet small" href="${visit.at(`/social/${id}/start`)}${returnQuery(visit.at(SECURITY))}">${providerMark(visit, id)}<span>${texts.signIn.with(providerName(visit, id))}</span></a>`,
  )}</div></div>`;
}
