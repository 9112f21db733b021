import { calledBy } from '../accounts/no-address.ts';
import { SIGN_IN, signInByPassword } from '../endpoints/sign-in.ts';
import { endFormerSession } from '../endpoints/sign-out.ts';
import { linkWaitingLogin } from '../social/link.ts';
import { readPendingLogin } from '../social/pending-login.ts';
import { formatTokenCookies, type TokenAnswerInput } from '../tokens/token-answer.ts';
import { LINK_LOGIN, SECURITY } from './addresses.ts';
import { answerPage, redirect } from './answer.ts';
import { field, form, passwordField } from './fields.ts';
import { parseFields } from './form.ts';
import { html } from './html.ts';
import { readLastMethod, rememberMethod } from './last-method.ts';
import { sheet } from './layout.ts';
import { leaveNotice } from './notices.ts';
import type { Page } from './page.ts';
import { lastUsed, providerButtons } from './provider-buttons.ts';
import { attempt, type Refusal, refuseFields } from './refusal.ts';
import { destination, foreignOrigin, hiddenReturnTo, homeOf, parseReturnTo, returnQuery } from './return-to.ts';
import { readSocialRefusal } from './social-refusal.ts';
import type { Visit } from './visit.ts';

/** `/sign-in?return_to=…`; `?error=…&provider=…` says how the way through a provider ended. */
export const signInPage: Page = {
  needsSession: true,
  get(visit) {
    const { url, visitor, context } = visit;
    if (visitor === undefined) return show(visit, {});
    if (!url.searchParams.has('error')) return showSignedIn(visit);
    // whoever was about to link a login didn't come to sign in
    const returnTo = parseReturnTo(context.settings, url.searchParams.get('return_to'));
    return returnTo === visit.at(LINK_LOGIN) ? redirect(visit, visit.at(SECURITY) + url.search) : show(visit, {});
  },
  async post(visit, sent, stale) {
    const { context, request, scope, texts } = visit;
    const typed = { email: sent.get('email'), returnTo: sent.get('return_to') };
    if (stale !== undefined) return show(visit, { ...typed, refusal: stale });
    const parsed = parseFields(SIGN_IN, { email: typed.email, password: sent.get('password') });
    if ('wrong' in parsed) return show(visit, { ...typed, refusal: refuseFields(parsed.wrong, texts.fields) });
    const signed = await attempt(visit, () => signInByPassword(context, request, scope, parsed.data));
    if ('refusal' in signed) return show(visit, { ...typed, refusal: signed.refusal });
    await endFormerSession(context, request, scope);
    visit.cookies.push(
      ...formatTokenCookies(context, signed.done),
      ...rememberMethod(context.settings, { by: 'password' }),
    );
    await linkOffered(visit, signed.done);
    return redirect(visit, destination(visit, typed.returnTo));
  },
};

/** Links the login that was offered, if one was to this person, and says so. */
async function linkOffered(visit: Visit, signed: TokenAnswerInput): Promise<void> {
  const { context, request, scope } = visit;
  const pending = readPendingLogin(context, request);
  visit.cookies.push(...(await linkWaitingLogin(context, request, signed, scope.ip)));
  if (pending === undefined) return;
  const { issuer, subject } = pending.profile;
  if ((await context.store.findLogin(issuer, subject))?.user.id === signed.grant.userId) leaveNotice(visit, 'linked');
}

interface Shown {
  readonly email?: string;
  readonly returnTo?: string;
  readonly refusal?: Refusal;
}

function show(visit: Visit, shown: Shown): Response {
  const { texts, url, context } = visit;
  const returnTo = parseReturnTo(context.settings, shown.returnTo ?? url.searchParams.get('return_to'));
  const refusal = shown.refusal ?? readSocialRefusal(visit);
  const last = readLastMethod(visit);
  const { signIn } = texts;
  const body = html`${form(visit, {
    action: '/sign-in',
    refusal,
    body: html`${hiddenReturnTo(returnTo)}
${field({ name: 'email', label: texts.email, type: 'email', value: shown.email ?? offeredTo(visit), autocomplete: 'username', required: true, maxLength: 254, refusal })}
${passwordField(visit, {
  name: 'password',
  label: texts.password,
  refusal,
  aside: html`<a class="small" href="${visit.at('/forgot')}">${signIn.forgot}</a>`,
})}
<button class="button wide">${signIn.button}${last?.by === 'password' && lastUsed(visit)}</button>`,
  })}
${providerButtons(visit, { returnTo, last })}
<p class="below">${signIn.newHere} <a href="${visit.at('/sign-up')}${returnQuery(returnTo)}">${signIn.signUp}</a></p>`;
  return answerPage(
    visit,
    sheet(visit, { title: signIn.title, body, failed: refusal !== undefined && refusal.isOffer !== true }),
    {
      status: shown.refusal?.status ?? 200,
      headers: refusal?.headers ?? {},
      leadsTo: foreignOrigin(context.settings, returnTo ?? homeOf(context.settings)),
    },
  );
}

/** The address that a login was proved with: of the account that it may be linked with. */
function offeredTo({ context, request, url }: Visit): string | undefined {
  if (url.searchParams.get('error') !== 'link-offer') return undefined;
  return readPendingLogin(context, request)?.profile.email;
}

function showSignedIn(visit: Visit): Response {
  const { texts, url, visitor, context } = visit;
  const { signIn } = texts;
  const wanted = url.searchParams.get('return_to');
  const returnTo = parseReturnTo(context.settings, wanted);
  const body = html`<p class="lead">${signIn.as(visitor === undefined ? '' : calledBy(visitor.user))}</p>
<a class="button wide" href="${destination(visit, wanted)}">${signIn.goOn}</a>
${form(visit, {
  action: '/sign-out',
  body: html`${hiddenReturnTo(returnTo)}<button class="button quiet wide">${signIn.change}</button>`,
})}`;
  return answerPage(visit, sheet(visit, { title: signIn.already, body }));
}
